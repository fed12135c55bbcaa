using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>
/// Telegram through the <see href="https://core.telegram.org/bots/api">Bot API</see>: webhooks or long polling in, <c>sendMessage</c> out.
/// A part's platform id is <c>{chat}:{message}</c>, like that of an inbound message: Telegram counts messages per chat.
/// </summary>
internal sealed class TelegramAdapter
    : IPlatformAdapter, IRegistersWebhooks, IChecksWebhooks, IListens, IDescribesConnection, IGeneratesSecrets, IStreamsAnswers, IFetchesMedia, IRepliesToWebhooks,
        IStartsConversations, IAsyncDisposable, IDisposable
{
    /// <summary>What we ask Telegram to send; reactions come only when asked for.</summary>
    public const string AllowedUpdatesJson = """["message","edited_message","callback_query","my_chat_member","message_reaction"]""";

    private const string CommandsJson = """
        [
          {"command":"start","description":"Begin"},
          {"command":"help","description":"What I can do"},
          {"command":"reset","description":"Forget our conversation"},
          {"command":"stop","description":"Stop the current answer"}
        ]
        """;

    private readonly ConditionalWeakTable<ConnectionSnapshot, TelegramConnection> _connections = [];
    private readonly ConcurrentDictionary<long, string> _learnedUsernames = new();
    private readonly TelegramHttp _http;
    private readonly ILogger<TelegramAdapter> _logger;
    private readonly TelegramSender _sender;
    private readonly TelegramPolling _polling;
    private readonly TelegramFiles _files;
    private readonly StreamedAnswers _streamed;

    public TelegramAdapter(TelegramHttp http, PlatformHttp downloads, TimeProvider time, ILogger<TelegramAdapter> logger)
    {
        _http = http;
        _logger = logger;
        _sender = new TelegramSender(logger);
        _polling = new TelegramPolling(http, time, logger);
        _files = new TelegramFiles(http, downloads);
        _streamed = new StreamedAnswers(new TelegramDrafts(Of), time, logger);
    }

    public PlatformName Platform { get; } = PlatformName.From("telegram");

    public IReadOnlyList<string> GeneratedSecrets { get; } = [TelegramSettings.WebhookSecret];

    // https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this; the 20 a minute per group are left to its 429s.
    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 1_000, new Pace(ChatPerSecond: 1, ConnectionPerSecond: 30), ShowsTyping: true)
    {
        MaxTextLength = TelegramLimits.MaxTextLength,
        Markup = "html",
        SendsMedia = [AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document],
        ReceivesMedia = Enum.GetValues<AttachmentKind>(),
        MaxButtons = TelegramButtons.MaxButtons,
        MaxButtonLabel = TelegramButtons.MaxLabel,
        ReceivesEdits = true,
        ReceivesReactions = true,
        ReceivesQuotes = true,
        Threads = true,
        Groups = true,
        Streaming = true,
        StartsConversations = true,
    };

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) =>
        TelegramSettings.Validate(secrets, settings);

    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) =>
        Of(connection).IsWebhookSecret(request.Header("X-Telegram-Bot-Api-Secret-Token"));

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) =>
        TelegramUpdateReader.Read(Of(connection), body.Span);

    public IReadOnlyList<PartBody> Split(string answer) => TelegramParts.Split(answer);

    public WebhookReply? Reply(ConnectionSnapshot connection, in WebhookRequest request) => TelegramCallbacks.Reply(request.Body.Span);

    public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        var state = Of(connection);
        return state.Streams
            ? _streamed.DeliverAsync(
                part,
                messageId => _sender.EditAsync(state, part, messageId, cancellationToken),
                () => _sender.SendAsync(state, part, cancellationToken),
                cancellationToken)
            : _sender.SendAsync(state, part, cancellationToken);
    }

    public bool Streams(ConnectionSnapshot connection) => Of(connection).Streams;

    public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text) => _streamed.Stream(connection, draft, text);

    public void Abandon(ConnectionSnapshot connection, AnswerDraft draft) => _streamed.Abandon(draft);

    public Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken) =>
        _files.FetchAsync(Of(connection), attachment, maxBytes, cancellationToken);

    public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken) =>
        TelegramSender.ShowTypingAsync(Of(connection), chat, cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var state = Of(connection);
        var me = await CallAsync(state, client => client.CallAsync("getMe", null, TelegramJson.Default.ApiAnswerUser, cancellationToken), cancellationToken);
        state.Learn(me.Id, me.Username);
        return me.Username is { Length: > 0 } username
            ? new Dictionary<string, string> { [TelegramSettings.Username] = username }
            : new Dictionary<string, string>();
    }

    /// <summary>A group that the bot is in, or a person who has started it: Telegram lets a bot write to nobody else.</summary>
    /// <param name="connection">Whose bot.</param>
    /// <param name="recipient">The chat's id, or the @name of a group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StartedChat> OpenAsync(ConnectionSnapshot connection, string recipient, CancellationToken cancellationToken)
    {
        var isId = TelegramSender.TryId(recipient, out var id);
        if (!isId && !recipient.StartsWith('@'))
        {
            throw new PlatformException("chat_not_found", permanent: true);
        }
        var arguments = new JsonObject { ["chat_id"] = isId ? id : recipient };
        var chat = await CallAsync(Of(connection), client => client.CallAsync("getChat", arguments, TelegramJson.Default.ApiAnswerChatFullInfo, cancellationToken), cancellationToken);
        var address = new ChatAddress(TelegramUpdateReader.Id(chat.Id));
        return chat.Type == "private"
            ? new StartedChat(address, Title: chat.LastName is { Length: > 0 } last ? $"{chat.FirstName} {last}" : chat.FirstName, UserId: address.ChatId)
            : new StartedChat(address, IsGroup: true, chat.Title);
    }

    public async Task RegisterAsync(ConnectionSnapshot connection, Uri webhookUrl, CancellationToken cancellationToken)
    {
        // Without it every webhook would be rejected.
        var secret = connection.Secret(TelegramSettings.WebhookSecret) ?? throw new PlatformException("webhook_secret_missing", permanent: true);
        await LearnUsernameAsync(connection, cancellationToken);
        var arguments = new JsonObject
        {
            ["url"] = webhookUrl.AbsoluteUri,
            ["secret_token"] = secret,
            ["allowed_updates"] = JsonNode.Parse(AllowedUpdatesJson),
            ["max_connections"] = 100,
        };
        await CallAsync(Of(connection), client => client.CallAsync("setWebhook", arguments, cancellationToken), cancellationToken);
        TelegramLog.WebhookRegistered(_logger, connection.Id);
        await OfferCommandsAsync(connection, cancellationToken);
    }

    public async Task<WebhookCheck> CheckWebhookAsync(ConnectionSnapshot connection, Uri expected, CancellationToken cancellationToken)
    {
        var info = await CallAsync(Of(connection), client => client.CallAsync("getWebhookInfo", null, TelegramJson.Default.ApiAnswerWebhookInfo, cancellationToken), cancellationToken);
        return new WebhookCheck(
            string.IsNullOrEmpty(info.Url) ? WebhookState.Missing : info.Url == expected.AbsoluteUri ? WebhookState.Registered : WebhookState.Elsewhere,
            info.PendingUpdateCount,
            info.LastErrorDate is { } at ? DateTimeOffset.FromUnixTimeSeconds(at) : null,
            info.LastErrorMessage);
    }

    public async Task UnregisterAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        try
        {
            await DeleteWebhookAsync(connection, cancellationToken);
        }
        catch (PlatformException refusal)
        {
            TelegramLog.WebhookKept(_logger, connection.Id, refusal.Message);
        }
    }

    public Task ListenAsync(
        ConnectionSnapshot connection, Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive, CancellationToken cancellationToken)
    {
        return _polling.ListenAsync(connection, Of(connection), PrepareAsync, receive, cancellationToken);

        async Task PrepareAsync()
        {
            await LearnUsernameAsync(connection, cancellationToken);
            // getUpdates is refused while a webhook is set. What waits is not dropped.
            await DeleteWebhookAsync(connection, cancellationToken);
            await OfferCommandsAsync(connection, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _streamed.DisposeAsync();

    public void Dispose() => _streamed.Dispose();

    /// <summary>For a connection without its description: a mention in a group is recognised by the username.</summary>
    private async Task LearnUsernameAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        if (Of(connection).Username is null)
        {
            await DescribeAsync(connection, cancellationToken);
        }
    }

    private Task<ApiAnswer> DeleteWebhookAsync(ConnectionSnapshot connection, CancellationToken cancellationToken) =>
        CallAsync(Of(connection), client => client.CallAsync("deleteWebhook", [], cancellationToken), cancellationToken);

    /// <summary>The menu of commands is a courtesy: without it the commands work all the same.</summary>
    private async Task OfferCommandsAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        try
        {
            var arguments = new JsonObject { ["commands"] = JsonNode.Parse(CommandsJson) };
            await CallAsync(Of(connection), client => client.CallAsync("setMyCommands", arguments, cancellationToken), cancellationToken);
        }
        catch (PlatformException refusal)
        {
            TelegramLog.CommandsRefused(_logger, connection.Id, refusal.Message);
        }
    }

    /// <summary>Makes a call whose failure is the caller's to deal with.</summary>
    /// <exception cref="PlatformException">Telegram refused or could not be reached.</exception>
    private static async Task<T> CallAsync<T>(TelegramConnection state, Func<TelegramClient, Task<T>> call, CancellationToken cancellationToken)
    {
        var client = state.Client ?? throw new PlatformException("token_missing", permanent: true);
        try
        {
            return await call(client);
        }
        catch (TelegramErrorException refusal)
        {
            throw refusal.Code is 401 or 404
                ? new PlatformException("unauthorized", permanent: true)
                : new PlatformException(state.WithoutSecrets(refusal.Message), permanent: refusal.Code is 400 or 403);
        }
        catch (TelegramCallException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new PlatformException("unreachable", permanent: false);
        }
    }

    private TelegramConnection Of(ConnectionSnapshot connection) =>
        _connections.GetValue(connection, snapshot => new TelegramConnection(snapshot, _http, _learnedUsernames));
}

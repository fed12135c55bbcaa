using System.Runtime.CompilerServices;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord;

/// <summary>
/// Discord: ordinary messages through the <see href="https://discord.com/developers/docs/events/gateway">Gateway</see>, slash
/// commands and buttons through interactions, answers through the HTTP API. A chat is a channel: a DM, a guild's channel
/// or a thread, which is a channel of its own.
/// </summary>
internal sealed class DiscordAdapter
    : IPlatformAdapter, IRepliesToWebhooks, IListens, IDescribesConnection, IFetchesMedia, IStartsConversations, IReconcilesDeliveries, IStreamsAnswers,
    IAsyncDisposable, IDisposable
{
    private readonly ConditionalWeakTable<ConnectionSnapshot, DiscordConnection> _connections = [];
    private readonly DiscordRest _rest;
    private readonly DiscordGateway _gateway;
    private readonly PlatformHttp _http;
    private readonly string _apiBaseUrl;
    private readonly DiscordSender _sender;
    private readonly StreamedAnswers _streamed;

    public DiscordAdapter(
        DiscordRest rest, DiscordGateway gateway, PlatformHttp http, IOptions<DiscordOptions> options, TimeProvider time, ILogger<DiscordAdapter> logger)
    {
        (_rest, _gateway, _http, _apiBaseUrl) = (rest, gateway, http, options.Value.ApiBaseUrl);
        _sender = new DiscordSender(rest, logger);
        _streamed = new StreamedAnswers(new DiscordDrafts(rest, Of), time, logger);
    }

    public PlatformName Platform { get; } = PlatformName.From("discord");

    // https://discord.com/developers/docs/topics/rate-limits: 50 a second in all; what a channel takes its bucket says,
    // and five in five seconds is what it has been saying.
    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 1_000, new Pace(ChatPerSecond: 1, ConnectionPerSecond: 50), ShowsTyping: true)
    {
        MaxTextLength = DiscordMarkdown.MaxLength,
        TextUnit = "utf16",
        Markup = "markdown",
        SendsMedia = [AttachmentKind.Image],
        ReceivesMedia = [AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document, AttachmentKind.Sticker],
        MaxButtons = DiscordButtons.MaxButtons,
        MaxButtonLabel = DiscordButtons.MaxLabelLength,
        ReceivesEdits = true,
        ReceivesDeletions = true,
        ReceivesReactions = true,
        ReceivesQuotes = true,
        Threads = true,
        Groups = true,
        Streaming = true,
        StartsConversations = true,
    };

    /// <summary>A nonce with <c>enforce_nonce</c>: for some minutes the same message comes back in place of a second one.</summary>
    public bool DropsRepeats => true;

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) =>
        DiscordSettings.Validate(secrets, settings);

    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) =>
        Of(connection).IsSigned(request.Header("X-Signature-Ed25519"), request.Header("X-Signature-Timestamp"), request.Body.Span);

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) =>
        [DiscordInteractionReader.Read(Of(connection), body.Span)];

    public WebhookReply? Reply(ConnectionSnapshot connection, in WebhookRequest request) =>
        DiscordInteractionReader.Acknowledge(DiscordMessageReader.Parse(request.Body.Span, DiscordJson.Default.Interaction)) is { } reply
            ? new WebhookReply("application/json", reply)
            : null;

    public IReadOnlyList<PartBody> Split(string answer) => DiscordParts.Split(answer);

    public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        var state = Of(connection);
        return state.Streams && part.AnswerVia is null
            ? _streamed.DeliverAsync(
                part,
                messageId => _sender.EditAsync(state, part, messageId, cancellationToken),
                () => _sender.SendAsync(state, part, cancellationToken),
                cancellationToken)
            : _sender.SendAsync(state, part, cancellationToken);
    }

    public bool Streams(ConnectionSnapshot connection) => Of(connection).Streams;

    /// <summary>An interaction shows "is thinking…" until it has its answer.</summary>
    public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text)
    {
        if (draft.AnswerVia is null)
        {
            _streamed.Stream(connection, draft, text);
        }
    }

    public void Abandon(ConnectionSnapshot connection, AnswerDraft draft) => _streamed.Abandon(draft);

    public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken) =>
        _sender.ShowTypingAsync(Of(connection), chat, cancellationToken);

    public Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) =>
        // The first part of an interaction's answer is an edit: to make it again shows nothing twice.
        part is { AnswerVia: not null, Ordinal: 0 } ? Task.FromResult<string?>(null) : _sender.FindAsync(Of(connection), part, cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var state = Of(connection);
        var me = await _rest.GetAsync(state.Token, DiscordRoute.Me, null, DiscordJson.Default.User, cancellationToken);
        var described = new Dictionary<string, string>();
        if (Snowflake.IsValid(me.Id))
        {
            described[DiscordSettings.BotUserId] = me.Id!;
        }
        if (state.ApplicationId is null)
        {
            var application = await _rest.GetAsync(state.Token, DiscordRoute.MyApplication, null, DiscordJson.Default.Application, cancellationToken);
            if (Snowflake.IsValid(application.Id))
            {
                described[DiscordSettings.ApplicationId] = application.Id!;
            }
        }
        state.Learn(me.Id, described.GetValueOrDefault(DiscordSettings.ApplicationId));
        return described;
    }

    public Task ListenAsync(
        ConnectionSnapshot connection, Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive, CancellationToken cancellationToken) =>
        _gateway.ListenAsync(connection, Of(connection), receive, cancellationToken);

    public Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken) =>
        _http.DownloadAsync(
            new HttpRequestMessage(HttpMethod.Get, DiscordAttachments.AddressOf(attachment, _apiBaseUrl)), maxBytes, cancellationToken);

    public async Task<StartedChat> OpenAsync(ConnectionSnapshot connection, string recipient, CancellationToken cancellationToken)
    {
        if (!Snowflake.IsValid(recipient))
        {
            throw new PlatformException("unknown_user", permanent: true);
        }
        var channel = await _rest.GetAsync(
            Of(connection).Token,
            DiscordRoute.OpenDirectMessage,
            JsonSerializer.SerializeToUtf8Bytes(new System.Text.Json.Nodes.JsonObject { ["recipient_id"] = recipient }),
            DiscordJson.Default.Channel,
            cancellationToken);
        return Snowflake.IsValid(channel.Id)
            ? new StartedChat(new ChatAddress(channel.Id!), UserId: recipient)
            : throw new PlatformException("unreadable_answer", permanent: false);
    }

    public ValueTask DisposeAsync() => _streamed.DisposeAsync();

    public void Dispose() => _streamed.Dispose();

    private DiscordConnection Of(ConnectionSnapshot connection) => _connections.GetValue(connection, snapshot => new DiscordConnection(snapshot));
}

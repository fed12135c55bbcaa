using System.Runtime.CompilerServices;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Slack;

/// <summary>
/// Slack through the Events API (webhooks or Socket Mode) and the Web API. A part's platform id is <c>{channel}:{ts}</c>, like
/// that of an inbound message. A conversation is a channel and a thread in it; a direct message needs no thread.
/// </summary>
internal sealed class SlackAdapter
    : IPlatformAdapter, IRepliesToWebhooks, ISharesListening, IDescribesConnection, IFetchesMedia, IStartsConversations, IReconcilesDeliveries, IStreamsAnswers,
        ILooksUpNames, IAsyncDisposable, IDisposable
{
    private readonly ConditionalWeakTable<ConnectionSnapshot, SlackConnection> _connections = [];
    private readonly SlackApi _api;
    private readonly SlackReachability _reachability;
    private readonly TimeProvider _time;
    private readonly SlackSender _sender;
    private readonly SlackHistory _history;
    private readonly SlackMedia _media;
    private readonly SlackSocket _socket;
    private readonly StreamedAnswers _streamed;
    private readonly ILogger _logger;

    public SlackAdapter(SlackApi api, SlackReachability reachability, TimeProvider time, ILogger<SlackAdapter> logger)
    {
        (_api, _reachability, _time, _logger) = (api, reachability, time, logger);
        _sender = new SlackSender(api, logger);
        _history = new SlackHistory(api);
        _media = new SlackMedia(api);
        _socket = new SlackSocket(api, time, logger);
        _streamed = new StreamedAnswers(new SlackDrafts(api, Of), time, logger);
    }

    public PlatformName Platform { get; } = PlatformName.From("slack");

    public bool DropsRepeats => false;

    // "1 message per second per channel … several hundred messages per minute" per workspace: https://docs.slack.dev/apis/web-api/rate-limits
    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 1_000, new Pace(ChatPerSecond: 1, ConnectionPerSecond: 5), ShowsTyping: false)
    {
        MaxTextLength = SlackParts.MaxTextLength,
        Markup = "mrkdwn",
        SendsMedia = [AttachmentKind.Image],
        ReceivesMedia = [AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document],
        MaxButtons = SlackParts.MaxButtons,
        MaxButtonLabel = SlackParts.MaxButtonLabel,
        ReceivesEdits = true,
        ReceivesDeletions = true,
        ReceivesReactions = true,
        Threads = true,
        Groups = true,
        Streaming = true,
        StartsConversations = true,
    };

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) => SlackSettings.Validate(secrets, settings);

    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) => Of(connection).IsSigned(request, _time.GetUtcNow());

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) => SlackBody.Read(Of(connection), body);

    /// <summary>An app has one request URL for all the workspaces that it is installed in.</summary>
    public string? AccountOf(in WebhookRequest request) => SlackBody.TeamOf(request.Body.Span);

    public string? AccountOf(ConnectionSnapshot connection) => Of(connection).TeamId;

    /// <summary>The challenge; everything else is acknowledged with nothing, which shows nothing in the channel.</summary>
    public WebhookReply? Reply(ConnectionSnapshot connection, in WebhookRequest request) =>
        SlackEventReader.Challenge(request.Body.Span) is { } challenge ? new WebhookReply("text/plain", challenge) : null;

    public IReadOnlyList<PartBody> Split(string answer) => SlackParts.Split(answer);

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

    /// <summary>An answer through a response URL cannot be edited: it comes when it is finished.</summary>
    public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text)
    {
        if (draft.AnswerVia is null)
        {
            _streamed.Stream(connection, draft, text);
        }
    }

    public void Abandon(ConnectionSnapshot connection, AnswerDraft draft) => _streamed.Abandon(draft);

    /// <summary>Bots have no typing indicator.</summary>
    public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) =>
        _history.FindAsync(Of(connection), part, cancellationToken);

    public Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken) =>
        _media.FetchAsync(Of(connection), attachment, maxBytes, cancellationToken);

    /// <summary>With an app token, where the setting says so; without the setting, where Slack has no address to send to.</summary>
    public bool Listens(ConnectionSnapshot connection) => Of(connection) is { AppToken: not null } state && (state.SocketMode ?? !_reachability.HasPublicUrl);

    /// <summary>Slack gives an app's envelopes to any of its sockets, whichever of its workspaces they are of.</summary>
    public string LineOf(ConnectionSnapshot connection) => Of(connection).Line ?? connection.Id.ToString();

    public Task ListenAsync(
        ConnectionSnapshot connection, Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive, CancellationToken cancellationToken) =>
        ListenAsync(connection, (_, _) => ValueTask.FromResult(connection), (_, events, token) => receive(events, token), cancellationToken);

    public Task ListenAsync(
        ConnectionSnapshot connection,
        Func<string, CancellationToken, ValueTask<ConnectionSnapshot>> follow,
        Func<ConnectionSnapshot, IReadOnlyList<InboundEvent>, CancellationToken, Task> receive,
        CancellationToken cancellationToken) =>
        _socket.ListenAsync(
            connection, Of(connection),
            async (envelope, token) =>
            {
                var whose = SlackEnvelopes.TeamOf(envelope) is { } team ? await follow(team, token) : connection;
                if (SlackEnvelopes.Read(Of(whose), whose.Id, envelope, _logger) is { Count: > 0 } events)
                {
                    await receive(whose, events, token);
                }
            },
            cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var me = (await CallAsync(Of(connection), token => _api.ReadAsync("auth.test", token, new Dictionary<string, string>(), cancellationToken))).OrThrow();
        var settings = new Dictionary<string, string>();
        foreach (var (name, value) in new[] { (SlackSettings.BotUserId, me.UserId), (SlackSettings.BotId, me.BotId), (SlackSettings.TeamId, me.TeamId) })
        {
            if (!string.IsNullOrEmpty(value))
            {
                settings[name] = value;
            }
        }
        return settings;
    }

    /// <summary><see href="https://docs.slack.dev/reference/methods/users.info">users.info</see>, for which the app needs the scope <c>users:read</c>.</summary>
    public Task<string?> FindNameAsync(ConnectionSnapshot connection, string userId, CancellationToken cancellationToken) =>
        SlackNames.FindAsync(_api, Of(connection), userId, cancellationToken);

    /// <summary>Opens the direct message with a user (<c>U…</c>, <c>W…</c>), or finds a channel (<c>C…</c>, <c>G…</c>, <c>D…</c>).</summary>
    public async Task<StartedChat> OpenAsync(ConnectionSnapshot connection, string recipient, CancellationToken cancellationToken)
    {
        var isUser = recipient is ['U' or 'W', ..];
        var answer = await CallAsync(Of(connection), token => isUser
            ? _api.ReadAsync("conversations.open", token, new Dictionary<string, string> { ["users"] = recipient, ["return_im"] = "true" }, cancellationToken)
            : _api.ReadAsync("conversations.info", token, new Dictionary<string, string> { ["channel"] = recipient }, cancellationToken));
        if (answer.OrThrow().Channel is not { Id: { Length: > 0 } id } channel)
        {
            throw new PlatformException("unreadable_answer", permanent: false);
        }
        return isUser || channel.IsIm || SlackMessageReader.IsDirect(id)
            ? new StartedChat(new ChatAddress(id), UserId: isUser ? recipient : channel.User)
            : new StartedChat(new ChatAddress(id), IsGroup: true, Title: channel.Name is null ? null : $"#{channel.Name}");
    }

    public ValueTask DisposeAsync() => _streamed.DisposeAsync();

    public void Dispose() => _streamed.Dispose();

    private static async Task<SlackAnswer> CallAsync(SlackConnection connection, Func<string, Task<SlackAnswer>> call)
    {
        try
        {
            return await call(connection.Token ?? throw new PlatformException("token_missing", permanent: true));
        }
        catch (PlatformCallException broken)
        {
            throw new PlatformException(broken.Message, permanent: false);
        }
    }

    private SlackConnection Of(ConnectionSnapshot connection) => _connections.GetValue(connection, snapshot => new SlackConnection(snapshot));
}

using System.Diagnostics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Stores what platforms send. Concurrent requests share one commit; a request returns only after the commit that holds
/// it. Then it rings the doorbell, and carries out the commands that do not wait their turn.
/// </summary>
public sealed partial class Inbox : IAsyncDisposable
{
    private readonly IInboxStore _store;
    private readonly ILaneStore _lanes;
    private readonly ISignals _signals;
    private readonly Doorbell _doorbell;
    private readonly Platforms _platforms;
    private readonly ILogger<Inbox> _logger;
    private readonly LearnNames _names;
    private readonly AddressCache _addresses = new();
    private readonly Task<IAsyncDisposable> _forgetting;
    private readonly Batcher<InboxAddress, ResolvedAddress> _resolver;
    private readonly Batcher<InboxMessage[], AppendResult[]> _appender;

    public Inbox(IInboxStore store, ILaneStore lanes, ISignals signals, Doorbell doorbell, Platforms platforms, LearnNames names, IOptions<EngineOptions> options, ILogger<Inbox> logger)
    {
        _store = store;
        _lanes = lanes;
        _signals = signals;
        _doorbell = doorbell;
        _platforms = platforms;
        _logger = logger;
        _names = names;
        _resolver = new("resolve", options.Value.InboxCapacity, 256, _store.ResolveAsync);
        _appender = new("inbox", options.Value.InboxCapacity, 256, AppendAsync);
        _forgetting = signals.SubscribeAsync(AddressCache.ForgetChannel, _ => _addresses.Clear(), CancellationToken.None);
    }

    /// <summary>The pictures of an album come one by one, some hundred milliseconds apart: how long the next is waited for.</summary>
    private const int AlbumQuietMs = 1_000;

    /// <exception cref="StoreUnavailableException">The store is down; nothing is promised about these events.</exception>
    /// <exception cref="OverloadedException">Too much is waiting to be stored.</exception>
    public async Task ReceiveAsync(ConnectionSnapshot connection, IReadOnlyList<InboundEvent> events, CancellationToken cancellationToken)
    {
        List<InboundMessage>? messages = null;
        List<InboundEvent>? others = null;
        foreach (var entry in events)
        {
            if (entry is InboundMessage message)
            {
                (messages ??= []).Add(message);
            }
            else
            {
                (others ??= []).Add(entry);
            }
        }
        if (messages is not null)
        {
            await StoreAsync(connection, messages);
        }
        if (others is not null)
        {
            await _store.RecordAsync(connection.Id, others, cancellationToken);
            if (others.Exists(e => e is InboundEdit or InboundDeletion))
            {
                _signals.Publish(Edits.Channel, Edits.Of(connection.Id));
            }
            if (others.Exists(e => e is ErasureRequested))
            {
                _addresses.Clear();
                _signals.Publish(AddressCache.ForgetChannel, "");
            }
            EngineTelemetry.Received.Add(others.Count, new("platform", connection.Platform.Value), new("result", "event"));
            if (_logger.IsEnabled(LogLevel.Debug))
            {
                foreach (var other in others)
                {
                    var receipt = other as DeliveryReceipt;
                    Recorded(other.GetType().Name, receipt?.State, receipt?.Reference?.MessageId, connection.Id, connection.Platform.Value);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (await _forgetting).DisposeAsync();
        await _appender.DisposeAsync();
        await _resolver.DisposeAsync();
    }

    private async Task StoreAsync(ConnectionSnapshot connection, List<InboundMessage> messages)
    {
        var quiet = _platforms.QuietPeriodMs(connection);
        while (true)
        {
            var rows = new InboxMessage[messages.Count];
            for (var i = 0; i < rows.Length; i++)
            {
                var where = await ResolveAsync(connection, messages[i]);
                rows[i] = Row(connection, messages[i], where, quiet);
            }
            var results = await _appender.AddOrRefuseAsync(rows);
            if (Array.Exists(results, r => r.Kind == AppendKind.ConversationGone))
            {
                // Deleted since it was resolved; what was stored by now is left out as known when it is tried again.
                _addresses.Clear();
                continue;
            }
            for (var i = 0; i < rows.Length; i++)
            {
                var stored = results[i].Kind == AppendKind.Stored;
                EngineTelemetry.Received.Add(1, new("platform", connection.Platform.Value), new("result", stored ? "stored" : "duplicate"));
                Received(rows[i].Id, rows[i].Conversation, rows[i].Participant, connection.Id, connection.Platform.Value, stored ? "stored" : "duplicate");
                if (stored && rows[i].Kind == MessageKind.Command && Commands.Interrupts(rows[i].Text))
                {
                    await InterruptAsync(rows[i], results[i].Sequence);
                }
            }
            return;
        }
    }

    private async ValueTask<ResolvedAddress> ResolveAsync(ConnectionSnapshot connection, InboundMessage message)
    {
        var address = new InboxAddress(connection.Id, connection.Bot.Id, message.Chat, message.IsGroup, Clean(message.ChatTitle), Clean(message.Author));
        if (!_addresses.TryGet(address, out var resolved))
        {
            resolved = await _resolver.AddOrRefuseAsync(address);
            _addresses.Add(address, resolved);
            _names.Ask(connection, message.Author);
        }
        return resolved;
    }

    private static InboxMessage Row(ConnectionSnapshot connection, InboundMessage message, ResolvedAddress where, int quietMs)
    {
        var kind = KindOf(connection, message);
        return new InboxMessage
        {
            Id = Guid.CreateVersion7(),
            Connection = connection.Id,
            Conversation = where.Conversation,
            Participant = where.Participant,
            PlatformMessageId = message.PlatformId,
            Kind = kind,
            Text = Clean(message.Text)!,
            Content = message.Content,
            TraceParent = Activity.Current?.Id,
            SentAt = message.SentAt,
            QuietMs = kind is MessageKind.Command or MessageKind.ButtonPress ? 0
                : message.Content?.AlbumId is null ? quietMs
                : Math.Max(quietMs, AlbumQuietMs),
        };
    }

    /// <summary>What another bot writes is not addressed to ours, unless the bot is told to answer bots; its commands are no commands.</summary>
    private static MessageKind KindOf(ConnectionSnapshot connection, InboundMessage message) =>
        !message.Author.IsBot || message.Kind == MessageKind.Overheard ? message.Kind
        : connection.Bot.Processing.AnswerBots ? MessageKind.Automated
        : MessageKind.Overheard;

    private async Task<IReadOnlyList<AppendResult[]>> AppendAsync(IReadOnlyList<InboxMessage[]> requests, CancellationToken cancellationToken)
    {
        var messages = new List<InboxMessage>(requests.Count);
        foreach (var request in requests)
        {
            messages.AddRange(request);
        }
        var results = await _store.AppendAsync(messages, cancellationToken);
        var split = new AppendResult[requests.Count][];
        TimeSpan? dueIn = null;
        var at = 0;
        for (var i = 0; i < split.Length; i++)
        {
            split[i] = new AppendResult[requests[i].Length];
            for (var j = 0; j < split[i].Length; j++)
            {
                var result = split[i][j] = results[at++];
                dueIn = result.DueIn is { } due && !(due > dueIn) ? due : dueIn;
            }
        }
        if (dueIn is { } soonest)
        {
            _doorbell.Ring((int)Math.Ceiling(Math.Max(0, soonest.TotalMilliseconds)));
        }
        return split;
    }

    /// <summary>
    /// <c>/stop</c> and <c>/reset</c> bypass the lane: the turn in hand ends now, what waited before them is skipped. The
    /// signal goes first: behind the commit it would meet who has taken the lane for the command itself. There is no token:
    /// the command is stored, and a redelivery would not carry it out.
    /// </summary>
    private async Task InterruptAsync(InboxMessage command, long sequence)
    {
        _signals.Publish(Interrupts.Channel, Interrupts.OfStop(command.Conversation, sequence));
        await _lanes.InterruptAsync(command.Conversation, sequence, Commands.Name(command.Text), CancellationToken.None);
        _doorbell.Ring(0);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Message {MessageId} in {ConversationId} of user {UserId}, connection {ConnectionId}, {Platform}: {Result}")]
    private partial void Received(Guid messageId, Domain.Conversations.ConversationId conversationId, Guid userId, Domain.Bots.ConnectionId connectionId, string platform, string result);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Event} {State} of message {MessageId}, connection {ConnectionId}, {Platform}, is recorded")]
    private partial void Recorded(string @event, PartState? state, Guid? messageId, Domain.Bots.ConnectionId connectionId, string platform);

    private static InboundAuthor Clean(InboundAuthor author) =>
        author with { DisplayName = Clean(author.DisplayName), Username = Clean(author.Username) };

    /// <summary>Postgres cannot store U+0000 in text.</summary>
    private static string? Clean(string? text) => text is not null && text.Contains('\0') ? text.Replace('\0', '\uFFFD') : text;
}

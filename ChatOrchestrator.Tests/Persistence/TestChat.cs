using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>One conversation in a test, and what its user writes.</summary>
public sealed class TestChat
{
    private static int _counter;

    private readonly IInboxStore _inbox;

    private TestChat(IInboxStore inbox, InboxAddress address, ResolvedAddress resolved) =>
        (_inbox, Address, Id, Participant) = (inbox, address, resolved.Conversation, resolved.Participant);

    public InboxAddress Address { get; }

    public ConversationId Id { get; }

    public Guid Participant { get; }

    public ConnectionId Connection => Address.Connection;

    public static async Task<TestChat> OpenAsync(IInboxStore inbox, bool isGroup = false, ConnectionId? connection = null, BotId? bot = null)
    {
        var user = $"user-{Interlocked.Increment(ref _counter)}";
        var chat = new ChatAddress(isGroup ? $"group-{user}" : user);
        var address = new InboxAddress(connection ?? new ConnectionId(Guid.CreateVersion7()), bot ?? new BotId(Guid.CreateVersion7()), chat, isGroup, user, new InboundAuthor(user, $"Name of {user}"));
        return new TestChat(inbox, address, (await inbox.ResolveAsync([address], default))[0]);
    }

    public InboxMessage Message(string text = "hello", MessageKind kind = MessageKind.Text, int quietMs = 0, string? platformId = null) => new()
    {
        Id = Guid.CreateVersion7(),
        Connection = Connection,
        Conversation = Id,
        Participant = Participant,
        PlatformMessageId = platformId ?? $"m-{Interlocked.Increment(ref _counter)}",
        Kind = kind,
        Text = text,
        QuietMs = quietMs,
    };

    /// <summary>Stores a message; returns it with its place.</summary>
    public async Task<(InboxMessage Message, long Sequence)> SayAsync(string text = "hello", MessageKind kind = MessageKind.Text, int quietMs = 0)
    {
        var message = Message(text, kind, quietMs);
        var result = (await _inbox.AppendAsync([message], default))[0];
        result.Kind.ShouldBe(AppendKind.Stored);
        return (message, result.Sequence);
    }

    public static TurnCommit Turn(ClaimedLane lane, long through, string? answer = "an answer", params string[] parts) => new()
    {
        Lease = lane.Lease,
        Connection = lane.Connection,
        TurnId = Guid.CreateVersion7(),
        FromSequence = through,
        ThroughSequence = through,
        State = answer is null ? TurnState.Silent : TurnState.Answered,
        Answer = answer,
        AnswerId = Guid.CreateVersion7(),
        Parts = answer is null ? [] : parts.Length == 0 ? [new PartBody(null)] : [.. parts.Select(p => new PartBody(p))],
        Worker = "worker",
        StartedAt = TimeProvider.System.GetUtcNow(),
        EndedAt = TimeProvider.System.GetUtcNow(),
        MessageId = Guid.CreateVersion7(),
    };
}

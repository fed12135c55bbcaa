using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Notifications;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using ChatOrchestrator.Application.Turns;
using ChatOrchestrator.Domain.Conversations;

namespace ChatOrchestrator.Application.Administration;

/// <summary>An operator takes a conversation over, gives it back, or ends it.</summary>
public sealed class SteerConversation(
    IConversationStore conversations,
    IConnectionDirectory connections,
    Platforms platforms,
    ISignals signals,
    Doorbell doorbell,
    TimeProvider time)
{
    /// <summary>The operator takes over. When this returns, nothing more of the bot's is sent; what it would have said is kept as a suggestion.</summary>
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    /// <exception cref="Domain.DomainException">Another operator holds it, or it has ended.</exception>
    public Task<Conversation> HandOffAsync(ConversationId id, string agent, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(id, conversation => conversation.HandOff(agent), "taken_over", "conversation.handed_off", actor, null, cancellationToken);

    /// <summary>As <see cref="HandOffAsync"/>, by a rule of the bot's: whichever operator comes first takes it.</summary>
    /// <param name="reason">Which rule, without text of messages.</param>
    /// <returns>False: the bot does not answer there any more.</returns>
    public async Task<bool> RequestHandOffAsync(ConversationId id, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeAsync(id, conversation => conversation.RequestHandOff(), "taken_over", "conversation.handoff_requested", new Actor("rule"), new { reason }, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is NotFoundException or Domain.DomainException)
        {
            return false;
        }
    }

    /// <summary>The bot answers again, starting with the next message.</summary>
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    /// <exception cref="Domain.DomainException">Nobody holds it.</exception>
    public Task<Conversation> ResumeAsync(ConversationId id, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(id, conversation => conversation.Resume(), null, "conversation.resumed", actor, null, cancellationToken);

    /// <summary>Closes the conversation; the bot says nothing more until the participant writes again.</summary>
    /// <exception cref="NotFoundException">There is no such conversation.</exception>
    /// <exception cref="Domain.DomainException">It has ended already.</exception>
    public Task<Conversation> EndAsync(ConversationId id, Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(id, conversation => conversation.End(), "ended", "conversation.ended", actor, null, cancellationToken);

    private async Task<Conversation> ChangeAsync(
        ConversationId id, Action<Conversation> change, string? silence, string action, Actor actor, object? detail, CancellationToken cancellationToken)
    {
        var conversation = await conversations.ChangeStateAsync(
            id,
            stored =>
            {
                var before = new { stored.State, stored.Agent };
                change(stored);
                return AuditEntry.Of(actor, action, "conversation", id, time.GetUtcNow(), stored.BotId, detail, before: before, after: new { stored.State, stored.Agent });
            },
            silence,
            cancellationToken) ?? throw new NotFoundException("conversation");
        if (silence is not null)
        {
            signals.Publish(Interrupts.Channel, conversation.State == ConversationState.HandedOff ? Interrupts.OfHandOff(id) : Interrupts.Of(id));
            signals.Publish(RaiseNotification.Channel, "");
        }
        doorbell.Ring(0);
        EngineTelemetry.Steered.Add(1, new KeyValuePair<string, object?>("action", action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..]));
        if (await connections.FindAsync(conversation.ConnectionId, cancellationToken) is { } connection
            && platforms.TryFind(connection.Platform.Value, out var adapter) && adapter is IShowsConversationState platform)
        {
            platform.ShowState(connection, new ChatAddress(conversation.ChatId, conversation.ThreadId), conversation.State);
        }
        return conversation;
    }
}

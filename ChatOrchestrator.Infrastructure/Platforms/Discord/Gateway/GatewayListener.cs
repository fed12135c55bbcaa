using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Discord.Gateway;

/// <summary>
/// What one process does with one connection's dispatches while it listens: reads them, hands them in to be stored, and
/// only then counts them as seen. The session is saved as it goes on, so that after a crash whoever listens next resumes
/// it and is sent again what was not stored.
/// </summary>
internal sealed class GatewayListener(
    ConnectionSnapshot snapshot,
    DiscordConnection connection,
    DiscordRest rest,
    IListenerStates states,
    Func<IReadOnlyList<InboundEvent>, CancellationToken, Task> receive,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>What is not saved yet is sent again by a resume, and is known by its ids.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(2);

    /// <summary>Discord waits three seconds for an interaction's answer.</summary>
    private static readonly TimeSpan CallbackTimeout = TimeSpan.FromSeconds(3);

    private readonly string _name = $"discord:{snapshot.Id}";
    private string? _saved;
    private DateTimeOffset _savedAt;

    public GatewaySession Session { get; private set; } = new();

    /// <summary>Whether a session was opened or resumed on the present connection.</summary>
    public bool IsOpen { get; set; }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _saved = await states.FindAsync(_name, cancellationToken);
        try
        {
            Session = _saved is null ? new GatewaySession() : JsonSerializer.Deserialize(_saved, GatewaySessionJson.Default.GatewaySession) ?? new GatewaySession();
        }
        catch (JsonException)
        {
            // Written by a version that is gone: a new session takes its place.
            Session = new GatewaySession();
        }
    }

    /// <exception cref="PlatformException">Another process has taken over.</exception>
    public async Task SaveAsync(GatewaySession session, CancellationToken cancellationToken)
    {
        Session = session;
        var state = JsonSerializer.Serialize(session, GatewaySessionJson.Default.GatewaySession);
        if (state != _saved)
        {
            if (!await states.ReplaceAsync(_name, _saved, state, cancellationToken))
            {
                throw new TakenOverException();
            }
            _saved = state;
        }
        _savedAt = time.GetUtcNow();
    }

    /// <summary>Takes dispatches in order.</summary>
    public async Task HandleAsync(IReadOnlyList<GatewayFrame> frames, CancellationToken cancellationToken)
    {
        List<InboundEvent> events = [];
        List<Interaction> interactions = [];
        var opened = false;
        foreach (var frame in frames)
        {
            if (frame.Type == "READY")
            {
                // What came before belongs to another session.
                await StoreAsync(events, interactions, cancellationToken);
                Open(frame);
                // Before anything of the session is stored: whoever takes over from a process that dies from here on resumes it, and gets what was not.
                await SaveAsync(Session, cancellationToken);
                opened = true;
            }
            else if (frame.Type == "RESUMED")
            {
                DiscordLog.Resumed(logger, snapshot.Id);
                opened = IsOpen = true;
            }
            else
            {
                Read(frame, events, interactions);
            }
        }
        await StoreAsync(events, interactions, cancellationToken);
        var seen = frames.Max(f => f.Sequence);
        var session = Session with { Sequence = seen ?? Session.Sequence };
        if (opened || time.GetUtcNow() - _savedAt >= SaveEvery)
        {
            await SaveAsync(session, cancellationToken);
        }
        Session = session;
    }

    private void Open(GatewayFrame frame)
    {
        var ready = DiscordMessageReader.Parse(frame.Data.Span, DiscordJson.Default.Ready);
        connection.Learn(ready.User?.Id, ready.Application?.Id);
        Session = Session with
        {
            SessionId = ready.SessionId,
            ResumeUrl = BaseUrl.IsValid(ready.ResumeGatewayUrl, path: true, socket: true) ? ready.ResumeGatewayUrl : null,
            Sequence = frame.Sequence,
        };
        IsOpen = true;
        DiscordLog.Ready(logger, snapshot.Id);
    }

    private void Read(GatewayFrame frame, List<InboundEvent> events, List<Interaction> interactions)
    {
        var eventId = Session.EventId(frame.Sequence ?? 0);
        try
        {
            if (frame.Type == "INTERACTION_CREATE")
            {
                var interaction = DiscordMessageReader.Parse(frame.Data.Span, DiscordJson.Default.Interaction);
                events.Add(DiscordInteractionReader.Read(connection, interaction));
                interactions.Add(interaction);
            }
            else
            {
                events.AddRange(DiscordMessageReader.Read(connection, eventId, frame.Type ?? "unknown", frame.Data.Span));
            }
        }
        catch (MalformedPayloadException)
        {
            DiscordLog.UnreadableDispatch(logger, snapshot.Id);
            events.Add(DiscordMessageReader.Ignored(eventId, "unreadable"));
        }
    }

    private async Task StoreAsync(List<InboundEvent> events, List<Interaction> interactions, CancellationToken cancellationToken)
    {
        if (events.Count > 0)
        {
            await receive([.. events], cancellationToken);
            events.Clear();
        }
        if (interactions.Count > 0)
        {
            await Task.WhenAll(interactions.Select(i => AcknowledgeAsync(i, cancellationToken)));
            interactions.Clear();
        }
    }

    /// <summary>Interactions that come through the Gateway are answered by a call.</summary>
    private async Task AcknowledgeAsync(Interaction interaction, CancellationToken cancellationToken)
    {
        if (DiscordInteractionReader.Acknowledge(interaction) is not { } reply || InteractionToken.Of(interaction) is not { } via)
        {
            return;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallbackTimeout);
        try
        {
            await rest.AskAsync(connection.Token, DiscordRoute.InteractionCallback(interaction.Id!, via.Token), System.Text.Encoding.UTF8.GetBytes(reply), limit.Token);
        }
        catch (PlatformException refusal)
        {
            // The answer goes to the channel when the interaction cannot take it.
            DiscordLog.NotAcknowledged(logger, snapshot.Id, refusal.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            DiscordLog.NotAcknowledged(logger, snapshot.Id, "timeout");
        }
    }
}

/// <summary>Another process has saved how far it has come: it listens now.</summary>
internal sealed class TakenOverException() : Exception("taken_over");

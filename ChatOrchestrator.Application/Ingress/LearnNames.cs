using System.Threading.Channels;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Ingress;

/// <summary>
/// Asks platforms what people are called whose messages do not say it, one after another and beside everything else: an
/// answer never waits for a name, and one that is not learned today is learned when the person writes to another process.
/// </summary>
public sealed partial class LearnNames(
    Platforms platforms, IParticipantStore participants, TimeProvider time, ILogger<LearnNames> logger) : BackgroundService
{
    private const int MaxWaiting = 1_000;
    private const int MaxRemembered = 20_000;
    private const int MaxNameLength = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<(ConnectionSnapshot Connection, string UserId)> _waiting =
        Channel.CreateBounded<(ConnectionSnapshot, string)>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly HashSet<(ConnectionId, string)> _asked = [];

    /// <summary>Has the name looked up, where it is missing and the platform can be asked. Costs the caller nothing.</summary>
    internal void Ask(ConnectionSnapshot connection, InboundAuthor author)
    {
        if (author is { DisplayName: null, IsBot: false } && platforms.TryFind(connection.Platform.Value, out var platform) && platform is ILooksUpNames)
        {
            _waiting.Writer.TryWrite((connection, author.UserId));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (connection, user) in _waiting.Reader.ReadAllAsync(stoppingToken))
            {
                if (_asked.Count >= MaxRemembered)
                {
                    _asked.Clear();
                }
                if (_asked.Add((connection.Id, user)))
                {
                    await LearnAsync(connection, user, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whoever was not asked about is asked about when they write again.
        }
    }

    private async Task LearnAsync(ConnectionSnapshot connection, string user, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            if (await participants.IsNamelessAsync(connection.Id, user, either.Token)
                && await ((ILooksUpNames)platforms.Get(connection.Platform)).FindNameAsync(connection, user, either.Token) is { } found
                && found.Replace('\0', '\uFFFD').Trim() is { Length: > 0 } name)
            {
                await participants.NameAsync(connection.Id, user, name.Shortened(MaxNameLength), either.Token);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException && !stopping.IsCancellationRequested)
        {
            // The type only: a client's message may quote an address with a token in it.
            NotLearned(connection.Id, e.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A participant's name on connection {ConnectionId} could not be learned ({Error})")]
    private partial void NotLearned(ConnectionId connectionId, string error);
}

using System.Text.Json.Nodes;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What a connection's platform is asked and told when the connection is made or its secrets change.</summary>
public sealed partial class IntroduceConnection(Platforms platforms, PublicAddress address, TimeProvider time, ILogger<IntroduceConnection> logger)
{
    /// <summary>How long a caller waits for a platform.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks the platform whose credentials these are, and keeps the answer in the settings. A platform that cannot be reached now is no obstacle.</summary>
    /// <exception cref="InvalidInputException">The platform refuses the credentials.</exception>
    public async Task DescribeAsync(ConnectionSnapshot connection, JsonObject settings, List<string> warnings, CancellationToken cancellationToken)
    {
        if (platforms.Get(connection.Platform) is not IDescribesConnection platform)
        {
            return;
        }
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            foreach (var (name, value) in await platform.DescribeAsync(connection, either.Token))
            {
                settings[name] = value;
            }
        }
        catch (PlatformException e) when (e.Permanent)
        {
            var field = connection.Secrets.Keys.FirstOrDefault(name => name.EndsWith("Token", StringComparison.Ordinal));
            throw new InvalidInputException(field is null ? "secrets" : $"secrets.{field}", $"The platform refuses these credentials: {e.Message}");
        }
        catch (PlatformException e)
        {
            warnings.Add($"The platform could not be asked about these credentials: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            warnings.Add("The platform did not answer in time when asked about these credentials.");
        }
    }

    /// <summary>Tells the platform where to send webhooks, when <c>PublicUrl</c> is configured. A failure is a warning; the next start tries again.</summary>
    public async Task RegisterAsync(ConnectionSnapshot connection, List<string> warnings, CancellationToken cancellationToken)
    {
        if (address.Url is not { } url || connection.DisabledReason is not null
            || !platforms.TryFind(connection.Platform.Value, out var adapter) || adapter is not IRegistersWebhooks platform)
        {
            return;
        }
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await platform.RegisterAsync(connection, address.Webhook(connection.Platform, connection.Id, url), either.Token);
            Registered(connection.Id, connection.Platform.Value);
        }
        catch (PlatformException e)
        {
            NotRegistered(connection.Id, e.Message);
            warnings.Add($"The webhook is not registered: {e.Message} It is tried again at the next start.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            NotRegistered(connection.Id, "timed out");
            warnings.Add("The webhook is not registered: the platform did not answer in time. It is tried again at the next start.");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The webhook of connection {ConnectionId} is registered at {Platform}")]
    private partial void Registered(ConnectionId connectionId, string platform);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook of connection {ConnectionId} is not registered ({Reason})")]
    private partial void NotRegistered(ConnectionId connectionId, string reason);
}

using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>When the API starts with a <c>PublicUrl</c>, registers every connection's webhook: the address may have changed, or a registration may have failed.</summary>
internal sealed partial class WebhookRegistrar(
    PublicAddress address,
    Application.Platforms platforms,
    IConnectionDirectory connections,
    INamedLeases leases,
    IntroduceConnection introduce,
    ILogger<WebhookRegistrar> logger) : BackgroundService
{
    private const string LeaseName = "register-webhooks";

    /// <summary>Long enough to go through them all; a second API that starts meanwhile leaves it to the first.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (address.Url is null)
        {
            return;
        }
        var owner = Guid.CreateVersion7().ToString();
        try
        {
            if (!await leases.TryAcquireAsync(LeaseName, owner, Lease, stoppingToken))
            {
                return;
            }
            try
            {
                foreach (var platform in platforms.All.Where(p => p is IRegistersWebhooks))
                {
                    foreach (var connection in await connections.ListAsync(platform.Platform, stoppingToken))
                    {
                        await introduce.RegisterAsync(connection, [], stoppingToken);
                    }
                }
            }
            finally
            {
                await leases.ReleaseAsync(LeaseName, owner, CancellationToken.None);
            }
        }
        catch (StoreUnavailableException)
        {
            StoreDown();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store is unavailable; webhooks are registered at the next start")]
    private partial void StoreDown();
}

using System.Runtime.CompilerServices;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Health;

/// <summary>Asks each connection's platform whether it takes the credentials and sends its webhooks here.</summary>
internal sealed class ExamineConnections(IServiceProvider services)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var directory = services.GetRequiredService<IConnectionDirectory>();
        foreach (var adapter in services.GetRequiredService<Platforms>().All.OrderBy(a => a.Platform.Value, StringComparer.Ordinal))
        {
            foreach (var connection in await directory.ListAsync(adapter.Platform, cancellationToken))
            {
                yield return await AskAsync(adapter, connection, cancellationToken);
            }
        }
    }

    private static async Task<Finding> AskAsync(IPlatformAdapter adapter, ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var what = $"{connection.Platform} {connection.DisplayName}";
        switch (connection.DisabledReason)
        {
            case null:
                break;
            case ConnectionSnapshots.SecretsUnreadable:
                return new(what, Verdict.Broken, "its secrets cannot be decrypted: the key ring was lost; give them again");
            case ChangeConnection.SwitchedOff:
                return new(what, Verdict.Look, "switched off");
            case var reason:
                return new(what, Verdict.Broken, $"off: {reason}; give its secrets again to switch it on");
        }
        if (adapter is not IDescribesConnection platform)
        {
            return new(what, Verdict.Well, "needs no credentials");
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await platform.DescribeAsync(connection, limit.Token);
            return new(what, Verdict.Well, "the token is valid");
        }
        catch (PlatformException e)
        {
            return new(what, Verdict.Broken, e.Permanent ? $"the platform refuses the token: {e.Message}" : $"the platform cannot be asked: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(what, Verdict.Broken, $"the platform did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}

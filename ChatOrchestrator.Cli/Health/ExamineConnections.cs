using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Cli.Health;

/// <summary>Asks each connection's platform whether it takes the credentials and sends its webhooks here.</summary>
internal sealed class ExamineConnections(IServiceProvider services)
{
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var read = services.GetRequiredService<ReadConnectionHealth>();
        string? cursor = null;
        do
        {
            var page = await read.HandleAsync(new PageRequest(PageRequest.MaxLimit, cursor), BotScope.All, cancellationToken);
            foreach (var health in page.Items)
            {
                yield return new Finding($"{health.Connection.Platform} {health.Connection.DisplayName}", Judge(health), Say(health));
            }
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static Verdict Judge(ConnectionHealth health) => health switch
    {
        { Connection.DisabledReason: ChangeConnection.SwitchedOff } => Verdict.Look,
        { Connection.DisabledReason: not null } or { Token: TokenState.Refused or TokenState.Unknown } => Verdict.Broken,
        { Webhook.State: WebhookState.Missing or WebhookState.Elsewhere } => Verdict.Broken,
        { Webhook: { State: WebhookState.Unknown } or { LastError: not null } } => Verdict.Look,
        _ => Verdict.Well,
    };

    private static string Say(ConnectionHealth health) => health.Connection.DisabledReason switch
    {
        ConnectionSnapshots.SecretsUnreadable => "its secrets cannot be decrypted: the key ring was lost; give them again",
        ChangeConnection.SwitchedOff => "switched off",
        { } reason => $"off: {reason}; give its secrets again to switch it on",
        null => health.Token switch
        {
            TokenState.Refused => $"the platform refuses the token: {health.TokenError}",
            TokenState.Unknown => $"the platform cannot be asked: {health.TokenError}",
            TokenState.Valid => $"the token is valid{Say(health.Webhook)}",
            _ => "needs no credentials",
        },
    };

    private static string Say(WebhookCheck webhook)
    {
        var state = webhook.State switch
        {
            WebhookState.Registered => "; the webhook is registered",
            WebhookState.Elsewhere => "; the webhook goes to another address: is PublicUrl right, and does another deployment use this token? A start of the API registers it",
            WebhookState.Missing => "; no webhook is registered: a start of the API registers it",
            WebhookState.Unknown => "; the platform does not say where its webhooks go",
            _ => "; no webhook is needed",
        };
        var waiting = webhook.Waiting > 0 ? $", {webhook.Waiting} wait" : "";
        return state + waiting + (webhook.LastError is null ? "" : $"; the last failure{(webhook.LastErrorAt is { } at ? $" at {at:u}" : "")}: {webhook.LastError}");
    }
}

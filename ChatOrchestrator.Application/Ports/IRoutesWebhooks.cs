namespace ChatOrchestrator.Application.Ports;

/// <summary>A platform that sends what concerns several accounts to one address (Slack: the workspaces that an app is installed in).</summary>
public interface IRoutesWebhooks
{
    /// <summary>Which account an authentic request concerns. Null: it does not say.</summary>
    string? AccountOf(in WebhookRequest request);

    /// <summary>Which account a connection is for. Null: not known, and it keeps what it gets.</summary>
    string? AccountOf(ConnectionSnapshot connection);
}

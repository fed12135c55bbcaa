namespace ChatOrchestrator.Application.Ports;

/// <summary>The key by which push services know this deployment.</summary>
public interface IWebPushKeys
{
    /// <summary>Whether push messages can be sent at all.</summary>
    bool IsConfigured { get; }

    /// <summary>What a browser subscribes with (<c>applicationServerKey</c>): Base64url.</summary>
    Task<string> ReadPublicKeyAsync(CancellationToken cancellationToken);
}

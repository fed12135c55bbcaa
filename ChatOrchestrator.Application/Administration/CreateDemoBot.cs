using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;

namespace ChatOrchestrator.Application.Administration;

/// <summary>Gives an empty store a bot to talk to.</summary>
public sealed class CreateDemoBot(IBotStore bots, IConnectionStore connections, IConnectionSecrets protection, Platforms platforms, TimeProvider time)
{
    /// <summary>The platform that the demo bot is on.</summary>
    public const string Platform = "webchat";

    /// <returns>True: the store was empty and has the demo bot now.</returns>
    public async Task<bool> HandleAsync(CancellationToken cancellationToken)
    {
        if (!platforms.TryFind(Platform, out var webChat) || await bots.AnyAsync(cancellationToken))
        {
            return false;
        }
        var now = time.GetUtcNow();
        var bot = new Bot("Demo bot", new AiSettings(), new ProcessingSettings { Greeting = "Hello! I am the demo bot. Ask me anything." }, now);
        await bots.AddAsync(bot, null, cancellationToken);
        return await connections.AddAsync(
            new PlatformConnection(bot.Id, webChat.Platform, "Demo web chat", "{}", protection.Protect(new Dictionary<string, string>()), now),
            null,
            cancellationToken);
    }
}

using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Platforms;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.MicroBenchmarks;

/// <summary>What the benchmarks work on.</summary>
internal static class Samples
{
    public const string Question = "Hello, I ordered a blue lamp last week and the parcel has not arrived yet, could you please tell me where it is now?";

    public const string WebhookSecret = "wh-secret_0123456789ABCDEF";

    public static ConnectionSnapshot Connection()
    {
        using var settings = JsonDocument.Parse("""{"username":"helper_bot"}""");
        return new()
        {
            Id = ConnectionId.New(),
            Platform = PlatformName.From("telegram"),
            DisplayName = "Helper",
            Settings = settings.RootElement.Clone(),
            Secrets = new Dictionary<string, string> { ["botToken"] = "777000777:AAFaKe-token_of-35-characters-abcdefg", ["webhookSecret"] = WebhookSecret },
            Bot = new BotSnapshot(BotId.New(), "Helper", new AiSettings { MaxHistory = 30 }, new ProcessingSettings(), 1),
        };
    }

    public static TelegramAdapter Telegram() => new(
        new TelegramHttp(Options.Create(new TelegramOptions { ApiBaseUrl = "http://127.0.0.1:9" })), new PlatformHttp(), TimeProvider.System, NullLogger<TelegramAdapter>.Instance);

    /// <summary>A few pages of Markdown: headings, emphasis, lists, a table, code, links; about 12,000 characters.</summary>
    public static string LongAnswer() => string.Join("\n\n", Enumerable.Range(1, 12).Select(i => $"""
        ## Step {i}: what to do

        First, **check** the *order number* in your [account](https://example.com/orders/{i}). {Question} {Question}

        - one thing with `code` in it
        - another thing, which is a little longer than the first one and has **bold** words
        - a third

        | part | count |
        |---|---|
        | lamp | {i} |
        | bulb | {i * 2} |

        ```csharp
        var lamp = await shop.FindAsync("lamp-{i}");
        Console.WriteLine(lamp.Colour);
        ```

        {Question} {Question} {Question}
        """));
}

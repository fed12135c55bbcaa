using System.Globalization;
using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Platforms.Discord;
using ChatOrchestrator.Tests.Platforms.Messenger;
using ChatOrchestrator.Tests.Platforms.Slack;
using ChatOrchestrator.Tests.Platforms.Telegram;
using ChatOrchestrator.Tests.Platforms.WhatsApp;
using NSubstitute;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>docs/platforms.md says what the adapters say.</summary>
public sealed class PlatformTableTests
{
    private static readonly (string Name, Func<IPlatformAdapter> Adapter)[] Platforms =
    [
        ("Telegram", () => TelegramFixture.Adapter()),
        ("Messenger", () => MessengerFixture.Adapter()),
        ("WhatsApp", () => WhatsAppFixture.Adapter()),
        ("Slack", () => SlackFixture.Adapter()),
        ("Discord", () => DiscordFixture.Adapter()),
        ("Web chat", () => new WebChatAdapter(Substitute.For<ISignals>())),
    ];

    private static readonly (string Name, Func<PlatformCapabilities, string> Cell)[] Rows =
    [
        ("Longest message", c => string.Create(CultureInfo.InvariantCulture, $"{c.MaxTextLength:N0} {(c.TextUnit == "utf16" ? "UTF-16 units" : "characters")}")),
        ("Markup", c => c.Markup),
        ("Sends files", c => Words(c.SendsMedia)),
        ("Receives files", c => Words(c.ReceivesMedia)),
        ("Buttons (most × label)", c => string.Create(CultureInfo.InvariantCulture, $"{c.MaxButtons} × {c.MaxButtonLabel}")),
        ("Edits received", c => YesOf(c.ReceivesEdits)),
        ("Deletions received", c => YesOf(c.ReceivesDeletions)),
        ("Reactions received", c => YesOf(c.ReceivesReactions)),
        ("Replies quote", c => YesOf(c.ReceivesQuotes)),
        ("Delivery receipts", c => YesOf(c.DeliveryReceipts)),
        ("Read receipts", c => YesOf(c.ReadReceipts)),
        ("Typing", c => YesOf(c.ShowsTyping)),
        ("Answers shown while made", c => YesOf(c.Streaming)),
        ("Groups", c => YesOf(c.Groups)),
        ("Threads", c => YesOf(c.Threads)),
        ("Bot may speak first", c => YesOf(c.StartsConversations)),
        ("Window after a message", c => c.WindowHours == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{c.WindowHours} h")),
        ("Quiet period", c => string.Create(CultureInfo.InvariantCulture, $"{c.QuietPeriodMs} ms")),
    ];

    [Fact]
    public async Task The_table_says_what_the_adapters_say()
    {
        var all = Platforms.Select(p => p.Adapter().Capabilities).ToList();
        var table = new StringBuilder($"| | {string.Join(" | ", Platforms.Select(p => p.Name))} |\n|{string.Concat(Enumerable.Repeat("---|", all.Count + 1))}\n");
        foreach (var (name, cell) in Rows)
        {
            table.Append($"| {name} | {string.Join(" | ", all.Select(cell))} |\n");
        }

        var file = Path.Combine(TestMachine.RepositoryRoot, "docs", "platforms.md");
        var text = await File.ReadAllTextAsync(file);
        const string Begin = "<!-- table: begin -->\n", End = "<!-- table: end -->";
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, text[..from] + table + text[to..]);
            return;
        }
        text[from..to].ShouldBe(table.ToString(), "run this test with UPDATE_DOCS=1 to write the table anew");
    }

    private static string Words(IReadOnlyList<Domain.Messages.AttachmentKind> kinds) =>
        kinds.Count == 0 ? "–" : string.Join(", ", kinds.Select(kind => kind.ToString().ToLowerInvariant()));

    private static string YesOf(bool can) => can ? "yes" : "–";
}

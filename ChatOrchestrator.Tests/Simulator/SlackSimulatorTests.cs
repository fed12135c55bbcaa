using System.Collections.Concurrent;
using ChatOrchestrator.Simulator.Chat;
using ChatOrchestrator.Simulator.Slack;
using ChatOrchestrator.Tests.Platforms.Slack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Simulator;

/// <summary>What the clients' own tests do not reach: the chat page's view, retries, reordering.</summary>
public sealed class SlackSimulatorTests
{
    [Theory]
    [InlineData("*bold* _it_ ~no~ `x` plain", "bold it no x plain", "bold 0 4, italic 5 2, strikethrough 8 2, code 11 1")]
    [InlineData("*a <https://x.org|b> _c_*", "a b c", "bold 0 5, text_link 2 1, italic 4 1")]
    [InlineData("foo*bar* 2 * 3", "foo*bar* 2 * 3", "")]
    [InlineData(">q &amp; a\n```a &lt; *b*```", "q & a\na < *b*", "blockquote 0 5, pre 6 7")]
    [InlineData("<@U1> in <#C1|general> &lt;@U2&gt;", "@Name of U1 in #general <@U2>", "")]
    public void The_page_shows_mrkdwn(string mrkdwn, string text, string entities)
    {
        var read = SlackMarkup.Read(mrkdwn, id => $"Name of {id}");
        read.Text.ShouldBe(text);
        string.Join(", ", read.Entities.Select(e => $"{e.Type} {e.Offset} {e.Length}")).ShouldBe(entities);
    }

    [Fact]
    public async Task A_person_of_the_page_sees_what_the_bot_says_and_presses_its_buttons()
    {
        IServiceProvider? services = null;
        await using var simulator = await SimulatorInstance.StartAsync(builder => builder.Services.AddSingleton<IStartupFilter>(new Capture(s => services = s)));
        await using var receiver = await Receiver.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/page", new { name = "Page bot", request_url = receiver.Url });
        var page = services!.GetServices<IChatPlatform>().Single(p => p.Name == "slack");
        var bot = page.Bots().ShouldHaveSingleItem();
        bot.Name.ShouldBe("Page bot");
        var person = new ChatPerson(7, "Ada");
        page.Send(bot.Id, person, new ChatInput("1 < 2", [new ChatFile("cat.png", "image/png", [1, 2, 3])]));
        var own = page.Messages(bot.Id, person).ShouldHaveSingleItem();
        own.FromBot.ShouldBeFalse();
        own.Text.Text.ShouldBe("1 < 2");
        var media = own.Media.ShouldHaveSingleItem();
        (await simulator.Http.GetByteArrayAsync(media.Url)).ShouldBe([1, 2, 3]);

        var adapter = SlackFixture.Adapter(simulator.Url);
        var connection = SlackFixture.Connection(secrets: new Dictionary<string, string> { ["botToken"] = "xoxb-page-1", ["signingSecret"] = "not-used" });
        var part = adapter.Split("**Pick**:\n\n[Yes](reply:y) [Page](https://x.org/)").ShouldHaveSingleItem();
        var chat = await adapter.OpenAsync(connection, "U7", CancellationToken.None);
        await adapter.SendAsync(connection, new(Guid.CreateVersion7(), 0, chat.Chat, part.Body!, part.Format, part.PlainBody, 0), CancellationToken.None);
        var menu = page.Messages(bot.Id, person)[1];
        menu.FromBot.ShouldBeTrue();
        menu.Text.Text.ShouldBe("Pick:");
        menu.Text.Entities.ShouldHaveSingleItem().Type.ShouldBe("bold");
        menu.Buttons.ShouldHaveSingleItem().Select(b => (b.Label, b.Url)).ShouldBe([("Yes", null), ("Page", "https://x.org/")]);
        page.Press(bot.Id, person, menu.Id, menu.Buttons[0][0].Id);
        page.Send(bot.Id, person, new ChatInput("/help me", []));
        await SimulatorInstance.UntilAsync(() => Task.FromResult(receiver.Bodies.Any(b => b.StartsWith("payload=", StringComparison.Ordinal)) && receiver.Bodies.Any(b => b.Contains("command=%2Fhelp", StringComparison.Ordinal))), "press and command arrive");
        Should.Throw<ArgumentException>(() => page.Press(bot.Id, person, menu.Id, "nothing"));
    }

    [Fact]
    public async Task What_is_not_acknowledged_comes_again_and_can_be_reordered()
    {
        await using var simulator = await SimulatorInstance.StartAsync(args: ["--Simulator:Slack:RetryDelay=00:00:00.020"]);
        await using var receiver = await Receiver.StartAsync();
        await simulator.ControlAsync(HttpMethod.Put, "slack/apps/again", new { request_url = receiver.Url });
        receiver.Failures = 2;
        await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "again", user_id = "U1", text = "one" });
        await SimulatorInstance.UntilAsync(() => Task.FromResult(receiver.Retries.Count == 3), "two retries");
        receiver.Retries.ShouldBe(["", "1 http_error", "2 http_error"]);
        await simulator.ControlAsync(HttpMethod.Post, "slack/apps/again/hold");
        foreach (var text in new[] { "two", "three" })
        {
            await simulator.ControlAsync(HttpMethod.Post, "slack/messages", new { app = "again", user_id = "U1", text });
        }
        await simulator.ControlAsync(HttpMethod.Post, "slack/apps/again/release?reverse=true");
        await SimulatorInstance.UntilAsync(() => Task.FromResult(receiver.Retries.Count == 5), "both arrive");
        var order = receiver.Bodies.ToList();
        order.FindIndex(b => b.Contains("\"three\"", StringComparison.Ordinal)).ShouldBeLessThan(order.FindIndex(b => b.Contains("\"two\"", StringComparison.Ordinal)));
    }

    private sealed class Capture(Action<IServiceProvider> seen) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            seen(app.ApplicationServices);
            next(app);
        };
    }

    /// <summary>An app's server: answers the challenge, records the rest.</summary>
    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        public string Url => app.Urls.Single() + "/slack/events";

        public ConcurrentQueue<string> Bodies { get; } = new();

        public ConcurrentQueue<string> Retries { get; } = new();

        /// <summary>How many of the next requests are answered 500.</summary>
        public int Failures { get; set; }

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var receiver = new Receiver(builder.Build());
            receiver.Map();
            await receiver.StartServerAsync();
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private Task StartServerAsync() => app.StartAsync();

        private void Map() => app.MapPost("/slack/events", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            var body = await reader.ReadToEndAsync();
            if (body.Contains("url_verification", StringComparison.Ordinal))
            {
                return Results.Text(System.Text.Json.Nodes.JsonNode.Parse(body)!["challenge"]!.ToString());
            }
            Bodies.Enqueue(body);
            Retries.Enqueue($"{request.Headers["X-Slack-Retry-Num"]} {request.Headers["X-Slack-Retry-Reason"]}".Trim());
            return Failures-- > 0 ? Results.StatusCode(500) : Results.Ok();
        });
    }
}

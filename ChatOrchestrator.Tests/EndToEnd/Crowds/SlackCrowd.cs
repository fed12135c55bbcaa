using System.Text.Json;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

/// <param name="isSocket">Socket Mode, which a worker listens to; otherwise signed requests.</param>
internal sealed class SlackCrowd(bool isSocket) : Crowd
{
    private const string SigningSecret = "signing-secret-of-the-crowd";

    private readonly Dictionary<int, string> _channels = [];
    private readonly string _app = isSocket ? "sockcrowd" : "webcrowd";

    public override string Platform => "slack";

    public override bool IsListenedTo => isSocket;

    public override async Task SayAsync(int person, string text) =>
        _channels[person] = (await ControlAsync(HttpMethod.Post, "slack/messages", new { app = _app, user_id = Id(person), text }))!["channel"]!.ToString();

    public override async Task<IReadOnlyList<string>> AnswersAsync(int person) =>
        [.. (await ControlAsync(HttpMethod.Get, $"slack/messages?app={_app}&user={Id(person)}"))!.AsArray().Where(m => m!["bot_id"] is not null).Select(m => m!["text"]!.ToString())];

    public override async Task<bool> HangAsync(int person)
    {
        await ControlAsync(HttpMethod.Post, "slack/faults", new { kind = "hang_after_accept", channel = _channels[person] });
        return true;
    }

    public override Task HoldAsync(int person) => ControlAsync(HttpMethod.Post, $"slack/apps/{_app}/hold");

    public override Task ReleaseAsync(int person) => ControlAsync(HttpMethod.Post, $"slack/apps/{_app}/release?reverse=true");

    public override async Task RedeliverAsync(int people, Func<Task> says)
    {
        await says();
        await ControlAsync(HttpMethod.Post, $"slack/apps/{_app}/redeliver?last={people}");
    }

    protected override object Body() => isSocket
        ? new { secrets = new { botToken = $"xoxb-{_app}-token", appToken = $"xapp-{_app}-token" }, settings = new { socketMode = true } }
        : new { secrets = new { botToken = $"xoxb-{_app}-token", signingSecret = SigningSecret } };

    protected override async Task IntroduceAsync(JsonElement connection)
    {
        if (!isSocket)
        {
            await ControlAsync(HttpMethod.Put, $"slack/apps/{_app}", new { signing_secret = SigningSecret, request_url = Webhook });
        }
    }

    private static string Id(int person) => $"U{person}";
}

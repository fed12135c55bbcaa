using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

/// <param name="product"><c>messenger</c> or <c>whatsapp</c>.</param>
internal sealed class MetaCrowd(string product) : Crowd
{
    private const string AppSecret = "crowd-app-secret";
    private const string VerifyToken = "crowd-verify-token";
    private const string Number = "106540352242424";

    private string _account = Number;

    public override string Platform => product;

    public override Task SayAsync(int person, string text) => ControlAsync(HttpMethod.Post, $"meta/{product}/messages", new { account = _account, person = Id(person), text });

    public override async Task<IReadOnlyList<string>> AnswersAsync(int person) =>
        [.. (await ControlAsync(HttpMethod.Get, $"meta/{product}/messages?account={_account}&person={Id(person)}"))!.AsArray()
            .Where(m => m!["from_bot"]!.GetValue<bool>()).Select(m => m!["text"]!.ToString())];

    public override async Task<bool> HangAsync(int person)
    {
        await FaultAsync(person, "hang_after_accept", 1);
        return true;
    }

    /// <summary>The next webhook about the person comes after the one behind it.</summary>
    public override Task HoldAsync(int person) => FaultAsync(person, "webhook_reordered", 1);

    public override Task ReleaseAsync(int person) => Task.CompletedTask;

    /// <summary>Statuses of earlier answers may use some of the faults up: there are enough of them.</summary>
    public override async Task RedeliverAsync(int people, Func<Task> says)
    {
        for (var person = 0; person < people; person++)
        {
            await FaultAsync(person, "webhook_twice", 20);
        }
        await says();
    }

    protected override object Body() => product == "messenger"
        ? new { secrets = new { pageAccessToken = "EAAGcrowdtoken", appSecret = AppSecret, verifyToken = VerifyToken } }
        : new { secrets = new { accessToken = "EAAGcrowdtoken", appSecret = AppSecret, verifyToken = VerifyToken }, settings = new { phoneNumberId = Number } };

    protected override async Task IntroduceAsync(JsonElement connection)
    {
        if (product == "messenger")
        {
            _account = connection.GetProperty("settings").GetProperty("pageId").GetString()!;
        }
        await ControlAsync(HttpMethod.Put, $"meta/{product}/accounts/{_account}", new { app_secret = AppSecret, verify_token = VerifyToken, webhook_url = Webhook.AbsoluteUri });
    }

    private Task<JsonNode?> FaultAsync(int person, string kind, int count) => ControlAsync(HttpMethod.Post, "meta/faults", new { kind, account = _account, person = Id(person), count });

    private static string Id(int person) => string.Create(CultureInfo.InvariantCulture, $"49151120{person:D5}");
}

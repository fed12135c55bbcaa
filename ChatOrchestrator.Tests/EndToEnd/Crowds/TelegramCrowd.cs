using System.Globalization;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

/// <param name="bot">The bot's id.</param>
/// <param name="polls">Its updates are fetched by a worker: there is no public address.</param>
internal sealed class TelegramCrowd(long bot, bool polls) : Crowd
{
    public override string Platform => "telegram";

    public override bool IsListenedTo => polls;

    public override bool MayShowTwice => true;

    /// <summary><c>getUpdates</c> gives updates by their ids.</summary>
    public override bool Reorders => !polls;

    public override Task SayAsync(int person, string text) => ControlAsync(HttpMethod.Post, "telegram/messages", new { bot_id = bot, user_id = Id(person), text });

    public override async Task<IReadOnlyList<string>> AnswersAsync(int person) =>
        [.. (await Simulator.MessagesAsync(bot, Id(person))).Where(m => m!["from"]!["is_bot"]!.GetValue<bool>()).Select(m => m!["text"]!.ToString())];

    public override async Task<bool> HangAsync(int person)
    {
        await ControlAsync(HttpMethod.Post, "telegram/faults", new { kind = "hang_after_accept", bot_id = bot, chat_id = Id(person) });
        return true;
    }

    public override Task HoldAsync(int person) => ControlAsync(HttpMethod.Post, $"telegram/bots/{bot}/hold");

    public override Task ReleaseAsync(int person) => ControlAsync(HttpMethod.Post, $"telegram/bots/{bot}/release?reverse=true");

    public override async Task RedeliverAsync(int people, Func<Task> says)
    {
        await says();
        await SimulatorDeliveredAsync();
        await ControlAsync(HttpMethod.Post, $"telegram/bots/{bot}/redeliver?last={people}");
    }

    protected override object Body() => new { secrets = new { botToken = string.Create(CultureInfo.InvariantCulture, $"{bot}:token") } };

    private static long Id(int person) => 5_000 + person;

    private Task SimulatorDeliveredAsync() => Fixtures.Eventually.TrueAsync(
        async _ => (await ControlAsync(HttpMethod.Get, $"telegram/bots/{bot}/updates"))!.AsArray().Count == 0, PlatformKillTests.Deadline, "every update is confirmed");
}

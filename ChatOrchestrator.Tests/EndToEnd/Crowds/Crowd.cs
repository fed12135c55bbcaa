using System.Text.Json;
using System.Text.Json.Nodes;
using ChatOrchestrator.Tests.Simulator;

namespace ChatOrchestrator.Tests.EndToEnd.Crowds;

/// <summary>People of one simulated platform, each in a chat of their own with the same bot, and what the platform does to their messages.</summary>
public abstract class Crowd
{
    protected Cluster Cluster { get; private set; } = null!;

    protected SimulatorInstance Simulator { get; private set; } = null!;

    public Guid Connection { get; private set; }

    public abstract string Platform { get; }

    /// <summary>Whether a worker listens to the platform, instead of the API being told by it.</summary>
    public virtual bool IsListenedTo => false;

    /// <summary>Whether an answer that was in flight at a kill may be seen twice: the platform knows no idempotency key and cannot be asked.</summary>
    public virtual bool MayShowTwice => false;

    /// <summary>Whether the platform can bring the messages of a chat in another order.</summary>
    public virtual bool Reorders => true;

    /// <summary>The bot's connection, known to the simulator.</summary>
    public async Task ConnectAsync(Cluster cluster, SimulatorInstance simulator)
    {
        (Cluster, Simulator) = (cluster, simulator);
        var bot = await cluster.PostAsync("api/v1/bots", new { name = $"{Platform} bot", processing = new { quietPeriodMs = 0 } });
        await PrepareAsync();
        // What a platform would refuse when it goes too fast, the simulator takes.
        var body = JsonSerializer.SerializeToNode(Body())!.AsObject();
        var settings = body["settings"] as JsonObject ?? [];
        if (Platform != "webchat")
        {
            settings["pacing"] = new JsonObject { ["mode"] = "off" };
        }
        body["settings"] = settings;
        body["platform"] = Platform;
        body["displayName"] = Platform;
        var connection = await cluster.PostAsync($"api/v1/bots/{bot.GetProperty("id").GetGuid()}/connections", body);
        Connection = connection.GetProperty("id").GetGuid();
        await IntroduceAsync(connection);
    }

    public abstract Task SayAsync(int person, string text);

    /// <summary>What the bot said in the person's chat, in the order in which it is shown.</summary>
    public abstract Task<IReadOnlyList<string>> AnswersAsync(int person);

    /// <summary>The next answer in the person's chat is shown, and whoever sent it never hears of it. False: the platform cannot do that.</summary>
    public abstract Task<bool> HangAsync(int person);

    /// <summary>What is said from now on is on its way until <see cref="ReleaseAsync"/>, which brings the last first.</summary>
    public abstract Task HoldAsync(int person);

    public abstract Task ReleaseAsync(int person);

    /// <summary>The last message of everybody comes once more; with <paramref name="says"/> that message is said now.</summary>
    public abstract Task RedeliverAsync(int people, Func<Task> says);

    /// <summary>The connection's secrets and settings.</summary>
    protected abstract object Body();

    /// <summary>Before the connection is made.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>After it: the platform learns where to send what.</summary>
    protected virtual Task IntroduceAsync(JsonElement connection) => Task.CompletedTask;

    protected Uri Webhook => new(Cluster.Api.Address, $"webhooks/{Platform}/{Connection}");

    protected Task<JsonNode?> ControlAsync(HttpMethod method, string path, object? body = null) => Simulator.ControlAsync(method, path, body);
}

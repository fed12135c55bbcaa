using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>An API process and workers on one Postgres and one Redis, with a bot on a Telegram connection.</summary>
public sealed class Cluster : IAsyncDisposable
{
    public const string AdminKey = "test-admin-key-0123456789";
    private const string WebhookSecret = "webhook-secret";

    private readonly Dictionary<string, string?> _environment;

    private Cluster(FakeBackend backend, Dictionary<string, string?> environment) => (Backend, _environment) = (backend, environment);

    public FakeBackend Backend { get; }

    public ServiceProcess Api { get; private set; } = null!;

    public List<ServiceProcess> Workers { get; } = [];

    public Guid ConnectionId { get; private set; }

    public string PostgresConnection => _environment["ConnectionStrings__chatdb"]!;

    /// <param name="bot">More fields of the bot.</param>
    /// <param name="isReachable">Whether <c>PublicUrl</c> is where the API really is, so that platforms on this machine reach it.</param>
    public static async Task<Cluster> StartAsync(
        string postgres,
        string redis,
        int workers,
        IReadOnlyDictionary<string, string?>? settings = null,
        IReadOnlyDictionary<string, object>? bot = null,
        bool isReachable = false)
    {
        var port = FreePort.Next();
        var backend = await FakeBackend.StartAsync();
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__chatdb"] = postgres,
            ["ConnectionStrings__redis"] = redis,
            ["Admin__ApiKey"] = AdminKey,
            ["Ai__Endpoint"] = new Uri(backend.Address, "v1").ToString(),
            ["Ai__ApiKey"] = "sk-test",
            ["Ai__Model"] = "fake",
            ["Platforms__Telegram__ApiBaseUrl"] = backend.Address.ToString().TrimEnd('/'),
            ["PublicUrl"] = isReachable ? $"http://127.0.0.1:{port}" : "https://chat.example",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            environment[key] = value;
        }
        var cluster = new Cluster(backend, environment);
        try
        {
            cluster.Api = await ServiceProcess.StartAsync(ServiceHost.ApiService, environment, port);
            for (var i = 0; i < workers; i++)
            {
                await cluster.AddWorkerAsync();
            }
            await cluster.ConnectAsync(bot);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async Task<ServiceProcess> AddWorkerAsync()
    {
        var worker = await ServiceProcess.StartAsync(ServiceHost.Worker, _environment);
        Workers.Add(worker);
        return worker;
    }

    /// <summary>Starts another API beside <see cref="Api"/>; the caller ends it.</summary>
    public Task<ServiceProcess> StartAnotherApiAsync() => ServiceProcess.StartAsync(ServiceHost.ApiService, _environment);

    /// <summary>Ends the API on the spot and starts another in its place.</summary>
    public async Task RestartApiAsync()
    {
        await Api.KillAsync();
        await ReplaceApiAsync();
    }

    /// <summary>Starts another API in the place of one that has ended.</summary>
    public async Task ReplaceApiAsync()
    {
        var port = Api.Port;
        await Api.DisposeAsync();
        Api = await ServiceProcess.StartAsync(ServiceHost.ApiService, _environment, port);
    }

    /// <summary>Starts another worker in the place of one that has ended.</summary>
    public async Task ReplaceWorkerAsync(int index)
    {
        await Workers[index].DisposeAsync();
        Workers[index] = await ServiceProcess.StartAsync(ServiceHost.Worker, _environment);
    }

    /// <summary>Posts an update once. Null: no answer.</summary>
    public async Task<HttpStatusCode?> TryPostAsync(Update update, string? traceParent = null)
    {
        try
        {
            using var request = Webhook(Api.Address, update);
            if (traceParent is not null)
            {
                request.Headers.Add("traceparent", traceParent);
            }
            using var response = await Api.Client.SendAsync(request);
            return response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The update as it is posted to one API.</summary>
    public HttpRequestMessage Webhook(Uri api, Update update)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api, $"webhooks/telegram/{ConnectionId}")) { Content = JsonContent.Create(update.ToJson()) };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", WebhookSecret);
        return request;
    }

    /// <summary>Delivers as Telegram does: again and again until it is acknowledged, the chat's next one only then.</summary>
    public async Task DeliverAsync(Update update, string? traceParent = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await TryPostAsync(update, traceParent) != HttpStatusCode.OK)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Api.Address, path));
        request.Headers.Add("X-Api-Key", AdminKey);
        using var response = await Api.Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api.Address, path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Api-Key", AdminKey);
        using var response = await Api.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in Workers)
        {
            await worker.DisposeAsync();
        }
        if (Api is not null)
        {
            await Api.DisposeAsync();
        }
        await Backend.DisposeAsync();
    }

    private async Task ConnectAsync(IReadOnlyDictionary<string, object>? more)
    {
        var fields = new Dictionary<string, object>(more ?? new Dictionary<string, object>()) { ["name"] = "Test bot" };
        fields.TryAdd("processing", new { quietPeriodMs = 0 });
        var bot = await PostAsync("api/v1/bots", fields);
        var connection = await PostAsync(
            $"api/v1/bots/{bot.GetProperty("id").GetGuid()}/connections",
            new { platform = "telegram", displayName = "Test", secrets = new { botToken = "777000777:fake", webhookSecret = WebhookSecret } });
        ConnectionId = connection.GetProperty("id").GetGuid();
    }
}

/// <summary>A private message on Telegram whose text holds a token that the answer repeats.</summary>
public sealed record Update(long Chat, int Number, string? Text = null)
{
    public string Token => $"m{Chat}s{Number}z";

    public object ToJson() => new
    {
        update_id = (Chat * 100_000) + Number,
        message = new
        {
            message_id = Number + 1,
            date = 1_760_000_000,
            from = new { id = Chat, is_bot = false, first_name = "Robin" },
            chat = new { id = Chat, type = "private", first_name = "Robin" },
            text = Text ?? $"Where is my parcel {Token}?",
            entities = Text is ['/', ..] ? new[] { new { type = "bot_command", offset = 0, length = Text.Length } } : [],
        },
    };
}

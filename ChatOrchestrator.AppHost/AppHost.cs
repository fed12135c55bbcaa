// The readiness and liveness probes that the Kubernetes chart carries are still marked experimental.
#pragma warning disable ASPIREPROBES001
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;
using Microsoft.Extensions.Configuration;

const int workerReplicas = 2;

var builder = DistributedApplication.CreateBuilder(args);

// Where "aspire publish" goes: docker compose files, a Helm chart, or (neither) the plain manifest.
switch (builder.Configuration["PublishTarget"])
{
    case "compose":
        builder.AddDockerComposeEnvironment("compose")
            .WithDashboard(enabled: false)
            // The compose publisher leaves WithReplicas out, so it is said again here.
            .ConfigureComposeFile(file => file.Services["worker"].Deploy = new Deploy { Replicas = workerReplicas });
        break;
    case "kubernetes":
        builder.AddKubernetesEnvironment("k8s");
        break;
}

// Secrets come from user secrets or the environment (Parameters__openai_api_key), never from this file.
// A parameter without a value makes everything that uses it wait for the dashboard's prompt; the key is optional (without
// one the bot runs on the demo model), so this parameter falls back to an empty value instead of having none.
var openAiKey = builder.AddParameter("openai-api-key", FindOpenAiKey, secret: true)
    .WithDescription("Key of the OpenAI-compatible API. Empty: the built-in demo model answers.");
var openAiModel = builder.AddParameter("openai-model", Configured("Ai:Model") ?? "gpt-4o-mini", publishValueAsDefault: true);
var adminKey = builder.AddParameter(
    "admin-api-key", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

// What the key ring, and so every connection's secrets, is encrypted with: 32 bytes in base64, which Aspire cannot generate.
var keyRingKey = builder.AddParameter("data-protection-key", () => Configured("Parameters:data-protection-key") ?? Configured("DataProtection:Key") ?? "", secret: true)
    .WithDescription("Encrypts the key ring: openssl rand -base64 32. Empty: it is stored in the clear, which is for development only.");

// A connection string configured for the AppHost wins over a container.
var chatDb = AddDatabase("chatdb");
var redis = AddCache("redis");

// --Simulator:Enabled=true: every platform and the model come from one local process; nothing leaves the machine.
var simulator = builder.ExecutionContext.IsRunMode && builder.Configuration.GetValue<bool>("Simulator:Enabled")
    ? builder.AddProject<Projects.ChatOrchestrator_Simulator>("simulator", launchProfileName: null).WithHttpEndpoint()
    : null;

var api = builder.AddProject<Projects.ChatOrchestrator_ApiService>("apiservice")
    .WithExternalHttpEndpoints()
    .WithEnvironment("Admin__ApiKey", adminKey);
Configure(api);

var worker = builder.AddProject<Projects.ChatOrchestrator_Worker>("worker")
    .WithReplicas(workerReplicas)
    // The API migrates the store when it starts.
    .WaitFor(api);
Configure(worker);

builder.Build().Run();

IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name) =>
    HasConnectionString(name)
        ? builder.AddConnectionString(name)
        : builder.AddPostgres("postgres")
            .WithDataVolume("chat-postgres-data")
            .WithLifetime(ContainerLifetime.Persistent)
            .AddDatabase(name);

// Redis holds signals, cached rows and rate-limit buckets, all of which may be lost: no volume.
IResourceBuilder<IResourceWithConnectionString> AddCache(string name) =>
    HasConnectionString(name) ? builder.AddConnectionString(name) : builder.AddRedis(name);

bool HasConnectionString(string name) => !string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString(name));

// What the API and the worker have in common.
void Configure(IResourceBuilder<ProjectResource> project)
{
    project
        .WithReference(chatDb).WaitFor(chatDb)
        .WithReference(redis).WaitFor(redis)
        .WithEnvironment("Ai__Model", openAiModel)
        .WithEnvironment("DataProtection__Key", keyRingKey)
        // Aspire asks for prompts and answers in development traces; message text stays out of telemetry everywhere.
        .WithEnvironment("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false")
        // A probe is also a health check of the resource. /health/ready gives a hanging check 3 s before it answers.
        .WithHttpProbe(ProbeType.Readiness, "/health/ready", timeoutSeconds: 5)
        .WithHttpProbe(ProbeType.Liveness, "/health/live", timeoutSeconds: 5);

    // Settings that are no secret and have no default here pass through when the AppHost was given them.
    string[] settings =
    [
        "Ai:Endpoint", "PublicUrl", "Platforms:Telegram:ApiBaseUrl", "Platforms:Discord:ApiBaseUrl",
        "Platforms:Discord:GatewayUrl", "Platforms:Slack:ApiBaseUrl", "Platforms:Meta:ApiBaseUrl",
    ];
    foreach (var key in settings)
    {
        if (Configured(key) is { } value)
        {
            project.WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);
        }
    }

    if (simulator is null)
    {
        project.WithEnvironment("Ai__ApiKey", openAiKey);
        return;
    }

    var simulated = simulator.GetEndpoint("http");
    project
        .WaitFor(simulator)
        .WithEnvironment("Ai__Endpoint", $"{simulated}/v1")
        // Not the real key: the simulator must never see it.
        .WithEnvironment("Ai__ApiKey", "simulator")
        .WithEnvironment("Platforms__Telegram__ApiBaseUrl", simulated)
        .WithEnvironment("Platforms__Meta__ApiBaseUrl", simulated)
        .WithEnvironment("Platforms__Slack__ApiBaseUrl", simulated)
        .WithEnvironment("Platforms__Discord__ApiBaseUrl", $"{simulated}/api/v10");
}

string FindOpenAiKey() =>
    Configured("Parameters:openai-api-key")
    ?? Configured("Parameters:openai_api_key")
    ?? Configured("Ai:ApiKey")
    ?? Configured("OPENAI_API_KEY")
    ?? "";

string? Configured(string key) => builder.Configuration[key] is { Length: > 0 } value ? value : null;

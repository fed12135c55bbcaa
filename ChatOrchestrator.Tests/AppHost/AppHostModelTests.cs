using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Tests.AppHost;

/// <summary>Looks at the application model; nothing is started, so neither the orchestrator nor a container runtime is needed.</summary>
public sealed class AppHostModelTests
{
    [Fact]
    public async Task Model_has_the_expected_resources()
    {
        await using var builder = await PublishAsync();

        var names = builder.Resources.Select(r => r.Name).ToHashSet();

        foreach (var expected in new[] { "postgres", "chatdb", "redis", "apiservice", "worker", "openai-api-key", "admin-api-key", "data-protection-key" })
        {
            names.ShouldContain(expected);
        }

        names.ShouldNotContain("simulator");
    }

    [Fact]
    public async Task Api_waits_for_its_stores_and_gets_their_connection_strings()
    {
        await using var builder = await PublishAsync();
        await using var app = await builder.BuildAsync();
        var api = Project(builder, "apiservice");

        var waits = api.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name).ToHashSet();
        waits.ShouldContain("chatdb");
        waits.ShouldContain("redis");

        var environment = await GetEnvironmentAsync(api, app);
        environment["ConnectionStrings__chatdb"].ShouldBe("{chatdb.connectionString}");
        environment["ConnectionStrings__redis"].ShouldBe("{redis.connectionString}");
        environment["Ai__ApiKey"].ShouldBe("{openai-api-key.value}");
        environment["Ai__Model"].ShouldBe("{openai-model.value}");
        environment["Admin__ApiKey"].ShouldBe("{admin-api-key.value}");
        environment["DataProtection__Key"].ShouldBe("{data-protection-key.value}");
    }

    [Fact]
    public async Task Secret_parameters_are_marked_secret()
    {
        await using var builder = await PublishAsync();

        foreach (var name in new[] { "openai-api-key", "admin-api-key", "data-protection-key" })
        {
            builder.Resources.OfType<ParameterResource>().Single(p => p.Name == name).Secret.ShouldBeTrue(name);
        }
    }

    [Fact]
    public async Task Worker_has_two_replicas_waits_for_the_api_and_does_not_get_the_admin_key()
    {
        await using var builder = await PublishAsync();
        await using var app = await builder.BuildAsync();
        var worker = Project(builder, "worker");

        worker.Annotations.OfType<ReplicaAnnotation>().Single().Replicas.ShouldBe(2);
        worker.Annotations.OfType<WaitAnnotation>().ShouldContain(w => w.Resource.Name == "apiservice");
        (await GetEnvironmentAsync(worker, app)).ShouldNotContainKey("Admin__ApiKey");
    }

    [Fact]
    public async Task A_configured_connection_string_replaces_the_container()
    {
        await using var builder = await PublishAsync("--ConnectionStrings:chatdb=Host=elsewhere;Database=chat");

        builder.Resources.ShouldNotContain(r => r.Name == "postgres");
        builder.Resources.Single(r => r.Name == "chatdb").ShouldNotBeOfType<PostgresDatabaseResource>();
    }

    [Fact]
    public async Task A_setting_given_to_the_apphost_reaches_api_and_workers()
    {
        await using var builder = await PublishAsync("--PublicUrl=https://chat.example");
        await using var app = await builder.BuildAsync();

        (await GetEnvironmentAsync(Project(builder, "apiservice"), app))["PublicUrl"].ShouldBe("https://chat.example");
        (await GetEnvironmentAsync(Project(builder, "worker"), app))["PublicUrl"].ShouldBe("https://chat.example");
    }

    [Fact]
    public async Task The_run_mode_model_can_be_built_without_an_orchestrator()
    {
        await using var builder = await RunAsync();
        await using var app = await builder.BuildAsync();

        builder.ExecutionContext.IsRunMode.ShouldBeTrue();
        Project(builder, "apiservice").Annotations.OfType<HealthCheckAnnotation>().ShouldNotBeEmpty();
        builder.Resources.ShouldNotContain(r => r.Name == "simulator");
    }

    [Fact]
    public async Task The_openai_key_always_has_a_value_so_that_run_mode_never_waits_for_one()
    {
        await using var builder = await RunAsync("--Parameters:openai-api-key=sk-test");
        var key = builder.Resources.OfType<ParameterResource>().Single(p => p.Name == "openai-api-key");
        (await key.GetValueAsync(CancellationToken.None)).ShouldBe("sk-test");

        await using var without = await RunAsync();
        var optional = without.Resources.OfType<ParameterResource>().Single(p => p.Name == "openai-api-key");
        // The machine's own OPENAI_API_KEY may be the value; what must not happen is MissingParameterValueException.
        (await optional.GetValueAsync(CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_simulator_is_added_on_request_and_stands_in_for_model_and_platform()
    {
        await using var builder = await RunAsync("--Simulator:Enabled=true", "--Parameters:openai-api-key=sk-real");
        await using var app = await builder.BuildAsync();

        builder.Resources.ShouldContain(r => r.Name == "simulator");
        foreach (var name in new[] { "apiservice", "worker" })
        {
            var project = Project(builder, name);
            project.Annotations.OfType<WaitAnnotation>().ShouldContain(w => w.Resource.Name == "simulator");

            var raw = await GetUnresolvedEnvironmentAsync(project, app);
            raw["Ai__Endpoint"].ShouldBeOfType<ReferenceExpression>().ValueExpression.ShouldBe("{simulator.bindings.http.url}/v1");
            raw["Platforms__Telegram__ApiBaseUrl"].ShouldBeOfType<EndpointReference>().Resource.Name.ShouldBe("simulator");
            raw["Ai__ApiKey"].ShouldBe("simulator");
        }
    }

    [Fact]
    public async Task The_simulator_is_never_published()
    {
        await using var builder = await PublishAsync("--Simulator:Enabled=true");

        builder.Resources.ShouldNotContain(r => r.Name == "simulator");
    }

    private static Task<IDistributedApplicationTestingBuilder> PublishAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.ChatOrchestrator_AppHost>(
            ["--operation", "publish", "--step", "publish-manifest", .. args]);

    private static Task<IDistributedApplicationTestingBuilder> RunAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.ChatOrchestrator_AppHost>(args);

    private static ProjectResource Project(IDistributedApplicationTestingBuilder builder, string name) =>
        builder.Resources.OfType<ProjectResource>().Single(r => r.Name == name);

    private static async Task<Dictionary<string, string>> GetEnvironmentAsync(IResourceWithEnvironment resource, DistributedApplication app)
    {
        var execution = app.Services.GetRequiredService<DistributedApplicationExecutionContext>();
        var configuration = await ExecutionConfigurationBuilder.Create(resource).WithEnvironmentVariablesConfig().BuildAsync(execution);
        return configuration.EnvironmentVariables.ToDictionary(p => p.Key, p => p.Value);
    }

    // Run mode resolves endpoints only once they are allocated, so the expressions themselves are looked at.
    private static async Task<Dictionary<string, object>> GetUnresolvedEnvironmentAsync(ProjectResource resource, DistributedApplication app)
    {
        var execution = app.Services.GetRequiredService<DistributedApplicationExecutionContext>();
        var context = new EnvironmentCallbackContext(execution, resource);
        string[] wanted = ["Ai__Endpoint", "Ai__ApiKey", "Platforms__Telegram__ApiBaseUrl"];
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await callback.Callback(context);
        }

        return context.EnvironmentVariables.Where(p => wanted.Contains(p.Key)).ToDictionary(p => p.Key, p => p.Value);
    }
}

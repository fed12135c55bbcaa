using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>Several processes need Redis; one alone does not.</summary>
public sealed class CompanyTests(PostgresDatabase postgres, RedisDatabase redis) : IClassFixture<PostgresDatabase>, IClassFixture<RedisDatabase>
{
    [StoresFact]
    public async Task A_process_without_redis_keeps_every_other_one_off_its_database()
    {
        var alone = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__chatdb"] = postgres.ConnectionString,
            ["Admin__ApiKey"] = Cluster.AdminKey,
        };
        var inCompany = new Dictionary<string, string?>(alone) { ["ConnectionStrings__redis"] = redis.Configuration };

        await using (await ServiceProcess.StartAsync(ServiceHost.ApiService, alone))
        {
            foreach (var environment in (Dictionary<string, string?>[])[alone, inCompany])
            {
                var (exitCode, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, [], environment);
                exitCode.ShouldBe(2);
                output.ShouldContain("Cannot start. ConnectionStrings:redis:");
            }
        }

        // The first has gone: those with Redis may share the database, and keep one without off it.
        await using var first = await ServiceProcess.StartAsync(ServiceHost.ApiService, inCompany);
        await using var second = await ServiceProcess.StartAsync(ServiceHost.ApiService, inCompany);
        var (code, text) = await ServiceProcess.RunAsync(ServiceHost.ApiService, [], alone);
        code.ShouldBe(2);
        text.ShouldContain("with several processes Redis is required");
    }

    [Fact]
    public async Task A_worker_does_not_start_without_the_stores_that_processes_meet_in()
    {
        var (exitCode, output) = await ServiceProcess.RunAsync(ServiceHost.Worker, [], new Dictionary<string, string?> { ["ConnectionStrings__chatdb"] = null, ["ConnectionStrings__redis"] = null });
        exitCode.ShouldBe(2);
        output.ShouldContain("Cannot start. ConnectionStrings:chatdb");
    }
}

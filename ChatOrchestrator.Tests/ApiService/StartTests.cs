using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.ApiService;

public sealed class StartTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Production_without_an_admin_key_refuses_to_start_in_one_line()
    {
        var settings = ApiProcess.Settings();
        settings["Admin__ApiKey"] = null;

        await ShouldRefuseAsync(settings, "Admin:ApiKey");
    }

    [Fact]
    public async Task A_second_process_on_one_SQLite_file_refuses_to_start_with_the_reason()
    {
        var directory = Directory.CreateTempSubdirectory("chat-store-");
        var settings = ApiProcess.Settings();
        settings["Storage__Path"] = Path.Combine(directory.FullName, "chat.db");
        var first = await ApiProcess.StartAsync(settings);
        try
        {
            await ShouldRefuseAsync(settings, "Storage:Path", "another process");
        }
        finally
        {
            await first.DisposeAsync();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_wrong_public_address_refuses_to_start_in_one_line()
    {
        var settings = ApiProcess.Settings();
        settings["PublicUrl"] = "chat.example.org";

        await ShouldRefuseAsync(settings, "PublicUrl");
    }

    [Fact]
    public async Task A_lease_that_ends_before_it_is_renewed_refuses_to_start_in_one_line()
    {
        var settings = ApiProcess.Settings();
        settings["Engine__LeaseSeconds"] = "2";
        settings["Engine__RenewSeconds"] = "3";

        await ShouldRefuseAsync(settings, "Engine:LeaseSeconds", "Engine:RenewSeconds");
    }

    [PostgresFact]
    public async Task A_database_that_is_newer_than_the_code_is_refused_in_one_line()
    {
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        var (migrated, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, ["migrate"], settings, Deadline);
        migrated.ShouldBe(0, output);
        await using (var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString))
        await using (var command = source.CreateCommand("""INSERT INTO __migrations VALUES ('99991231235959_FromTheFuture', '99.0.0')"""))
        {
            await command.ExecuteNonQueryAsync();
        }

        await ShouldRefuseAsync(settings, "ConnectionStrings:chatdb", "newer than this program");
    }

    [Fact]
    public async Task A_start_that_waits_for_the_store_obeys_the_order_to_stop()
    {
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = $"Host=127.0.0.1;Port={FreePort.Next()};Username=nobody;Database=none";
        settings["Storage__StartTimeoutSeconds"] = "600";
        await using var waiting = ServiceProcess.Launch(ServiceHost.ApiService, settings);
        await Eventually.TrueAsync(() => waiting.Output.Contains("Waiting for the store", StringComparison.Ordinal), Deadline, "it waits");

        (await waiting.StopAsync(UnixSignal.Terminate, Deadline)).ShouldBe(143);

        // Said by itself: what the system would do about the signal by default, it does not do to a container's first process.
        waiting.Output.ShouldContain("Stopped before it had started.");
    }

    [Fact]
    public async Task Development_makes_a_key_and_a_demo_chat_at_the_first_start_only()
    {
        var directory = Directory.CreateTempSubdirectory("chat-store-");
        var settings = ApiProcess.Settings();
        settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        settings["Admin__ApiKey"] = null;
        settings["Storage__Path"] = Path.Combine(directory.FullName, "data", "chat.db");
        try
        {
            var first = await ApiProcess.StartAsync(settings);
            await Eventually.TrueAsync(() => first.Service.Output.Contains("Admin API key", StringComparison.Ordinal), Deadline, "the key is printed");
            var key = first.Service.Output.Split('\n').Single(l => l.StartsWith("Admin API key", StringComparison.Ordinal)).Split(' ')[^1].Trim();
            (await first.GetAsync("api/v1/bots", ("X-Api-Key", key))).Ok().Json.GetProperty("items").GetArrayLength().ShouldBe(1);
            var page = await first.GetAsync("");
            page.MediaType.ShouldBe("text/html");
            (await first.Service.StopAsync()).ShouldBe(0);
            await first.DisposeAsync();

            var second = await ApiProcess.StartAsync(settings);
            (await second.GetAsync("api/v1/bots", ("X-Api-Key", key))).Ok().Json.GetProperty("items").GetArrayLength().ShouldBe(1);
            second.Service.Output.ShouldNotContain("Admin API key");
            await second.DisposeAsync();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task ShouldRefuseAsync(IReadOnlyDictionary<string, string?> settings, params string[] said)
    {
        var (code, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, [], settings, Deadline);

        code.ShouldNotBe(0);
        var line = output.Split('\n').Single(l => l.Contains("Cannot start", StringComparison.Ordinal));
        foreach (var word in said)
        {
            line.ShouldContain(word);
        }
        output.ShouldNotContain("   at ", customMessage: output);
    }
}

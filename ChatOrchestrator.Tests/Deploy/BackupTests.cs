using System.Diagnostics;
using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;
using ChatOrchestrator.Tests.Fixtures.Processes;

namespace ChatOrchestrator.Tests.Deploy;

public sealed class BackupTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-backup-");

    [PostgresToolsFact]
    public async Task A_backup_restored_into_an_empty_database_goes_on_answering()
    {
        var server = await PostgresServer.SharedAsync();
        await using var before = await server.CreateDatabaseAsync();
        await using var after = await server.CreateDatabaseAsync();
        var (old, restored) = (At(before), At(after));
        var dump = Path.Combine(_folder.FullName, "chat.dump");
        string chat, token, telegram;

        await using (var api = await ApiProcess.StartAsync(old))
        {
            chat = await api.CreateWebChatAsync();
            telegram = (await api.PostAsync($"api/v1/bots/{await api.CreateBotAsync()}/connections", new { platform = "telegram", secrets = new { botToken = "4711:secret" } })).Ok().Id();
            var visitor = await WebChatVisitor.OpenAsync(api, chat);
            token = visitor.Token;
            await AskAsync(visitor, "before the backup", 1);
            // While it runs.
            await DoAsync("backup.sh", old, dump);
            // Not in the backup.
            await AskAsync(visitor, "after the backup", 2);
        }
        (await RunAsync("restore.sh", old, dump)).ShouldSatisfyAllConditions(run => run.Code.ShouldBe(2, run.Output), run => run.Output.ShouldContain("not empty"));
        await DoAsync("restore.sh", restored, dump);

        await using (var api = await ApiProcess.StartAsync(restored))
        {
            // The same visitor: their token was signed with the key ring, which came along.
            var visitor = new WebChatVisitor(api, chat, token);
            var kept = await visitor.ReadAsync();
            kept.ShouldContain(m => m.GetProperty("text").GetString() == "before the backup");
            kept.ShouldNotContain(m => m.GetProperty("text").GetString() == "after the backup");
            await AskAsync(visitor, "in the restored one", 2);
            (await api.GetAsync($"api/v1/connections/{telegram}")).Ok().Text.ShouldContain("botToken", customMessage: "the secrets can be decrypted");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Dictionary<string, string?> At(PostgresDatabase database)
    {
        var settings = ApiProcess.Settings();
        settings["ConnectionStrings__chatdb"] = database.ConnectionString;
        settings["DataProtection__Key"] = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        return settings;
    }

    private static async Task AskAsync(WebChatVisitor visitor, string text, int answers)
    {
        (await visitor.SayAsync(text, text)).Ok();
        await Eventually.TrueAsync(
            async _ => (await visitor.ReadAsync()).Count(m => m.GetProperty("role").GetString() == "bot") >= answers, Deadline, $"'{text}' is answered");
    }

    private static async Task DoAsync(string script, IReadOnlyDictionary<string, string?> settings, string file)
    {
        var (code, output) = await RunAsync(script, settings, file);
        code.ShouldBe(0, output);
    }

    private static Task<(int Code, string Output)> RunAsync(string script, IReadOnlyDictionary<string, string?> settings, string file)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(TestMachine.RepositoryRoot, "deploy", script), file]);
        start.Environment["ConnectionStrings__chatdb"] = settings["ConnectionStrings__chatdb"];
        start.Environment["PATH"] = $"{TestMachine.PostgresDirectory}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        return OwnedProcess.RunAsync(start, Deadline);
    }
}

/// <summary>Needs a Postgres and the tools that come with it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresToolsFactAttribute : RequirementFactAttribute
{
    protected override string? Missing() => TestMachine.MissingPostgres() ?? (TestMachine.PostgresDirectory is null ? "needs pg_dump: install the package postgresql" : null);
}

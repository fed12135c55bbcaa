using ChatOrchestrator.Tests.ApiService;
using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Cli;

public sealed class ValidateConfigTests
{
    [Fact]
    public async Task All_problems_are_told_at_once_with_the_key_and_the_fix_and_no_secret()
    {
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Admin__ApiKey"] = "t00-short",
            ["ConnectionStrings__chatdb"] = "Host=localhost;Password=hidden-pass;Nonsense=1",
            ["ConnectionStrings__redis"] = "localhost:6379,nonsense=1",
            ["DataProtection__Key"] = "not-a-ring-key",
            ["PublicUrl"] = "chat.example.org",
            ["Engine__MaxLanes"] = "many",
            ["Engine__PollMs"] = "1",
            ["Engine__LeaseSeconds"] = "1",
            ["Ai__Endpoint"] = "localhost:11434",
            ["Ai__Model"] = new string('m', 300),
            ["Limits__ApiPerKey__PerMinute"] = "-1",
            ["Auth__SigningKey"] = "shrt-signing",
            ["Cors__AllowedOrigins__0"] = "*",
            ["Cors__AllowedOrigins__1"] = "nowhere",
            ["ForwardedHeaders__KnownProxies__0"] = "everybody",
            ["Outbound__AllowedNetworks__0"] = "intranet",
            ["Platforms__Slack__ApiBaseUrl"] = "slack.com",
        };

        var (code, output) = await Chat.RunAsync(settings, "validate-config");

        code.ShouldBe(2, output);
        foreach (var key in settings.Keys.Where(k => k.Contains("__", StringComparison.Ordinal) || k == "PublicUrl"))
        {
            // Lists are told by their names.
            var name = key.Replace("__", ":", StringComparison.Ordinal).Replace(":PerMinute", "", StringComparison.Ordinal).TrimEnd('0', '1').TrimEnd(':');
            output.ShouldContain($"problem: {name}", customMessage: output);
        }
        output.ShouldContain("'nowhere' is not an origin");
        output.ShouldContain("'*' is not an origin");
        output.ShouldContain("Engine:MaxLanes: 'many' is not a whole number.");
        output.ShouldContain("fix: change Engine__MaxLanes, or remove it: the default is 256. How many lanes one process works on at a time.");
        output.ShouldContain("Engine:PollMs: it lies between 10 and 60000.");
        foreach (var secret in (string[])["t00-short", "hidden-pass", "not-a-ring-key", "shrt-signing"])
        {
            output.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task A_good_configuration_is_valid_and_unknown_keys_are_warnings()
    {
        var settings = ApiProcess.Settings();
        settings["Engine__MaxLane"] = "3";
        settings["Engin__PollMs"] = "100";
        settings["PUBLIC_URL"] = "https://chat.example.org";
        settings["ConnectionStrings__database"] = "Host=localhost";
        settings["Auth__Oidc__Roles__staff"] = "agent";

        var (code, output) = await Chat.RunAsync(settings, "validate-config");

        code.ShouldBe(0, output);
        output.ShouldContain("The configuration is valid.");
        output.Split('\n').Where(l => l.StartsWith("warning:", StringComparison.Ordinal)).Select(l => l.Trim()).ShouldBe(
        [
            "warning: ConnectionStrings:database is not known and has no effect; did you mean ConnectionStrings:chatdb?",
            "warning: Engin:PollMs is not known and has no effect; did you mean Engine:PollMs?",
            "warning: Engine:MaxLane is not known and has no effect; did you mean Engine:MaxLanes?",
            "warning: PUBLIC_URL is not known and has no effect; did you mean PublicUrl?",
        ]);
    }

    [Fact]
    public async Task A_worker_needs_both_stores_and_hears_of_both()
    {
        var (code, output) = await Chat.RunAsync(ApiProcess.Settings(), "validate-config", "--process", "worker");

        code.ShouldBe(2, output);
        output.ShouldContain("problem: ConnectionStrings:chatdb");
        output.ShouldContain("problem: ConnectionStrings:redis");
    }

    [Fact]
    public async Task The_template_is_a_file_of_settings_that_is_valid()
    {
        var folder = Directory.CreateTempSubdirectory("chat-env-");
        try
        {
            var template = await Chat.DoAsync(ApiProcess.Settings(), "env-template");
            template.ShouldContain("#Engine__MaxLanes=256");
            var file = Path.Combine(folder.FullName, "chat.env");
            // With everything switched on that has a default; what has a name of one's own exists only when it is named.
            await File.WriteAllLinesAsync(file, template.Split('\n').Select(l =>
                l.Length > 1 && l[0] == '#' && l[1] != ' ' && !l.EndsWith('=') && !l.Contains('<') && !l.StartsWith("#ASPNETCORE", StringComparison.Ordinal) ? l[1..] : l));

            (await Chat.DoAsync(ApiProcess.Settings(), "validate-config", "--env-file", file)).ShouldNotContain("warning:");

            await File.WriteAllTextAsync(file, "A=1\nsecret without a key\n");
            var (code, output) = await Chat.RunAsync(ApiProcess.Settings(), "validate-config", "--env-file", file);
            (code, output.Contains("Line 2", StringComparison.Ordinal), output.Contains("secret", StringComparison.Ordinal)).ShouldBe((1, true, false), output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_start_tells_every_problem_and_warns_of_unknown_keys()
    {
        var settings = ApiProcess.Settings();
        settings["Engine__MaxLane"] = "3";
        settings["Engine__PollMs"] = "soon";
        settings["Ai__TimeoutSeconds"] = "0";
        settings["Admin__ApiKey"] = null;

        var (code, output) = await ServiceProcess.RunAsync(ServiceHost.ApiService, [], settings);

        code.ShouldBe(2, output);
        output.Split('\n').Count(l => l.StartsWith("Cannot start. ", StringComparison.Ordinal)).ShouldBe(3, output);
        output.ShouldContain("did you mean Engine:MaxLanes?");
        output.ShouldNotContain("   at ", customMessage: output);

        var (workerCode, workerOutput) = await ServiceProcess.RunAsync(ServiceHost.Worker, [], new Dictionary<string, string?> { ["Engine__MaxLane"] = "3", ["Auth__TokenMinutes"] = "5" });
        workerCode.ShouldBe(2, workerOutput);
        workerOutput.ShouldContain("did you mean Engine:MaxLanes?");
        workerOutput.ShouldNotContain("Auth:", customMessage: "the API's keys are no business of a worker");
    }
}

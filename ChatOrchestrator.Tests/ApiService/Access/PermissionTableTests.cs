using System.Text;
using ChatOrchestrator.ApiService;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Infrastructure;
using ChatOrchestrator.ServiceDefaults;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>Every endpoint of the API service, as it is mapped.</summary>
public sealed class PermissionTableTests
{
    /// <summary>What anybody may call, and what protects it instead.</summary>
    private static readonly string[] Anonymous =
    [
        "GET /", "GET /docs", "GET /health/live", "GET /health/ready", "GET /openapi/{documentName}.json",
        "GET /webchat/{connectionId:guid}", "GET /webchat/{connectionId:guid}/events", "GET /webchat/{connectionId:guid}/messages",
        "GET /webhooks/{platform}/{connectionId:guid}", "POST /api/v1/auth/login", "POST /api/v1/auth/logout", "POST /api/v1/auth/refresh",
        "POST /webchat/{connectionId:guid}/messages", "POST /webchat/{connectionId:guid}/sessions", "POST /webhooks/{platform}/{connectionId:guid}", "ANY /metrics",
    ];

    [Fact]
    public async Task No_endpoint_is_without_a_permission_unless_it_is_for_everybody()
    {
        var endpoints = await EndpointsAsync();

        var open = endpoints.Where(e => e.Metadata.GetMetadata<PermissionMetadata>() is null).ToArray();
        open.Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null).SelectMany(Names).ShouldBeEmpty();
        open.SelectMany(Names).Except(Anonymous).ShouldBeEmpty();
        foreach (var endpoint in endpoints.Except(open))
        {
            endpoint.Metadata.GetMetadata<IAllowAnonymous>().ShouldBeNull(endpoint.DisplayName);
            Permissions.All.ShouldContain(endpoint.Metadata.GetMetadata<PermissionMetadata>()!.Permission);
        }
    }

    [Fact]
    public async Task The_table_in_the_documentation_is_what_runs()
    {
        var table = Table(await EndpointsAsync());

        var file = Path.Combine(TestMachine.RepositoryRoot, "docs", "permissions.md");
        var text = await File.ReadAllTextAsync(file);
        const string Begin = "<!-- table: begin -->\n", End = "<!-- table: end -->";
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, text[..from] + table + text[to..]);
            return;
        }
        text[from..to].ShouldBe(table, "run this test with UPDATE_DOCS=1 to write the table anew");
    }

    private static string Table(IEnumerable<RouteEndpoint> endpoints)
    {
        var table = new StringBuilder("| route | permission | from | a caller limited to bots |\n|---|---|---|---|\n");
        foreach (var (name, needs) in endpoints
            .Where(e => e.Metadata.GetMetadata<PermissionMetadata>() is not null)
            .SelectMany(e => Names(e).Select(n => (Name: n, Needs: e.Metadata.GetMetadata<PermissionMetadata>()!)))
            .OrderBy(e => e.Name[e.Name.IndexOf('/', StringComparison.Ordinal)..], StringComparer.Ordinal).ThenBy(e => e.Name, StringComparer.Ordinal))
        {
            table.Append($"| `{name.Replace(":guid", "", StringComparison.Ordinal)}` | `{needs.Permission}` | {RoleNames.Of(Permissions.LowestRole(needs.Permission))} | {Words(needs.Limit)} |\n");
        }
        return table.ToString();
    }

    private static string Words(BotLimit limit) => limit switch
    {
        BotLimit.None => "the same for all",
        BotLimit.Filtered => "only what belongs to their bots",
        BotLimit.AllBots => "403",
        BotLimit.DeadLetter => "another bot's dead letter: 404",
        BotLimit.Bot => "another bot: 404",
        _ => $"another bot's {limit.ToString().ToLowerInvariant()}: 404",
    };

    private static IEnumerable<string> Names(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
        return endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods.Select(m => $"{m} {path}") : [$"ANY {path}"];
    }

    /// <summary>Builds the app as its process does, and starts nothing.</summary>
    private static async Task<List<RouteEndpoint>> EndpointsAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development", ContentRootPath = Path.Combine(TestMachine.RepositoryRoot, "ChatOrchestrator.ApiService") });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Admin:ApiKey"] = ApiProcess.AdminKey,
            ["Storage:Path"] = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}", "chat.db"),
        });
        builder.AddServiceDefaults();
        builder.AddChatOrchestrator(HostRole.Api);
        builder.AddApi();
        await using var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapApi();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];
    }
}

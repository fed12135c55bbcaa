using System.Diagnostics;
using ChatOrchestrator.Tests.Persistence;

namespace ChatOrchestrator.Tests.ApiService.Access;

public abstract partial class AccessSuite
{
    private const string Password = "correct horse battery";

    [StoreFact]
    public async Task A_user_signs_in_stays_in_by_refreshing_and_is_out_at_once_after_logging_out()
    {
        var (email, _) = await UserAsync("agent");

        var first = (await LoginAsync(email.ToUpperInvariant(), Password)).Ok().Json;
        first.GetProperty("role").GetString().ShouldBe("agent");
        first.GetProperty("expiresIn").GetInt32().ShouldBeInRange(60, 15 * 60);
        (await GetByTokenAsync("conversations", Access(first))).Ok();
        (await SendByTokenAsync(HttpMethod.Post, "bots", Access(first), new { name = "x" })).ShouldBeProblem(403);
        (await SendByTokenAsync(HttpMethod.Post, "auth/token", Access(first))).ShouldBeProblem(401);
        var second = (await RefreshAsync(Refresh(first))).Ok().Json;
        (await GetByTokenAsync("auth/me", Access(second))).Ok().Json.GetProperty("name").GetString().ShouldBe("Ada");
        Refresh(second).ShouldNotBe(Refresh(first));

        (await SendByTokenAsync(HttpMethod.Post, "auth/logout", null, new { refreshToken = Refresh(second) })).Status.ShouldBe(204);

        (await GetByTokenAsync("auth/me", Access(first))).ShouldBeProblem(401);
        (await GetByTokenAsync("auth/me", Access(second))).ShouldBeProblem(401);
        (await RefreshAsync(Refresh(second))).ShouldBeProblem(401);
    }

    [StoreFact]
    public async Task A_refresh_token_that_is_used_twice_ends_the_session()
    {
        var (email, _) = await UserAsync("viewer");
        var first = (await LoginAsync(email, Password)).Ok().Json;
        var another = (await LoginAsync(email, Password)).Ok().Json;
        var second = (await RefreshAsync(Refresh(first))).Ok().Json;

        (await RefreshAsync(Refresh(first))).ShouldBeProblem(401);

        (await RefreshAsync(Refresh(second))).ShouldBeProblem(401);
        (await GetByTokenAsync("auth/me", Access(second))).ShouldBeProblem(401);
        (await GetByTokenAsync("auth/me", Access(another))).Ok();
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RefreshAsync(Refresh(another))));
        results.Count(r => r.Status == 200).ShouldBe(1);
        (await Api.GetAsync("api/v1/audit?action=session.reuse_detected")).Ok().Json.GetProperty("items").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [StoreFact]
    public async Task A_new_password_a_disabled_and_a_deleted_user_are_out_at_once()
    {
        var (email, id) = await UserAsync("viewer");
        var token = Access((await LoginAsync(email, Password)).Ok().Json);

        var changed = (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { password = "another horse battery" }, ("If-Match", "\"1\""))).Ok();
        (await GetByTokenAsync("auth/me", token)).ShouldBeProblem(401);
        (await LoginAsync(email, Password)).ShouldBeProblem(401);
        token = Access((await LoginAsync(email, "another horse battery")).Ok().Json);
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { name = "Stale" }, ("If-Match", "\"1\""))).ShouldBeProblem(412);
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { role = "agent" }, ("If-Match", changed.ETag!))).Ok();
        (await GetByTokenAsync("auth/me", token)).Ok().Json.GetProperty("role").GetString().ShouldBe("agent", "what counts is the role now");
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { disabled = true })).Ok();
        (await GetByTokenAsync("auth/me", token)).ShouldBeProblem(401);
        (await LoginAsync(email, "another horse battery")).ShouldBeProblem(401);
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { disabled = false })).Ok();
        token = Access((await LoginAsync(email, "another horse battery")).Ok().Json);
        (await Api.SendAsync(HttpMethod.Delete, $"api/v1/users/{id}")).Status.ShouldBe(204);
        (await GetByTokenAsync("auth/me", token)).ShouldBeProblem(401);
        Api.Service.Output.ShouldNotContain("horse battery");
    }

    [StoreFact]
    public async Task Failures_do_not_say_what_was_wrong_and_make_the_account_wait()
    {
        var (email, _) = await UserAsync("viewer");
        var nobody = $"nobody-{Guid.NewGuid():N}@example.org";

        var (known, unknown) = (await LoginAsync(email, "not the password"), await LoginAsync(nobody, "not the password"));
        known.ShouldBeProblem(401);
        unknown.ShouldBeProblem(401);
        Title(unknown).ShouldBe(Title(known));
        // A loaded machine only adds time: the shortest of several is the work itself, of which the hash is nearly all.
        TimeSpan slow = TimeSpan.MaxValue, fast = TimeSpan.MaxValue;
        for (var i = 0; i < 4; i++)
        {
            slow = Shorter(slow, await TimeAsync((await UserAsync("viewer")).Email));
            fast = Shorter(fast, await TimeAsync($"nobody-{Guid.NewGuid():N}@example.org"));
        }
        fast.ShouldBeGreaterThan(slow / 4, "an unknown account takes as long");

        foreach (var account in new[] { email, nobody })
        {
            var statuses = new List<int>();
            for (var i = 0; i < 12 && !statuses.Contains(429); i++)
            {
                statuses.Add((await LoginAsync(account, "not the password")).Status);
            }
            statuses.ShouldContain(429, account);
        }

        static string Title(Answer answer) => $"{answer.Json.GetProperty("title")} {answer.Json.GetProperty("detail")} {answer.Json.GetProperty("type")}";
        static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
        async Task<TimeSpan> TimeAsync(string account)
        {
            var watch = Stopwatch.StartNew();
            (await LoginAsync(account, "not the password")).Status.ShouldBe(401);
            return watch.Elapsed;
        }
    }

    [StoreFact]
    public async Task A_user_is_only_made_with_a_free_address_and_a_long_password()
    {
        var (email, id) = await UserAsync("viewer");

        (await Api.PostAsync("api/v1/users", new { email, name = "Twin", password = Password, role = "viewer" })).ShouldBeProblem(422, "email");
        (await Api.PostAsync("api/v1/users", new { email = "nowhere", name = "x", password = Password, role = "viewer" })).ShouldBeProblem(422, "email");
        (await Api.PostAsync("api/v1/users", new { email = "b@example.org", name = "x", password = "short", role = "viewer" })).ShouldBeProblem(422, "password");
        (await Api.PostAsync("api/v1/users", new { email = "b@example.org", name = "", password = Password, role = "viewer" })).ShouldBeProblem(422, "name");
        (await Api.SendAsync(HttpMethod.Patch, $"api/v1/users/{id}", new { email = "c@example.org" })).ShouldBeProblem(422, "email");
        var read = (await Api.GetAsync($"api/v1/users/{id}")).Ok();
        read.Text.ShouldNotContain("hash", Case.Insensitive);
        read.ETag.ShouldBe("\"1\"");
    }

    private async Task<(string Email, string Id)> UserAsync(string role)
    {
        var email = $"ada-{Guid.NewGuid():N}@example.org";
        return (email, (await Api.PostAsync("api/v1/users", new { email, name = "Ada", password = Password, role })).Ok().Id());
    }

    private Task<Answer> LoginAsync(string email, string password) => SendByTokenAsync(HttpMethod.Post, "auth/login", null, new { email, password });

    private Task<Answer> RefreshAsync(string? refreshToken) => SendByTokenAsync(HttpMethod.Post, "auth/refresh", null, new { refreshToken });

    private static string? Access(System.Text.Json.JsonElement token) => token.GetProperty("accessToken").GetString();

    private static string? Refresh(System.Text.Json.JsonElement token) => token.GetProperty("refreshToken").GetString();
}

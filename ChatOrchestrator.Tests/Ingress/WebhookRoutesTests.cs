using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Tests.Platforms.Slack;

namespace ChatOrchestrator.Tests.Ingress;

/// <summary>One address for several workspaces of a Slack app: each event goes to its own connection, if it is authentic for that one.</summary>
public sealed class WebhookRoutesTests : IConnectionDirectory
{
    private readonly ConnectionSnapshot _first = SlackFixture.Connection("""{"teamId":"T111"}""");
    private readonly ConnectionSnapshot _second = SlackFixture.Connection("""{"teamId":"T222"}""");
    private readonly ConnectionSnapshot _stranger = SlackFixture.Connection(
        """{"teamId":"T333"}""", new Dictionary<string, string> { ["botToken"] = SlackFixture.Token, ["signingSecret"] = "another-secret" });

    private int _asked;

    [Theory]
    [InlineData("""{"type":"event_callback","event_id":"Ev1","authorizations":[{"team_id":"TEAM"}],"event":{"type":"message"}}""")]
    [InlineData("payload=%7B%22type%22%3A%22block_actions%22%2C%22team%22%3A%7B%22id%22%3A%22TEAM%22%7D%7D")]
    [InlineData("token=x&team_id=TEAM&command=%2Fask&text=why")]
    public async Task A_request_goes_to_the_connection_of_its_workspace(string body)
    {
        (await FollowAsync(body.Replace("TEAM", "T222", StringComparison.Ordinal))).ShouldBe(_second.Id);
        (await FollowAsync(body.Replace("TEAM", "T111", StringComparison.Ordinal))).ShouldBe(_first.Id);
        (await FollowAsync(body.Replace("TEAM", "T333", StringComparison.Ordinal))).ShouldBe(_first.Id, "it is not signed with that one's secret");
        (await FollowAsync(body.Replace("TEAM", "T444", StringComparison.Ordinal))).ShouldBe(_first.Id, "nobody is connected there");
    }

    [Theory]
    [InlineData("""{"type":"url_verification","challenge":"c"}""")]
    [InlineData("""{"type":"event_callback","authorizations":[{"team_id":"T222","is_enterprise_install":true}]}""")]
    [InlineData("""{"type":"event_callback","authorizations":[null]}""")]
    [InlineData("payload=%7B%22team%22%3Anull%7D")]
    [InlineData("payload=nonsense")]
    [InlineData("ssl_check=1&team_id=T222")]
    public async Task What_names_no_workspace_stays_where_it_was_sent(string body)
    {
        (await FollowAsync(body)).ShouldBe(_first.Id);
        _asked.ShouldBe(0);
    }

    Task<IReadOnlyList<ConnectionSnapshot>> IConnectionDirectory.ListAsync(PlatformName platform, CancellationToken cancellationToken)
    {
        _asked++;
        return Task.FromResult<IReadOnlyList<ConnectionSnapshot>>([_first, _second, _stranger]);
    }

    ValueTask<ConnectionSnapshot?> IConnectionDirectory.FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new[] { _first, _second, _stranger }.SingleOrDefault(c => c.Id == id));

    ValueTask IConnectionDirectory.ChangedAsync(ConnectionId id, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    Task IConnectionDirectory.DisableAsync(ConnectionSnapshot refused, string reason, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<ConnectionId> FollowAsync(string body)
    {
        var bytes = SlackFixture.Bytes(body);
        var headers = SlackFixture.Sign(bytes);
        var routes = new WebhookRoutes(this, TimeProvider.System);
        return (await routes.FollowAsync(SlackFixture.Adapter(), _first, new WebhookRequest(bytes, headers.GetValueOrDefault), default)).Id;
    }
}

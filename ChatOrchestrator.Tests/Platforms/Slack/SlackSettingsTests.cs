using System.Text.Json;

namespace ChatOrchestrator.Tests.Platforms.Slack;

public sealed class SlackSettingsTests
{
    [Fact]
    public void The_signing_secret_may_be_missing_only_in_socket_mode()
    {
        Errors(new() { ["botToken"] = SlackFixture.Token, ["appToken"] = SlackFixture.AppToken }).ShouldBeEmpty();
        Errors(new() { ["botToken"] = SlackFixture.Token }).ShouldBe(["secrets.signingSecret"]);
        Errors(new() { ["botToken"] = SlackFixture.Token, ["signingSecret"] = SlackFixture.SigningSecret }).ShouldBeEmpty();
    }

    [Fact]
    public void Each_token_has_its_form()
    {
        Errors(new() { ["botToken"] = SlackFixture.AppToken, ["appToken"] = SlackFixture.Token, ["signingSecret"] = "with blanks ", ["webhookSecret"] = "x" })
            .ShouldBe(["secrets.botToken", "secrets.appToken", "secrets.signingSecret", "secrets.webhookSecret"], ignoreOrder: true);
        Errors(new() { ["botToken"] = "xoxe.xoxb-1-abcdef", ["signingSecret"] = SlackFixture.SigningSecret }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"groups":"all","slashReplies":"in_channel","socketMode":true,"streaming":false,"botUserId":"U1AB","teamId":"T1","botId":"B1","maxLanes":5}""", "")]
    [InlineData("""{"groups":"some"}""", "settings.groups")]
    [InlineData("""{"slashReplies":true}""", "settings.slashReplies")]
    [InlineData("""{"socketMode":"yes"}""", "settings.socketMode")]
    [InlineData("""{"botUserId":"helper"}""", "settings.botUserId")]
    [InlineData("""{"nickname":"x"}""", "settings.nickname")]
    [InlineData("[]", "settings")]
    public void Settings_have_their_forms(string settings, string wrong) =>
        string.Join(',', SlackFixture.Adapter().Validate(SlackFixture.Connection().Secrets, JsonSerializer.Deserialize<JsonElement>(settings)).Select(e => e.Field)).ShouldBe(wrong);

    [Theory]
    [InlineData("{}", false, true)]
    [InlineData("{}", true, false)]
    [InlineData("""{"socketMode":true}""", true, true)]
    [InlineData("""{"socketMode":false}""", false, false)]
    public void Socket_mode_is_for_where_slack_cannot_reach_us_or_as_the_setting_says(string settings, bool hasPublicUrl, bool listens)
    {
        SlackFixture.Adapter(hasPublicUrl: hasPublicUrl).Listens(SlackFixture.Connection(settings)).ShouldBe(listens);
        var without = SlackFixture.Connection(settings, new Dictionary<string, string> { ["botToken"] = SlackFixture.Token, ["signingSecret"] = SlackFixture.SigningSecret });
        SlackFixture.Adapter(hasPublicUrl: hasPublicUrl).Listens(without).ShouldBeFalse();
    }

    private static IEnumerable<string> Errors(Dictionary<string, string> secrets) => SlackFixture.Adapter().Validate(secrets, default).Select(e => e.Field);
}

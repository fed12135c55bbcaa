using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Telegram;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Tests.Platforms.Telegram;

public sealed class TelegramSettingsTests
{
    [Theory]
    [InlineData("777000777:fake", true)]
    [InlineData("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_", true)]
    [InlineData("777000777", false)]
    [InlineData("777000777:", false)]
    [InlineData("777000777:with space", false)]
    [InlineData("777000777:fake\n", false)]
    [InlineData("x:fakefake", false)]
    [InlineData("0:fakefake", false)]
    [InlineData("99999999999999999999999:fakefake", false)]
    public void The_form_of_a_token(string token, bool valid)
    {
        Fields(new() { ["botToken"] = token }, "{}").ShouldBe(valid ? [] : ["secrets.botToken"]);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-Za-z0-9_-", true)]
    [InlineData("with space", false)]
    [InlineData("ümlaut", false)]
    public void The_form_of_a_webhook_secret(string secret, bool valid)
    {
        Fields(new() { ["botToken"] = "1:abc", ["webhookSecret"] = secret }, "{}").ShouldBe(valid ? [] : ["secrets.webhookSecret"]);
        Fields(new() { ["botToken"] = "1:abc", ["webhookSecret"] = new string('a', 257) }, "{}").ShouldBe(["secrets.webhookSecret"]);
    }

    [Theory]
    [InlineData("""{"groups":"all","username":"helper_bot","pacing":{"mode":"always","chatPerSecond":0.5}}""", null)]
    [InlineData("""{"streaming":true}""", null)]
    [InlineData("""{"streaming":"yes"}""", "settings.streaming")]
    [InlineData("""{"groups":"sometimes"}""", "settings.groups")]
    [InlineData("""{"groups":true}""", "settings.groups")]
    [InlineData("""{"username":"@helper_bot"}""", "settings.username")]
    [InlineData("""{"username":7}""", "settings.username")]
    [InlineData("""{"pacing":7}""", "settings.pacing")]
    [InlineData("""{"pacing":{"mode":"fast"}}""", "settings.pacing")]
    [InlineData("""{"pacing":{"chatPerSecond":0}}""", "settings.pacing")]
    [InlineData("""{"colour":"red"}""", "settings.colour")]
    [InlineData("[]", "settings")]
    public void Settings_are_checked_one_by_one(string settings, string? field)
    {
        Fields(new() { ["botToken"] = "1:abc" }, settings).ShouldBe(field is null ? [] : [field]);
    }

    [Fact]
    public void A_secret_that_telegram_does_not_have_is_named()
    {
        Fields(new() { ["botToken"] = "1:abc", ["appSecret"] = "x" }, "{}").ShouldBe(["secrets.appSecret"]);
    }

    [Theory]
    [InlineData("https://api.telegram.org", true)]
    [InlineData("http://127.0.0.1:5080/", true)]
    [InlineData("127.0.0.1:5080", false)]
    [InlineData("ftp://127.0.0.1", false)]
    [InlineData("http://127.0.0.1/telegram", false)]
    [InlineData("http://user:password@127.0.0.1", false)]
    [InlineData("", false)]
    public void A_wrong_address_of_the_bot_api_stops_the_start_with_one_line_that_names_the_key(string url, bool valid)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection([new("Platforms:Telegram:ApiBaseUrl", url)]).Build());
        services.AddLogging().AddTelegram();
        using var provider = services.BuildServiceProvider();
        var start = () => provider.GetRequiredService<IStartupValidator>().Validate();
        if (valid)
        {
            start();
            provider.GetServices<IPlatformAdapter>().ShouldHaveSingleItem().ShouldBeAssignableTo<IRegistersWebhooks>().ShouldBeAssignableTo<IListens>();
            return;
        }
        var line = Should.Throw<OptionsValidationException>(start).Message;
        line.ShouldContain("Platforms:Telegram:ApiBaseUrl");
        line.ShouldNotContain("\n");
    }

    private static IEnumerable<string> Fields(Dictionary<string, string> secrets, string settings) =>
        TelegramFixture.Adapter().Validate(secrets, JsonSerializer.Deserialize<JsonElement>(settings)).Select(e => e.Field);
}

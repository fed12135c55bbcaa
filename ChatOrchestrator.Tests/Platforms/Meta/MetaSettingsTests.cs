using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Platforms.Messenger;
using ChatOrchestrator.Infrastructure.Platforms.WhatsApp;
using ChatOrchestrator.Tests.Platforms.Messenger;
using ChatOrchestrator.Tests.Platforms.WhatsApp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Platforms.Meta;

public sealed class MetaSettingsTests
{
    [Theory]
    [InlineData("pageAccessToken")]
    [InlineData("appSecret")]
    [InlineData("verifyToken")]
    public void Every_secret_of_messenger_is_required_and_has_no_blanks(string name)
    {
        Fields(MessengerFixture.Adapter(), MessengerFixture.Secrets.Where(s => s.Key != name).ToDictionary(), "{}").ShouldBe([$"secrets.{name}"]);
        Fields(MessengerFixture.Adapter(), new Dictionary<string, string>(MessengerFixture.Secrets) { [name] = "with blank" }, "{}").ShouldBe([$"secrets.{name}"]);
        Fields(MessengerFixture.Adapter(), new Dictionary<string, string>(MessengerFixture.Secrets) { ["botToken"] = "x" }, "{}").ShouldBe(["secrets.botToken"]);
    }

    [Theory]
    [InlineData("""{"pageId":"1","pageName":"Page","maxLanes":5,"pacing":{"mode":"off"}}""", null)]
    [InlineData("""{"pageName":7}""", "settings.pageName")]
    [InlineData("""{"maxLanes":0}""", "settings.maxLanes")]
    [InlineData("""{"colour":"red"}""", "settings.colour")]
    [InlineData("[]", "settings")]
    public void Settings_of_messenger(string settings, string? field) =>
        Fields(MessengerFixture.Adapter(), MessengerFixture.Secrets, settings).ShouldBe(field is null ? [] : [field]);

    [Theory]
    [InlineData("""{"phoneNumberId":"106540352242922","displayPhoneNumber":"+1","verifiedName":"x","template":{"name":"hello_world","language":"en_US"}}""", null)]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"hello_world","language":"de","carriesText":true}}""", null)]
    [InlineData("{}", "settings.phoneNumberId")]
    [InlineData("""{"phoneNumberId":"+1 650"}""", "settings.phoneNumberId")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":"hello"}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"hello"}}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"Hello","language":"en"}}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"hello","language":"english"}}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"hello","language":"en","carriesText":"yes"}}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","template":{"name":"hello","language":"en","x":1}}""", "settings.template")]
    [InlineData("""{"phoneNumberId":"106540352242922","colour":"red"}""", "settings.colour")]
    [InlineData("7", "settings")]
    public void Settings_of_whatsapp(string settings, string? field) =>
        Fields(WhatsAppFixture.Adapter(), WhatsAppFixture.Secrets, settings).ShouldBe(field is null ? [] : [field]);

    [Theory]
    [InlineData("https://graph.facebook.com", true)]
    [InlineData("http://127.0.0.1:5090/", true)]
    [InlineData("graph.facebook.com", false)]
    [InlineData("https://graph.facebook.com/v25.0", false)]
    [InlineData("", false)]
    public void A_wrong_address_of_the_graph_api_stops_the_start_with_one_line_that_names_the_key(string url, bool valid)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Platforms:Meta:ApiBaseUrl", url)]).Build());
        services.AddSingleton(Substitute.For<IConversationStore>()).AddSingleton(Substitute.For<IMessageStore>());
        services.AddLogging().AddMessenger().AddWhatsApp();
        using var provider = services.BuildServiceProvider();
        var start = () => provider.GetRequiredService<IStartupValidator>().Validate();
        if (valid)
        {
            start();
            provider.GetServices<IPlatformAdapter>().Select(a => a.Platform.Value).ShouldBe(["messenger", "whatsapp"]);
            return;
        }
        var line = Should.Throw<OptionsValidationException>(start).Message;
        line.ShouldContain("Platforms:Meta:ApiBaseUrl");
        line.ShouldNotContain("\n");
    }

    private static IEnumerable<string> Fields(IPlatformAdapter adapter, IReadOnlyDictionary<string, string> secrets, string settings) =>
        adapter.Validate(secrets, JsonSerializer.Deserialize<JsonElement>(settings)).Select(e => e.Field);
}

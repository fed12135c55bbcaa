using ChatOrchestrator.ServiceDefaults;

namespace ChatOrchestrator.Tests.ServiceDefaults;

public sealed class SecretRedactionTests
{
    [Theory]
    [InlineData("https://api.telegram.org/bot123:AAE-x_y/getMe", "https://api.telegram.org/botREDACTED/getMe")]
    [InlineData("https://api.telegram.org/bot123%3AAAE/getMe", "https://api.telegram.org/botREDACTED/getMe")]
    [InlineData("https://api.telegram.org/bot123:AAE/test/getMe", "https://api.telegram.org/botREDACTED/test/getMe")]
    [InlineData("https://api.telegram.org/file/bot123:AAE/photos/1.jpg", "https://api.telegram.org/file/botREDACTED/photos/1.jpg")]
    [InlineData("GET /bot123:AAE", "GET /botREDACTED")]
    [InlineData("https://discord.com/api/v10/interactions/81/aW50/callback", "https://discord.com/api/v10/interactions/81/REDACTED/callback")]
    [InlineData("https://discord.com/api/v10/webhooks/81/aW50/messages/@original", "https://discord.com/api/v10/webhooks/81/REDACTED/messages/@original")]
    [InlineData("https://hooks.slack.com/services/T0/B0/XXX", "https://hooks.slack.com/REDACTED")]
    [InlineData("https://graph.facebook.com/v21.0/me?access_token=EAAB&fields=id", "https://graph.facebook.com/v21.0/me?access_token=REDACTED&fields=REDACTED")]
    [InlineData("/api/v1/bots/cok_Rj7fkHvTX2SSOVOz03aw-lBHbaOcbjIZfhQe0OQvsE8", "/api/v1/bots/cok_REDACTED")]
    public void Secrets_leave(string text, string expected) => SecretRedaction.Redact(text).ShouldBe(expected);

    [Theory]
    [InlineData("GET")]
    [InlineData("https://api.openai.com/v1/chat/completions")]
    [InlineData("/webhooks/telegram/0199c0de-0000-7000-8000-000000000001")]
    [InlineData("/api/v1/bots/0199c0de-0000-7000-8000-000000000001/connections")]
    public void What_holds_no_secret_stays(string text) => SecretRedaction.Redact(text).ShouldBeSameAs(text);

    [Theory]
    [InlineData("?token=abc&lastEventId=7", "?token=REDACTED&lastEventId=REDACTED")]
    [InlineData("token=abc", "token=REDACTED")]
    public void Query_values_leave_and_names_stay(string query, string expected) =>
        SecretRedaction.RedactQuery(query).ShouldBe(expected);
}

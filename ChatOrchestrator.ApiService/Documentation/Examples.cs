using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace ChatOrchestrator.ApiService.Documentation;

/// <summary>A body for every operation that takes one, as it can be sent: the contract test sends it.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["CreateBot"] = """{"name":"Support","ai":{"systemPrompt":"You answer questions about our shop.","temperature":0.3},"processing":{"quietPeriodMs":1000,"greeting":"Hello!"}}""",
        ["ChangeBot"] = """{"ai":{"systemPrompt":"You answer questions about our shop, briefly."}}""",
        ["CreateConnection"] = """{"platform":"webchat","displayName":"The shop's page"}""",
        ["ChangeConnection"] = """{"displayName":"The shop's front page","enabled":true}""",
        ["SendMessage"] = """{"text":"Ada here: your parcel is on its **way**."}""",
        ["HandOffConversation"] = """{"agent":"Ada"}""",
        ["StartConversation"] = """{"to":"4711","text":"Your order is ready."}""",
        ["ReplayDeadLetter"] = """{"text":"Where is my parcel?"}""",
        ["CreateApiKey"] = """{"name":"Reports","role":"viewer","expiresAt":"2099-01-01T00:00:00Z"}""",
        ["RotateApiKey"] = """{"overlapSeconds":3600}""",
        ["CreateUser"] = """{"email":"ada@example.org","name":"Ada","password":"correct horse battery","role":"agent"}""",
        ["ChangeUser"] = """{"name":"Ada L.","role":"agent"}""",
        ["Login"] = """{"email":"ada@example.org","password":"correct horse battery"}""",
        ["RefreshSession"] = """{"refreshToken":"cor_…"}""",
        ["Logout"] = """{"refreshToken":"cor_…"}""",
        ["CreateNotificationRule"] = """{"channel":"webhook","name":"The help desk","events":["handoff_requested","dead_letter"],"settings":{"url":"https://desk.example.org/hooks/chat"}}""",
        ["ChangeNotificationRule"] = """{"events":["handoff_requested"],"quietSeconds":300}""",
        ["OpenWebChatSession"] = "{}",
        ["PostWebChatMessage"] = """{"text":"Where is my parcel?","clientMessageId":"1"}""",
    };

    public static void Add(OpenApiOperation operation)
    {
        if (operation.OperationId is { } id && Bodies.TryGetValue(id, out var body) && operation.RequestBody?.Content is { } content)
        {
            foreach (var media in content.Values.OfType<OpenApiMediaType>())
            {
                media.Example = JsonNode.Parse(body);
            }
        }
    }
}

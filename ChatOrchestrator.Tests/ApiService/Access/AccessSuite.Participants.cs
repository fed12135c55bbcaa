using ChatOrchestrator.Tests.Persistence;

namespace ChatOrchestrator.Tests.ApiService.Access;

/// <summary>Whose people a caller sees.</summary>
public abstract partial class AccessSuite
{
    [StoreFact]
    public async Task A_key_that_is_limited_to_a_bot_finds_exports_and_erases_the_people_of_that_bot_only()
    {
        var (mine, myChat) = await BotWithChatAsync();
        var (other, otherChat) = await BotWithChatAsync();
        await TalkAsync(myChat);
        await TalkAsync(otherChat);
        var (own, stranger) = (await PersonAsync(myChat), await PersonAsync(otherChat));
        var strangersName = (await _api.GetAsync($"api/v1/participants/{stranger}")).Ok().Json.GetProperty("userId").GetString();
        var admin = await KeyAsync("admin", bots: [mine]);

        (await IdsAsync("participants?limit=200", admin)).ShouldBe([own]);
        (await IdsAsync($"participants?botId={mine}", admin)).ShouldBe([own]);
        (await IdsAsync($"participants?connectionId={otherChat}", admin)).ShouldBeEmpty();
        (await IdsAsync($"participants?userId={strangersName}", admin)).ShouldBeEmpty();
        (await _api.GetAsync($"api/v1/participants?botId={other}", admin)).ShouldBeProblem(404);
        (await _api.GetAsync($"api/v1/participants/{own}", admin)).Ok();
        (await _api.GetAsync($"api/v1/participants/{own}/export", admin)).Ok();
        (await _api.GetAsync($"api/v1/participants/{stranger}", admin)).ShouldBeProblem(404);
        (await _api.GetAsync($"api/v1/participants/{stranger}/export", admin)).ShouldBeProblem(404);
        (await _api.SendAsync(HttpMethod.Delete, $"api/v1/participants/{stranger}", null, admin)).ShouldBeProblem(404);
        (await _api.GetAsync($"api/v1/participants/{stranger}")).Ok();

        var strangersReceipt = (await _api.SendAsync(HttpMethod.Delete, $"api/v1/participants/{stranger}")).Ok().Id();
        var ownReceipt = (await _api.SendAsync(HttpMethod.Delete, $"api/v1/participants/{own}", null, admin)).Ok().Id();
        (await IdsAsync("erasures?limit=200", admin)).ShouldBe([ownReceipt]);
        (await _api.GetAsync($"api/v1/erasures/{ownReceipt}", admin)).Ok();
        (await _api.GetAsync($"api/v1/erasures/{strangersReceipt}", admin)).ShouldBeProblem(404);
        (await _api.GetAsync($"api/v1/erasures/{strangersReceipt}")).Ok();
        var noted = Items(await _api.GetAsync("api/v1/audit?action=participant.erased", admin)).ShouldHaveSingleItem();
        (noted.GetProperty("subjectId").GetString(), noted.GetProperty("detail").GetProperty("erasureId").GetString()).ShouldBe((own, ownReceipt));
        noted.GetProperty("address").GetString().ShouldBe("127.0.0.1");
    }

    private async Task<string> PersonAsync(string connection) => (await IdsAsync($"participants?connectionId={connection}")).ShouldHaveSingleItem();

    private async Task<List<string>> IdsAsync(string path, params (string, string)[] key) =>
        [.. Items(await _api.GetAsync($"api/v1/{path}", key)).Select(i => i.GetProperty("id").GetString()!)];
}

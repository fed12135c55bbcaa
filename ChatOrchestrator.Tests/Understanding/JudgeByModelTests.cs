using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Application.Understanding;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Ai;
using ChatOrchestrator.Tests.Simulator;
using ChatOrchestrator.Tests.Spending;

namespace ChatOrchestrator.Tests.Understanding;

public sealed class JudgeByModelTests
{
    private static readonly UnderstandingSettings Settings = new()
    {
        Intents = [new() { Name = "refund", Description = "Wants money back", Examples = ["give me my money back"] }, new() { Name = "talk_to_human" }],
    };

    private static readonly CallSubject Subject = new(CallPurposes.Understanding, ConversationId.New(), null);

    private static readonly ConnectionSnapshot Connection = new()
    {
        Id = new ConnectionId(Guid.CreateVersion7()),
        Platform = PlatformName.From("telegram"),
        DisplayName = "Test",
        Settings = JsonDocument.Parse("{}").RootElement,
        Secrets = new Dictionary<string, string>(),
        Bot = new BotSnapshot(BotId.New(), "Bot", new AiSettings(), new ProcessingSettings { RedactPii = ["email"] }, 1),
    };

    [Fact]
    public async Task The_simulators_model_answers_in_the_form_that_it_is_asked_for()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        await using var host = new AiHost(simulator.Url + "/v1");
        var judge = new JudgeByModel(Beside.Ask(host.Client));

        var judged = await judge.HandleAsync(Connection, Settings, Subject, "This is terrible and bad: I want a refund, it is urgent! ada@example.org", default);

        judged.Failure.ShouldBeNull();
        judged.Judgement.ShouldBe(new Judgement(-1, "refund", "en", Urgency.High));
        judged.InputTokens.ShouldNotBeNull().ShouldBeGreaterThan(0);
        var asked = (await simulator.ControlAsync(HttpMethod.Get, "openai/requests"))!.ToString();
        asked.ShouldContain("Wants money back");
        asked.ShouldNotContain("ada@example.org");
        (await judge.HandleAsync(Connection, Settings, Subject, "hello there", default)).Judgement.ShouldBe(new Judgement(0, null, "en", Urgency.Normal));
    }

    [Theory]
    [InlineData("""{"sentiment":0.5,"intent":"refund","language":"de-AT","urgency":"low"}""", null)]
    [InlineData("```json\n{\"sentiment\":0.5,\"intent\":\"refund\",\"language\":\"de\",\"urgency\":\"low\"}\n```", null)]
    [InlineData("", "model_empty_answer")]
    [InlineData("Sure! The sentiment is positive.", "model_invalid_json")]
    [InlineData("""{"sentiment":0.5,"intent":"refu""", "model_invalid_json")]
    [InlineData("""{"sentiment":"good","intent":"refund","language":"de","urgency":"low"}""", "model_invalid_answer")]
    [InlineData("""{"sentiment":1e999,"intent":"refund","language":"de","urgency":"low"}""", "model_invalid_answer")]
    [InlineData("""{"sentiment":0.5,"intent":"made_up","language":"de","urgency":"low"}""", "model_invalid_answer")]
    [InlineData("""{"sentiment":0.5,"intent":"refund","language":"de","urgency":"very"}""", "model_invalid_answer")]
    [InlineData("[1]", "model_invalid_answer")]
    [InlineData("```", "model_invalid_json")]
    public void An_answer_that_does_not_keep_to_the_form_has_a_name(string answer, string? failure)
    {
        var read = JudgeByModel.Read(answer, Settings);
        read.Failure.ShouldBe(failure);
        read.Judgement.ShouldBe(failure is null ? new Judgement(0.5, "refund", "de", Urgency.Low) : null);
    }

    [Fact]
    public void An_endless_answer_has_one_too() =>
        JudgeByModel.Read(new string('{', 200_000), Settings).Failure.ShouldBe("model_answer_too_long");

    [Fact]
    public async Task What_does_not_answer_is_asked_once_and_named()
    {
        await using var stub = await OpenAIStub.StartAsync();
        await using var host = new AiHost(stub.Endpoint);
        var judge = new JudgeByModel(Beside.Ask(host.Client));
        stub.Next(OpenAIStub.Plain(null, refusal: "I will not."));
        (await judge.HandleAsync(Connection, Settings, Subject, "hello", default)).ShouldBe(new ModelJudgement(null, "model_refused"));
        stub.Next(OpenAIStub.Plain("not json"));
        var judged = await judge.HandleAsync(Connection, Settings, Subject, "hello", default);
        (judged.Failure, judged.InputTokens, judged.OutputTokens).ShouldBe(("model_invalid_json", 11, 7));
        stub.Next(OpenAIStub.Error(401));
        (await judge.HandleAsync(Connection, Settings, Subject, "hello", default)).Failure.ShouldBe("model_unauthorized");
        stub.Requests.Count.ShouldBe(3, "nothing is asked twice");
        var format = stub.Requests.First().Body.GetProperty("response_format");
        format.GetProperty("type").GetString().ShouldBe("json_schema");
        format.GetProperty("json_schema").GetProperty("strict").GetBoolean().ShouldBeTrue();
        format.GetProperty("json_schema").GetProperty("schema").GetProperty("properties").GetProperty("intent").GetProperty("enum").ToString().ShouldContain("talk_to_human");
    }
}

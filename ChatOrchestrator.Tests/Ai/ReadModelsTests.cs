using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.Options;
using NSubstitute;

namespace ChatOrchestrator.Tests.Ai;

public sealed class ReadModelsTests
{
    [Fact]
    public void What_bots_can_name_is_listed_apart_from_what_has_only_a_price_by_the_minute_or_the_request()
    {
        var options = new AiOptions { Model = "main" };
        options.Models["free"] = new ModelOptions { Fallbacks = { "by-request" } };
        options.Models["both"] = new ModelOptions { InputPrice = 1, OutputPrice = 2, RequestPrice = 0.001m };
        options.Models["by-request"] = new ModelOptions { RequestPrice = 0.002m };
        options.Models["Whisper"] = new ModelOptions { MinutePrice = 0.006m };
        options.Models["heard-by-tokens"] = new ModelOptions { InputPrice = 3, OutputPrice = 5 };
        options.Models["judge"] = new ModelOptions { RequestPrice = 0.0001m };
        var speech = Substitute.For<ITranscribesSpeech>();
        speech.Model.Returns("heard-by-tokens");
        var scores = Substitute.For<IScoresTexts>();
        scores.IsConfigured.Returns(true);
        scores.Model.Returns("JUDGE");

        var models = new ReadModels(new ModelCatalog(Options.Create(options)), speech, scores).Handle();

        models.Answering.Select(m => m.Name).ShouldBe(["main", "both", "by-request", "free"], "the default first; who stands in for another answers, too");
        models.Others.Select(o => (o.Model.Name, o.Use, o.CallPrice?.Minute, o.CallPrice?.Request)).ShouldBe(
        [
            ("heard-by-tokens", ModelUse.Transcription, null, null),
            ("judge", ModelUse.Moderation, null, 0.0001m),
            ("Whisper", null, 0.006m, null),
        ]);
    }
}

using ChatOrchestrator.Application.Understanding;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Tests.Understanding;

public sealed class LexiconTests
{
    private static readonly IntentDefinition[] Intents =
    [
        new() { Name = "refund", Examples = ["refund", "money back", "Geld zurück"] },
        new() { Name = "delivery", Examples = ["where is my parcel", "delivery status"] },
        new() { Name = "human", Examples = ["speak to a human", "talk to somebody"] },
    ];

    [Theory]
    [InlineData("I love it, thank you so much!", Sentiment.Positive)]
    [InlineData("This is really terrible, I am very angry.", Sentiment.Negative)]
    [InlineData("The parcel is blue.", Sentiment.Neutral)]
    [InlineData("That is not good.", Sentiment.Negative)]
    [InlineData("Das gefällt mir nicht, sehr schlecht!", Sentiment.Negative)]
    [InlineData("Vielen Dank, das ist toll", Sentiment.Positive)]
    [InlineData("Je suis très déçu", Sentiment.Negative)]
    [InlineData("Muchas gracias, perfecto", Sentiment.Positive)]
    [InlineData("👍🎉", Sentiment.Positive)]
    [InlineData("😡", Sentiment.Negative)]
    [InlineData("", Sentiment.Neutral)]
    public void Sentiment_is_judged_by_words_and_signs(string text, Sentiment expected) => Of(text).Sentiment.ShouldBe(expected);

    [Theory]
    [InlineData("I want my MONEY back now", "refund")]
    [InlineData("Ich will mein Geld zurück", "refund")]
    [InlineData("Where's the parcel?", "delivery")]
    [InlineData("can I talk to somebody please", "human")]
    [InlineData("nice weather", null)]
    [InlineData("", null)]
    public void An_intent_is_known_by_its_examples(string text, string? expected) => Of(text).Intent.ShouldBe(expected);

    [Theory]
    [InlineData("Where is my parcel and when will it be here?", "en")]
    [InlineData("Wo ist mein Paket und wann kommt es?", "de")]
    [InlineData("Où est mon colis, je ne sais pas quand il vient", "fr")]
    [InlineData("¿Dónde está el paquete que quiero?", "es")]
    [InlineData("Dove è il mio pacco? Non lo so", "it")]
    [InlineData("Onde está a minha encomenda? Eu não sei", "pt")]
    [InlineData("Waar is mijn pakket? Ik weet het niet", "nl")]
    [InlineData("Где моя посылка?", "ru")]
    [InlineData("Де моя посилка? Її немає", "uk")]
    [InlineData("荷物はどこですか", "ja")]
    [InlineData("我的包裹在哪里", "zh")]
    [InlineData("소포가 어디에 있나요", "ko")]
    [InlineData("أين طردي", "ar")]
    [InlineData("12345", null)]
    public void A_language_is_known_by_its_script_or_its_commonest_words(string text, string? expected) => Of(text).Language.ShouldBe(expected);

    [Theory]
    [InlineData("It is urgent!", Urgency.High)]
    [InlineData("I need it right now", Urgency.High)]
    [InlineData("Bitte sofort!", Urgency.High)]
    [InlineData("Whenever you have time, no rush", Urgency.Low)]
    [InlineData("It is not urgent", Urgency.Low)]
    [InlineData("Hello there", Urgency.Normal)]
    public void Urgency_is_what_somebody_says_of_it(string text, Urgency expected) => Of(text).Urgency.ShouldBe(expected);

    [Fact]
    public void A_long_text_takes_no_time_to_speak_of()
    {
        var started = TimeProvider.System.GetTimestamp();
        Of(string.Concat(Enumerable.Repeat("not good and not bad ", 5_000)));
        Of(new string('!', 100_000));
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    private static Insight Of(string text) => new(
        Guid.Empty, 1, default, default, default, Lexicon.Judge(text, Intents), InsightSource.Lexicon, default);
}

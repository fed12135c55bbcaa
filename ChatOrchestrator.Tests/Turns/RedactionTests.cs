using ChatOrchestrator.Application.Turns.Redaction;
using ChatOrchestrator.Domain;
using ChatOrchestrator.Domain.Bots;
using CsCheck;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Tests.Turns;

public sealed class RedactionTests
{
    private readonly PromptRedaction _redaction = new(PersonalDataKinds.All);

    [Theory]
    [InlineData("Write to ada@example.org please", "Write to ⟨email-1⟩ please")]
    [InlineData("ada@example.org, bob.b+x@mail.co.uk and ada@example.org", "⟨email-1⟩, ⟨email-2⟩ and ⟨email-1⟩")]
    [InlineData("müller@bücher.example.", "⟨email-1⟩.")]
    [InlineData("<a@b.de>", "<⟨email-1⟩>")]
    [InlineData("Card 4111 1111 1111 1111!", "Card ⟨card-1⟩!")]
    [InlineData("5500-0000-0000-0004", "⟨card-1⟩")]
    [InlineData("378282246310005", "⟨card-1⟩")]
    [InlineData("IBAN DE89 3704 0044 0532 0130 00.", "IBAN ⟨iban-1⟩.")]
    [InlineData("GB82WEST12345698765432", "⟨iban-1⟩")]
    [InlineData("nl91 abna 0417 1643 00", "⟨iban-1⟩")]
    [InlineData("Call +49 170 1234567", "Call ⟨phone-1⟩")]
    [InlineData("Call 0049 (30) 123-4567 now", "Call ⟨phone-1⟩ now")]
    [InlineData("0170/1234567 or (030) 1234567", "⟨phone-1⟩ or ⟨phone-2⟩")]
    [InlineData("(555) 123-4567", "⟨phone-1⟩")]
    [InlineData("555-123-4567", "⟨phone-1⟩")]
    [InlineData("from 192.168.1.17 to 2001:db8::1", "from ⟨ip-1⟩ to ⟨ip-2⟩")]
    public void What_is_personal_gets_a_placeholder_and_comes_back(string text, string expected)
    {
        _redaction.Redact(text).ShouldBe(expected);
        _redaction.Restore(expected).ShouldBe(text);
    }

    [Theory]
    [InlineData("Order 4111 1111 1111 1112 is no card")]
    [InlineData("DE89370400440532013001 has the wrong check digits")]
    [InlineData("on 2026-11-27 at 10:15, or 27.11.2026")]
    [InlineData("order 12345678, 7 pieces at 19.99")]
    [InlineData("version 1.2.3, 3.14159, 10:15:30")]
    [InlineData("a@b, @ada, user@localhost")]
    [InlineData("a::b c::D std::vector")]
    [InlineData("999.999.999.999")]
    [InlineData("")]
    public void What_is_not_stays(string text) => _redaction.Redact(text).ShouldBe(text);

    [Fact]
    public void Only_the_kinds_that_the_bot_names_are_kept_back()
    {
        var redaction = PromptRedaction.For(new ProcessingSettings { RedactPii = ["email"] })!;

        redaction.Redact("ada@example.org +49 170 1234567").ShouldBe("⟨email-1⟩ +49 170 1234567");
        PromptRedaction.For(new ProcessingSettings()).ShouldBeNull();
        new ProcessingSettings { RedactPii = ["email", "card"] }.Validate();
        Should.Throw<DomainException>(new ProcessingSettings { RedactPii = ["shoe size"] }.Validate).Field.ShouldBe("processing.redactPii");
    }

    [Fact]
    public void A_prompt_keeps_its_system_prompt_its_roles_and_its_pictures()
    {
        var picture = new DataContent(new byte[] { 1, 2, 3 }, "image/png");
        var prompt = new List<ChatMessage>
        {
            new(ChatRole.System, "Complaints go to help@shop.example."),
            new(ChatRole.User, "I am ada@example.org"),
            new(ChatRole.Assistant, "Hello ada@example.org"),
            new(ChatRole.User, [new TextContent("my card is 4111111111111111"), picture]),
        };

        var redacted = _redaction.Redact(prompt);

        redacted.Select(m => m.Role).ShouldBe(prompt.Select(m => m.Role));
        redacted.Select(m => m.Text).ShouldBe(["Complaints go to help@shop.example.", "I am ⟨email-1⟩", "Hello ⟨email-1⟩", "my card is ⟨card-1⟩"]);
        redacted[3].Contents[1].ShouldBeSameAs(picture);
        prompt[1].Text.ShouldBe("I am ada@example.org", "what is stored and loaded is not changed");
    }

    [Fact]
    public void An_answer_in_pieces_of_any_size_is_restored()
    {
        var text = _redaction.Redact("ada@example.org and +49 170 1234567");
        var answer = $"2 < 3 and <b> {text}, ⟨made-up-1⟩, ⟨⟨email-1⟩⟩ <email-1> <EMAIL-1> ⟨unclosed and ⟨email-1";
        const string Expected =
            "2 < 3 and <b> ada@example.org and +49 170 1234567, ⟨made-up-1⟩, ⟨ada@example.org⟩ ada@example.org ada@example.org ⟨unclosed and ⟨email-1";
        _redaction.Restore(answer).ShouldBe(Expected);

        Gen.Int[1, 7].Array[1, answer.Length].Sample(sizes =>
        {
            var stream = new AnswerRestoration(_redaction);
            var shown = "";
            var at = 0;
            for (var i = 0; at < answer.Length; i = (i + 1) % sizes.Length)
            {
                var size = Math.Min(sizes[i], answer.Length - at);
                shown += stream.Add(answer.Substring(at, size));
                Expected.ShouldStartWith(shown, Case.Sensitive, "what was shown once is never taken back");
                at += size;
            }
            (shown + stream.End()).ShouldBe(Expected);
        });
    }

    [Fact]
    public void Any_text_comes_back_as_it_was()
    {
        var pieces = Gen.OneOf("ada@example.org", "4111 1111 1111 1111", "+49 170 1234567", "DE89370400440532013000", "10.0.0.1", " ", "x", "<", ">", "⟨", "⟩", "-", "1", "@", "\n", "日本", "👩‍👩‍👧");
        pieces.Array[0, 40].Sample(parts =>
        {
            var text = string.Concat(parts);
            // A placeholder that somebody typed is theirs; whose place it could take is in the same conversation.
            var redaction = new PromptRedaction(PersonalDataKinds.All);
            redaction.Restore(redaction.Redact(text)).ShouldBe(text);
        });
    }

    [Fact]
    public void Long_texts_of_near_misses_take_no_time_to_speak_of()
    {
        foreach (var text in new[] { new string('1', 100_000), string.Concat(Enumerable.Repeat("1 ", 50_000)), new string('a', 100_000) + "@", string.Concat(Enumerable.Repeat("a.", 50_000)), string.Concat(Enumerable.Repeat("a:", 50_000)), string.Concat(Enumerable.Repeat("+1(", 30_000)) })
        {
            var started = TimeProvider.System.GetTimestamp();
            _redaction.Redact(text).Length.ShouldBeGreaterThan(0);
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        }
    }
}

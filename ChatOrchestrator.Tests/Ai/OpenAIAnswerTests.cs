using System.Text;
using ChatOrchestrator.Infrastructure.Ai;

namespace ChatOrchestrator.Tests.Ai;

/// <summary>Answers that the provider's own library does not read (<see cref="OpenAIAgreementTests"/> has the others).</summary>
public sealed class OpenAIAnswerTests
{
    [Fact]
    public void A_character_that_is_cut_in_two_is_put_together()
    {
        var answer = new OpenAIAnswer();

        string[] pieces = [.. new[] { """Hi \"you\" \ud83d""", """\ude00\n!""", """\ud83d""", """\ude00""", "", "." }
            .Select(p => answer.ReadChunk(Encoding.UTF8.GetBytes($$$"""{"choices":[{"delta":{"content":"{{{p}}}"}}]}""")).Text)];

        pieces.ShouldBe(["Hi \"you\" ", "\U0001F600\n!", "", "\U0001F600", "", "."]);
    }

    [Fact]
    public void So_is_one_in_an_answer_of_parts()
    {
        var answer = new OpenAIAnswer();

        string[] pieces = [.. new[] { """\ud83d""", """\ude00!""" }
            .Select(p => answer.ReadChunk(Encoding.UTF8.GetBytes($$$"""{"choices":[{"delta":{"content":[{"type":"text","text":"{{{p}}}"}]}}]}""")).Text)];

        pieces.ShouldBe(["", "\U0001F600!"]);
    }

    [Theory]
    [InlineData("""a\ud83db""", "a\uFFFDb")]
    [InlineData("""\ude00 \\u0041 \u0041\t\/""", "\uFFFD \\u0041 A\t/")]
    [InlineData("""\ud83d\ude00 \ud83d""", "\U0001F600 \uFFFD")]
    public void Half_a_character_is_replaced(string escaped, string read) =>
        OpenAIAnswer.Read(Encoding.UTF8.GetBytes($$$"""{"choices":[{"message":{"content":"{{{escaped}}}"}}]}""")).Text.ShouldBe(read);

    [Fact]
    public void Half_a_character_that_nothing_follows_is_replaced_in_the_next_piece()
    {
        var answer = new OpenAIAnswer();
        answer.ReadChunk("""{"choices":[{"delta":{"content":"a\ud83d"}}]}"""u8).Text.ShouldBe("a");
        answer.ReadChunk("""{"choices":[{"delta":{"content":"b"}}]}"""u8).Text.ShouldBe("\uFFFDb");
    }
}

using System.Text.RegularExpressions;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

public sealed partial class WhatsAppMarkupTests
{
    private static readonly Gen<string> Piece = Gen.Frequency(
        (8, Gen.Int[0, 999].Select(number => $"w{number}w")),
        (6, Gen.OneOf(" ", "\n", "\n\n", ". ", "  \n", "\\", "    ", ", ", "(", ")")),
        (8, Gen.OneOf("*", "**", "_", "__", "~~", "`", "``", "***", "~", "\\*", "\\_", "\\`", "\\~", "\\>")),
        (4, Gen.OneOf("[", "](https://x.org/a_(b))", "<https://z.org>", "https://q.org/?a=1&b=_2_", ">", "&amp;")),
        (4, Gen.OneOf("\n> ", "\n- ", "\n1. ", "\n# ", "\n```\n", "\n```c#\n", "\n    ", "\n>> ")),
        (2, Gen.OneOf("👨‍👩‍👧‍👦", "e\u0301", "שלום", "日本語。", "\u00A0", "-=+")));

    private static readonly Gen<string> Markdown = Piece.Array[0, 60].Select(string.Concat);

    [Theory]
    [InlineData("**bold** *italic* ~~struck~~ `code`", "*bold* _italic_ ~struck~ `code`")]
    [InlineData("***both***", "*_both_*")]
    [InlineData("# Title", "*Title*")]
    [InlineData("un**frigging**believable", "unfriggingbelievable")]
    [InlineData("[there](https://example.com/a_b_)", "there (https://example.com/a_b_)")]
    [InlineData("**see [there](https://example.com) now**", "*see there (https://example.com) now*")]
    [InlineData("<https://example.com/_a_>", "https://example.com/_a_")]
    [InlineData("> said\n> *twice*", "> said\n> _twice_")]
    [InlineData("```c#\nvar a = `b`;\n```", "```var a = `b`;```")]
    [InlineData("snake_case_name and 2 \\* 3", "snake_case_name and 2 \u2060*\u2060 3")]
    [InlineData("\\*not bold\\*", "\u2060*not bold*\u2060")]
    [InlineData("plain", "plain")]
    public void Examples(string markdown, string markup) => WhatsAppMarkup.Render(MarkdownText.Parse(markdown)).ShouldBe(markup);

    [Fact]
    public void What_the_reader_sees_is_what_the_text_says() => Markdown.Sample(
        markdown =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            Dense(Read(WhatsAppMarkup.Render(text))).ShouldBe(Dense(PlainText.Render(text)));
        },
        iter: Samples.Of(2000));

    [Fact]
    public void Parts_fit_say_what_the_text_says_and_their_marks_are_closed() => Gen.Select(Markdown, Gen.Int[120, 300]).Sample(
        (markdown, limit) =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            var parts = text.Split(limit, WhatsAppMarkup.Length);
            foreach (FormattedText part in parts)
            {
                string markup = WhatsAppMarkup.Render(part);
                (markup.Length <= limit || TextLength.CodePoints(part.Text) == 1).ShouldBeTrue();
                (Fences().Count(markup) % 2).ShouldBe(0);
                Dense(Read(markup)).ShouldBe(Dense(PlainText.Render(part)));
            }
        },
        iter: Samples.Of(1000));

    /// <summary>
    /// Shows a text as WhatsApp does: blocks of three backticks first; then, line by line, a quote's mark goes, and a pair of
    /// marks that opens at the edge of a word and closes at one. Addresses are never looked into.
    /// </summary>
    private static string Read(string markup) =>
        string.Concat(markup.Split("```").Select((piece, i) => i % 2 == 1 ? piece : string.Join('\n', piece.Split('\n').Select(ReadLine))));

    private static string ReadLine(string line)
    {
        if (line.StartsWith("> ", StringComparison.Ordinal))
        {
            line = line[2..];
        }

        List<int> gone = [];
        bool[] opaque = new bool[line.Length];
        foreach (Match address in Address().Matches(line))
        {
            Array.Fill(opaque, true, address.Index, address.Length);
        }

        foreach (char mark in "`*_~")
        {
            for (int i = 0; i < line.Length; i++)
            {
                if (line[i] != mark || opaque[i] || !Edge(line, i - 1) || i + 1 >= line.Length || char.IsWhiteSpace(line[i + 1]))
                {
                    continue;
                }

                for (int j = i + 2; j < line.Length; j++)
                {
                    if (line[j] == mark && !opaque[j] && !char.IsWhiteSpace(line[j - 1]) && Edge(line, j + 1))
                    {
                        gone.AddRange([i, j]);
                        if (mark == '`')
                        {
                            Array.Fill(opaque, true, i, j - i + 1);
                        }

                        i = j;
                        break;
                    }
                }
            }
        }

        return string.Concat(line.Where((_, i) => !gone.Contains(i)));
    }

    private static bool Edge(string line, int at) =>
        at < 0 || at >= line.Length || char.IsWhiteSpace(line[at]) || char.IsPunctuation(line[at]) || line[at] is '~' or '`';

    private static string Dense(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != WhatsAppMarkup.Joiner && !StyledText.IsInvisible(c)));

    [GeneratedRegex("```")]
    private static partial Regex Fences();

    [GeneratedRegex(@"https?://[^\s`]+")]
    private static partial Regex Address();
}

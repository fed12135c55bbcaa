using System.Globalization;
using System.Text.RegularExpressions;
using ChatOrchestrator.Infrastructure.Formatting;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Formatting;

public sealed partial class FormattingPropertyTests
{
    private static readonly Gen<string> Word = Gen.Int[0, 999].Select(number => $"w{number}w");

    // Pieces of Markdown in any order: most answers made of them are broken in some way, as a model's can be.
    private static readonly Gen<string> Piece = Gen.Frequency(
        (6, Word),
        (6, Gen.OneOf(" ", "\n", "\n\n", ". ", "  \n", "\t", "\\", "    ", "\r\n")),
        (6, Gen.OneOf("*", "**", "_", "__", "~~", "`", "``", "***", "~")),
        (4, Gen.OneOf("[", "]", "](https://x.org/a_(b))", "](javascript:x)", "![", "](https://y.org \"t\")", "<https://z.org>", "<br>", "<b>", "<", ">", "&", "&amp;", "https://q.org/?a=1&b=_2_")),
        (4, Gen.OneOf("\n> ", "\n- ", "\n1. ", "\n- [x] ", "\n# ", "\n---\n", "\n===\n", "\n```\n", "\n```c#\n", "\n~~~~\n", "\n  - ", "\n    ", "\n>> ")),
        (2, Gen.OneOf("\n\n| a | b |\n|---|:-:|\n| ", " | ", " |\n| ", "|")),
        (3, Gen.OneOf("👨‍👩‍👧‍👦", "🇩🇪", "e\u0301", "שלום", "العربية", "𝄞", "日本語。", "\u202E", "\u00A0", "👋🏽", "\u0301", "\uD83D", "\u200B", "नि", ".!-=+#{}|()")));

    // Other characters make no word: they would when a mark between two of them becomes a style.
    private static readonly Gen<string> Markdown = Gen.OneOf(Piece.Array[0, 60].Select(string.Concat), Gen.String[0, 300].Select(text => text.Replace('w', 'v')));

    [Fact]
    public void Html_is_well_formed_and_says_what_the_text_says() => Markdown.Sample(
        markdown =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            StyledText parsed = TelegramHtmlParser.Parse(TelegramHtml.Render(text));
            parsed.Text.ShouldBe(text.Text);
            parsed.Visible().ShouldBe(StyledText.Of(text).Visible());
        },
        iter: Samples.Of(1_000));

    [Fact]
    public void MarkdownV2_is_well_formed_and_says_what_the_text_says() => Markdown.Sample(
        markdown =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            StyledText parsed = TelegramMarkdownV2Parser.Parse(TelegramMarkdownV2.Render(text));
            parsed.Text.ShouldBe(text.Text);
            parsed.Visible().ShouldBe(StyledText.Of(text).Visible());
        },
        iter: Samples.Of(1_000));

    [Fact]
    public void Spans_keep_the_promises_of_the_model() => Markdown.Sample(
        markdown =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            int offset = 0;
            Dictionary<SpanKind, int> ends = [];
            foreach (FormatSpan span in text.Spans)
            {
                span.Length.ShouldBePositive();
                span.End.ShouldBeLessThanOrEqualTo(text.Text.Length);
                span.Offset.ShouldBeGreaterThanOrEqualTo(offset);
                span.Offset.ShouldBeGreaterThanOrEqualTo(ends.GetValueOrDefault(span.Kind));
                offset = span.Offset;
                ends[span.Kind] = span.End;
            }
        },
        iter: Samples.Of(1_000));

    [Fact]
    public void Every_word_of_the_answer_is_delivered_in_order() => Markdown.Sample(
        markdown =>
        {
            FormattedText text = MarkdownText.Parse(markdown);
            string[] words = Words(markdown);
            Words(WithArguments(text)).Order().ShouldBe(words.Order());

            // A language is told beside the text; everything else keeps its place.
            int next = 0;
            foreach (string word in Words(text.Text))
            {
                next = Array.IndexOf(words, word, next) + 1;
                next.ShouldBePositive(word);
            }
        },
        iter: Samples.Of(1_000));

    [Fact]
    public void Parts_fit_and_together_are_the_text() => Gen.Select(Markdown, Gen.Int[2, 80]).Sample(
        (markdown, limit) => CheckParts(MarkdownText.Parse(markdown), limit, measure: null),
        iter: Samples.Of(1_000));

    [Fact]
    public void Parts_fit_by_any_measure() => Gen.Select(Markdown, Gen.Int[90, 200], Gen.Int[0, 3]).Sample(
        (markdown, limit, unit) => CheckParts(MarkdownText.Parse(markdown), limit, unit switch
        {
            0 => part => TextLength.Utf8Bytes(part.Text),
            1 => part => TextLength.CodePoints(part.Text),
            2 => part => TelegramMarkdownV2.Render(part).Length,
            _ => part => TextLength.Utf8Bytes(TelegramHtml.Render(part)),
        }),
        iter: Samples.Of(1_000));

    [Fact]
    public void Parts_of_a_part_render_well_formed() => Gen.Select(Markdown, Gen.Int[5, 50]).Sample(
        (markdown, limit) =>
        {
            foreach (FormattedText part in MarkdownText.Parse(markdown).Split(limit))
            {
                TelegramHtmlParser.Parse(TelegramHtml.Render(part)).Visible().ShouldBe(StyledText.Of(part).Visible());
                TelegramMarkdownV2Parser.Parse(TelegramMarkdownV2.Render(part)).Visible().ShouldBe(StyledText.Of(part).Visible());
                PlainText.Length(part).ShouldBe(PlainText.Render(part).Length);
            }
        },
        iter: Samples.Of(1_000));

    private static void CheckParts(FormattedText text, int limit, Func<FormattedText, int>? measure)
    {
        Func<FormattedText, int> length = measure ?? (part => part.Text.Length);
        int[] clusters = [.. StringInfo.ParseCombiningCharacters(text.Text), text.Text.Length];
        bool everyClusterFits = clusters.Zip(clusters.Skip(1)).All(cluster =>
            length(new FormattedText(text.Text[cluster.First..cluster.Second], [])) <= limit / (measure is null ? 1 : 4));

        int position = 0;
        List<string> styled = [];
        foreach (FormattedText part in text.Split(limit, measure))
        {
            bool oneCodePoint = TextLength.CodePoints(part.Text) == 1;
            (oneCodePoint || length(part) <= limit).ShouldBeTrue($"{length(part)} > {limit}");
            part.Text.ShouldNotBeEmpty();

            int start = text.Text.IndexOf(part.Text, position, StringComparison.Ordinal);
            start.ShouldBeGreaterThanOrEqualTo(position);
            text.Text[position..start].ShouldAllBe(c => char.IsWhiteSpace(c) || StyledText.IsInvisible(c));
            position = start + part.Text.Length;
            if (everyClusterFits)
            {
                clusters.Contains(start).ShouldBeTrue(Cut(text, start));
                clusters.Contains(position).ShouldBeTrue(Cut(text, position));
            }

            (char.IsLowSurrogate(part.Text[0]) && start > 0 && char.IsHighSurrogate(text.Text[start - 1])).ShouldBeFalse();
            styled.Add(StyledText.Of(part).Visible());
        }

        text.Text[position..].ShouldAllBe(c => char.IsWhiteSpace(c) || StyledText.IsInvisible(c));
        string.Join("\n", styled.Where(part => part.Length > 0)).ShouldBe(StyledText.Of(text).Visible());
    }

    private static string Cut(FormattedText text, int position) =>
        $"cut within a cluster at {position}: {string.Join(' ', text.Text[Math.Max(0, position - 6)..Math.Min(text.Text.Length, position + 6)].Select(c => $"{(int)c:X4}"))}";

    private static string WithArguments(FormattedText text) =>
        text.Text + string.Join(" ", text.Spans.ToArray().Select(span => $" {span.Argument}"));

    private static string[] Words(string text) => [.. WordPattern().Matches(text).Select(match => match.Value)];

    [GeneratedRegex("w[0-9]{1,3}w")]
    private static partial Regex WordPattern();
}

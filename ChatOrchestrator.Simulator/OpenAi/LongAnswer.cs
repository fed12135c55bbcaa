using System.Globalization;
using System.Text;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>
/// More than 10,000 characters with everything that CommonMark has and answers use, so that every platform has to split it:
/// headings, nested lists, tables, quotations, links, and code blocks that span a likely cut.
/// </summary>
internal static class LongAnswer
{
    private const int MinLength = 10_500;

    public static string Text { get; } = Write();

    private static string Write()
    {
        var answer = new StringBuilder("# A long answer\n\n");
        for (var section = 1; answer.Length < MinLength; section++)
        {
            answer.Append(CultureInfo.InvariantCulture, $"## Section {section}\n\n");
            answer.Append(CultureInfo.InvariantCulture, $"Paragraph {section} explains *patiently* why a long answer must be split at a sensible place, never inside a word, an emoji 👩‍👩‍👧‍👦 or a **bold phrase**, and why nothing of it may be lost. It says so at some length, because length is the point here.\n\n");
            switch (section % 4)
            {
                case 0:
                    AppendCode(answer, section);
                    break;
                case 1:
                    answer.Append(CultureInfo.InvariantCulture, $"1. The first point of section {section}\n   - a detail with `code`\n   - another with [a link](https://example.org/section/{section}?a=1&b=2)\n     - and one below it\n2. The second point\n\n   in two paragraphs\n3. The third\n\n");
                    break;
                case 2:
                    answer.Append(CultureInfo.InvariantCulture, $"| Platform | Limit | Unit |\n|---|---:|---|\n| Telegram | 4096 | UTF-16 units |\n| Discord | 2000 | characters |\n| Section | {section} | of many |\n\n");
                    break;
                default:
                    answer.Append(CultureInfo.InvariantCulture, $"> A quotation in section {section},\n> which is ~~short~~ *long* enough for two lines.\n\n### And a smaller heading\n\nSpecial characters: _ * [ ] ( ) ~ > # + - = | {{ }} . ! \\ < & end.\n\n");
                    break;
            }
        }

        return answer.Append("That was all of it.").ToString();
    }

    private static void AppendCode(StringBuilder answer, int section)
    {
        answer.Append("```python\n");
        for (var line = 1; line <= 30; line++)
        {
            answer.Append(CultureInfo.InvariantCulture, $"print(\"section {section}, line {line}\")\n");
        }

        answer.Append("```\n\n");
    }
}

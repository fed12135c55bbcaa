using ChatOrchestrator.Application.Ports;
using Microsoft.ML.Tokenizers;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Counts with o200k, the vocabulary of OpenAI's models since gpt-4o, whatever the model: a count only decides how much history
/// fits, and every vocabulary costs tens of megabytes. It is loaded with the first text.
/// </summary>
internal sealed class TiktokenCounter : ITokenCounter
{
    /// <summary>Longer texts are counted in pieces, parted before a space: a long run without spaces takes more than linear time (100,000 emoji a second).</summary>
    private const int PieceLength = 500;

    private const int RememberedCounts = 4_096;

    private readonly Lazy<TiktokenTokenizer> _tokenizer = new(static () => TiktokenTokenizer.CreateForModel("gpt-4o"));

    // A conversation's history is counted again with every turn, and reading a hash is a hundred times cheaper than tokenizing.
    private readonly Remembered?[] _remembered = new Remembered?[RememberedCounts];

    internal bool IsLoaded => _tokenizer.IsValueCreated;

    /// <inheritdoc/>
    public int Count(string? model, string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }
        var hash = text.GetHashCode();
        ref var slot = ref _remembered[(uint)hash % RememberedCounts];
        if (slot is { } known && known.Hash == hash && known.Length == text.Length)
        {
            return known.Tokens;
        }
        var tokens = CountPieces(_tokenizer.Value, text);
        slot = new(hash, text.Length, tokens);
        return tokens;
    }

    private static int CountPieces(TiktokenTokenizer tokenizer, ReadOnlySpan<char> text)
    {
        var tokens = 0;
        while (text.Length > PieceLength)
        {
            // A token may begin with a space and never ends with one, but for runs of them.
            var length = text[(PieceLength / 2)..PieceLength].LastIndexOf(' ') is var space and >= 0 ? (PieceLength / 2) + space
                : char.IsHighSurrogate(text[PieceLength - 1]) ? PieceLength - 1
                : PieceLength;
            tokens += tokenizer.CountTokens(text[..length], considerNormalization: false);
            text = text[length..];
        }
        return tokens + tokenizer.CountTokens(text, considerNormalization: false);
    }

    /// <summary>A count by the text's hash and length. Two texts that agree in both are taken for one: the budget is then off by a little.</summary>
    private sealed record Remembered(int Hash, int Length, int Tokens);
}

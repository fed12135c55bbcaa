using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ChatOrchestrator.Application.Ports;

/// <summary>
/// Names a part towards its platform, the same at every attempt to send it. As text it has 23 to 25 characters of
/// <c>A–Z a–z 0–9 - _</c>, which every platform's field for it takes (Discord's <c>nonce</c> is the shortest: 25).
/// </summary>
/// <param name="MessageId">The outbound message.</param>
/// <param name="Ordinal">The part's position in it, from 0 to 4,095.</param>
public readonly record struct PartReference(Guid MessageId, int Ordinal)
{
    /// <summary>16 bytes in Base64Url.</summary>
    private const int IdLength = 22;

    private const int MaxOrdinal = 0xFFF;

    /// <exception cref="ArgumentOutOfRangeException">The ordinal lies outside its limits.</exception>
    public override string ToString()
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)Ordinal, (uint)MaxOrdinal, nameof(Ordinal));
        Span<byte> id = stackalloc byte[16];
        MessageId.TryWriteBytes(id, bigEndian: true, out _);
        return Base64Url.EncodeToString(id) + Ordinal.ToString("x", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads what a platform echoes. False: it is not one of ours.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PartReference reference)
    {
        reference = default;
        Span<byte> id = stackalloc byte[16];
        if (text is not { Length: > IdLength and <= IdLength + 3 }
            || !Base64Url.IsValid(text.AsSpan(0, IdLength))
            || !Base64Url.TryDecodeFromChars(text.AsSpan(0, IdLength), id, out var written) || written != id.Length
            || !int.TryParse(text.AsSpan(IdLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ordinal))
        {
            return false;
        }
        reference = new PartReference(new Guid(id, bigEndian: true), ordinal);
        return reference.ToString() == text;
    }
}

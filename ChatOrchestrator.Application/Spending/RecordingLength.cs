using System.Buffers.Binary;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Spending;

/// <summary>How long a recording is, as far as its bytes say: for what is set aside, and for servers that do not count.</summary>
internal static class RecordingLength
{
    /// <summary>Of formats that are not read here: speech is hardly ever coded with less, so that it is rather more than it is.</summary>
    private const int BytesPerSecond = 2_000;

    private const int OggHeader = 27;

    /// <summary>Opus counts its samples at 48 kHz whatever was recorded: <see href="https://www.rfc-editor.org/rfc/rfc7845#section-4"/>.</summary>
    private const double OpusRate = 48_000;

    public static TimeSpan Of(Media media)
    {
        var bytes = media.Bytes.Span;
        return Ogg(bytes) ?? Wave(bytes) ?? TimeSpan.FromSeconds((double)bytes.Length / BytesPerSecond);
    }

    /// <summary>The position of the last page: <see href="https://www.rfc-editor.org/rfc/rfc3533#section-6"/>. Opus only.</summary>
    private static TimeSpan? Ogg(ReadOnlySpan<byte> bytes)
    {
        var last = bytes.LastIndexOf("OggS"u8);
        if (!bytes.StartsWith("OggS"u8) || bytes.IndexOf("OpusHead"u8) < 0 || bytes.Length - last < OggHeader)
        {
            return null;
        }
        var position = BinaryPrimitives.ReadInt64LittleEndian(bytes[(last + 6)..]);
        return position is > 0 and < (long)(24 * 3_600 * OpusRate) ? TimeSpan.FromSeconds(position / OpusRate) : null;
    }

    /// <summary>Bytes a second stand in the format chunk: <see href="https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html"/>.</summary>
    private static TimeSpan? Wave(ReadOnlySpan<byte> bytes)
    {
        const int header = 44;
        if (bytes.Length < header || !bytes.StartsWith("RIFF"u8) || !bytes[8..].StartsWith("WAVEfmt "u8))
        {
            return null;
        }
        var rate = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]);
        return rate > 0 ? TimeSpan.FromSeconds((double)(bytes.Length - header) / rate) : null;
    }
}

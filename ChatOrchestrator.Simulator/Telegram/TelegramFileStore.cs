using System.Globalization;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>A file on Telegram's servers.</summary>
/// <param name="Kind">The member of a message that holds it: <c>photo</c>, <c>document</c>, <c>voice</c>…</param>
/// <param name="Path">As <c>getFile</c> tells it.</param>
internal sealed record StoredFile(string Id, string Kind, string? Name, string MimeType, byte[] Bytes, string Path);

/// <summary>A file on its way in.</summary>
internal sealed record IncomingFile(string? Name, string? MimeType, byte[] Bytes);

/// <summary>The files that people and bots sent; the oldest are forgotten when they become too many. Guarded by <see cref="TelegramNetwork.Sync"/>.</summary>
internal sealed class TelegramFileStore
{
    private const int MaxFiles = 2_000;
    private const long MaxBytes = 256L << 20;

    private readonly Dictionary<string, StoredFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredFile> _byPath = new(StringComparer.Ordinal);
    private readonly Queue<StoredFile> _byAge = new();
    private long _bytes;
    private long _next = 1;

    public StoredFile Add(string kind, IncomingFile file)
    {
        var number = _next++;
        var type = string.IsNullOrEmpty(file.MimeType) ? MediaTypes.Guess(kind, file) : file.MimeType;
        var folder = kind switch { "photo" => "photos", "voice" => "voice", "audio" => "music", "video" or "video_note" => "videos", "animation" => "animations", "sticker" => "stickers", _ => "documents" };
        var stored = new StoredFile(
            string.Create(CultureInfo.InvariantCulture, $"SimFile{kind.Replace("_", "", StringComparison.Ordinal)}AAMCAgADGQE{number:x8}"),
            kind,
            file.Name,
            type,
            file.Bytes,
            string.Create(CultureInfo.InvariantCulture, $"{folder}/file_{number}{MediaTypes.ExtensionOf(type, file.Name)}"));
        _files[stored.Id] = stored;
        _byPath[stored.Path] = stored;
        _byAge.Enqueue(stored);
        _bytes += stored.Bytes.Length;
        while (_byAge.Count > MaxFiles || (_bytes > MaxBytes && _byAge.Count > 1))
        {
            var oldest = _byAge.Dequeue();
            _files.Remove(oldest.Id);
            _byPath.Remove(oldest.Path);
            _bytes -= oldest.Bytes.Length;
        }

        return stored;
    }

    public StoredFile? Find(string id) => _files.GetValueOrDefault(id);

    public StoredFile? FindByPath(string path) => _byPath.GetValueOrDefault(path);

    public void Clear()
    {
        _files.Clear();
        _byPath.Clear();
        _byAge.Clear();
        _bytes = 0;
    }
}

/// <summary>What kind of file it is, by its first bytes and its name.</summary>
internal static class MediaTypes
{
    public static bool IsImage(byte[] bytes) => ImageType(bytes) is not null;

    public static string Guess(string kind, IncomingFile file) => kind switch
    {
        "voice" => "audio/ogg",
        "audio" => "audio/mpeg",
        "video" or "video_note" or "animation" => "video/mp4",
        "sticker" => "image/webp",
        _ => ImageType(file.Bytes) ?? Path.GetExtension(file.Name ?? "").ToLowerInvariant() switch
        {
            ".pdf" => "application/pdf",
            ".zip" => "application/zip",
            ".txt" => "text/plain",
            ".csv" => "text/csv",
            ".mp4" => "video/mp4",
            ".mp3" => "audio/mpeg",
            ".ogg" => "audio/ogg",
            _ => "application/octet-stream",
        },
    };

    public static string ExtensionOf(string mimeType, string? name) => Path.GetExtension(name ?? "") is { Length: > 1 and <= 6 } extension && extension[1..].All(char.IsAsciiLetterOrDigit)
        ? extension.ToLowerInvariant()
        : mimeType switch
        {
            "image/jpeg" => ".jpg",
            "image/png" => ".png",
            "image/gif" => ".gif",
            "image/webp" => ".webp",
            "audio/ogg" => ".oga",
            "audio/mpeg" => ".mp3",
            "video/mp4" => ".mp4",
            "application/pdf" => ".pdf",
            _ => "",
        };

    /// <summary>The size of a picture; of what is no PNG a usual one.</summary>
    public static (int Width, int Height) SizeOf(byte[] bytes) => ImageType(bytes) == "image/png" && bytes.Length >= 24
        ? (System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)))
        : (1280, 960);

    private static string? ImageType(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
        : bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : bytes.StartsWith("GIF8"u8) ? "image/gif"
        : bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..].StartsWith("WEBP"u8) ? "image/webp"
        : null;
}

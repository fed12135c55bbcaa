using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>
/// Files that bots send: by upload, by the id of one that Telegram has, or by an address from which Telegram fetches it.
/// https://core.telegram.org/bots/api#sending-files
/// </summary>
internal sealed class BotApiMedia(TelegramNetwork network, BotApiMessages messages) : IDisposable
{
    private const int MaxPhotoByUrl = 5 << 20;
    private const int MaxByUrl = 20 << 20;
    private const int MaxByUpload = 50 << 20;
    private const int MaxDownload = 20 << 20;

    private static readonly Dictionary<string, string> Methods = new(StringComparer.Ordinal)
    {
        ["sendphoto"] = "photo",
        ["senddocument"] = "document",
        ["sendanimation"] = "animation",
        ["sendaudio"] = "audio",
        ["sendvoice"] = "voice",
        ["sendvideo"] = "video",
        ["sendvideonote"] = "video_note",
        ["sendsticker"] = "sticker",
    };

    private readonly HttpClient _fetch = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = MaxByUrl,
    };

    public static bool Handles(string method) => method == "sendmediagroup" || Methods.ContainsKey(method);

    /// <summary>Sends one file, or a group of them. Fetches first, so that nothing is held up meanwhile.</summary>
    public async Task<object> SendAsync(SimulatedBot bot, string method, BotApiArguments arguments, CancellationToken cancellationToken)
    {
        if (method == "sendmediagroup")
        {
            return await SendGroupAsync(bot, arguments, cancellationToken);
        }

        var kind = Methods[method];
        var file = await ResolveAsync(kind, arguments.Text(kind), kind, arguments, cancellationToken);
        lock (network.Sync)
        {
            return messages.SendMedia(bot, arguments, [new OutgoingMedia(file, arguments.Text("caption"), arguments.Text("parse_mode"), arguments.Text("caption_entities"))])[0];
        }
    }

    /// <summary>https://core.telegram.org/bots/api#getfile</summary>
    public object GetFile(BotApiArguments arguments)
    {
        var id = arguments.Text("file_id");
        var file = network.Files.Find(id) ?? throw BotApiException.BadRequest(id.Length == 0 ? "file_id not specified" : "invalid file_id");
        return file.Bytes.Length > MaxDownload
            ? throw BotApiException.BadRequest("file is too big")
            : new { file_id = file.Id, file_unique_id = "AgAD" + file.Id[^8..], file_size = file.Bytes.Length, file_path = file.Path };
    }

    public void Dispose() => _fetch.Dispose();

    /// <summary>https://core.telegram.org/bots/api#sendmediagroup</summary>
    private async Task<object> SendGroupAsync(SimulatedBot bot, BotApiArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Json("media", "media") is not JsonArray items)
        {
            throw BotApiException.BadRequest("can't parse media JSON object");
        }

        if (items.Count is < 2 or > 10)
        {
            throw BotApiException.BadRequest(items.Count == 0 ? "media must be non-empty" : "wrong number of items in the album");
        }

        List<OutgoingMedia> group = [];
        foreach (var item in items.OfType<JsonObject>())
        {
            var kind = item["type"]?.ToString() ?? "";
            if (kind is not ("photo" or "video" or "document" or "audio"))
            {
                throw BotApiException.BadRequest("can't parse InputMedia: type must be one of photo, video, document or audio");
            }

            var source = item["media"]?.ToString() ?? "";
            var attached = source.StartsWith("attach://", StringComparison.Ordinal) ? source["attach://".Length..] : source;
            var file = await ResolveAsync(kind, source, attached, arguments, cancellationToken);
            group.Add(new OutgoingMedia(file, item["caption"]?.ToString() ?? "", item["parse_mode"]?.ToString() ?? "", item["caption_entities"]?.ToJsonString() ?? ""));
        }

        if (group.Select(m => m.File.Kind is "document" or "audio" ? m.File.Kind : "visual").Distinct().Count() > 1)
        {
            throw BotApiException.BadRequest("documents and audio files can't be mixed with other types in an album");
        }

        lock (network.Sync)
        {
            return messages.SendMedia(bot, arguments, group);
        }
    }

    /// <param name="kind">What it is to be.</param>
    /// <param name="source">A file id, an address, or <c>attach://…</c>; empty: it is uploaded under <paramref name="upload"/>.</param>
    private async Task<StoredFile> ResolveAsync(string kind, string source, string upload, BotApiArguments arguments, CancellationToken cancellationToken)
    {
        if (source.StartsWith("attach://", StringComparison.Ordinal))
        {
            upload = source["attach://".Length..];
            source = "";
        }

        if (arguments.File(upload) is { } uploaded && (source.Length == 0 || source == upload))
        {
            return uploaded.Bytes.Length == 0 ? throw BotApiException.BadRequest("file must be non-empty")
                : uploaded.Bytes.Length > MaxByUpload ? throw new BotApiException(413, "Request Entity Too Large")
                : kind == "photo" && !MediaTypes.IsImage(uploaded.Bytes) ? throw BotApiException.BadRequest("IMAGE_PROCESS_FAILED")
                : Store(kind, uploaded);
        }

        if (source.Length == 0)
        {
            throw BotApiException.BadRequest($"there is no {kind.Replace('_', ' ')} in the request");
        }

        if (Uri.TryCreate(source, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return await FetchAsync(kind, url, cancellationToken);
        }

        lock (network.Sync)
        {
            return network.Files.Find(source) ?? throw BotApiException.BadRequest("wrong file identifier/HTTP URL specified");
        }
    }

    private async Task<StoredFile> FetchAsync(string kind, Uri url, CancellationToken cancellationToken)
    {
        byte[] bytes;
        string? type;
        try
        {
            using var response = await _fetch.GetAsync(url, cancellationToken);
            response.EnsureSuccessStatusCode();
            bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            type = response.Content.Headers.ContentType?.MediaType;
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw BotApiException.BadRequest("failed to get HTTP URL content");
        }

        // By address documents can only be PDF, ZIP and GIF files: https://core.telegram.org/bots/api#sending-files
        if ((kind == "photo" && !MediaTypes.IsImage(bytes)) || type is "text/html"
            || (kind == "document" && type is not ("application/pdf" or "application/zip" or "image/gif")))
        {
            throw BotApiException.BadRequest("wrong type of the web page content");
        }

        return bytes.Length > (kind == "photo" ? MaxPhotoByUrl : MaxByUrl)
            ? throw BotApiException.BadRequest("failed to get HTTP URL content")
            : Store(kind, new IncomingFile(Path.GetFileName(url.LocalPath), type, bytes));
    }

    private StoredFile Store(string kind, IncomingFile file)
    {
        lock (network.Sync)
        {
            return network.Files.Add(kind, file);
        }
    }
}

/// <summary>A file on its way into a chat, with its caption and the caption's markup.</summary>
internal sealed record OutgoingMedia(StoredFile File, string Caption, string ParseMode, string CaptionEntities);

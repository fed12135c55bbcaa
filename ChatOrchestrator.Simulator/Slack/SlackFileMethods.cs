using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>Uploads in three steps: https://docs.slack.dev/messaging/working-with-files#uploading_files. The caller holds the lock but for <see cref="UploadAsync"/>.</summary>
internal sealed class SlackFileMethods(SlackNetwork network, SlackEvents events, SlackChatMethods chat)
{
    private const int MaxBytes = 64 << 20;

    private readonly ConcurrentDictionary<string, (string Name, string User)> _tickets = new();

    public JsonObject GetUploadUrl(SlackApp app, SlackArguments arguments)
    {
        var name = arguments.Required("filename");
        if (arguments.Number("length") is not (> 0 and <= MaxBytes))
        {
            throw new SlackApiException("invalid_arguments");
        }

        var id = network.TakeFileId();
        _tickets[id] = (name, app.BotUserId);
        return new JsonObject { ["upload_url"] = $"{network.BaseUrl}/slack/upload/{id}", ["file_id"] = id };
    }

    /// <summary>Takes the bytes, raw or in a form.</summary>
    public async Task UploadAsync(HttpContext http, string id)
    {
        if (!_tickets.TryRemove(id, out var ticket))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var bytes = new MemoryStream();
        if (http.Request.HasFormContentType && (await http.Request.ReadFormAsync(http.RequestAborted)).Files is [var file, ..])
        {
            await file.CopyToAsync(bytes, http.RequestAborted);
        }
        else
        {
            await http.Request.Body.CopyToAsync(bytes, http.RequestAborted);
        }

        lock (network.Sync)
        {
            network.PutFile(id, ticket.Name, MimeTypeOf(ticket.Name), bytes.ToArray(), ticket.User);
        }

        await http.Response.WriteAsync($"OK - {bytes.Length}", http.RequestAborted);
    }

    public JsonObject CompleteUpload(SlackApp app, SlackArguments arguments)
    {
        var ids = arguments.Json("files", "invalid_arguments") as JsonArray ?? throw new SlackApiException("invalid_arguments");
        var files = ids.Select(f => network.FindFile(BlockRules.Text(f?["id"]) ?? "") ?? throw new SlackApiException("file_not_found")).ToList();
        if (arguments.Text("channel_id") is { Length: > 0 } id)
        {
            var channel = chat.Writable(app, id);
            var message = new SlackMessage
            {
                Ts = network.TakeTs(),
                ThreadTs = arguments.Text("thread_ts"),
                User = app.BotUserId,
                App = app,
                Text = arguments.Text("initial_comment") ?? "",
                Files = files,
            };
            channel.Add(message);
            events.Posted(channel, message);
        }

        return new JsonObject { ["files"] = new JsonArray([.. files.Select(f => (JsonNode)f.ToJson(network))]) };
    }

    /// <summary>Gives a file to a bot with its token, or to the page with the file's key.</summary>
    public IResult Download(HttpRequest request, string id)
    {
        lock (network.Sync)
        {
            var header = request.Headers.Authorization.ToString();
            var app = header.StartsWith("Bearer ", StringComparison.Ordinal) ? network.AppOf(header["Bearer ".Length..], appLevel: false) : null;
            var file = network.FindFile(id);
            if (app is null or { IsRevoked: true } && (file is null || request.Query["key"] != file.Key))
            {
                // As there: in place of the file the page to sign in.
                return Results.Content("<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "text/html");
            }

            return file is null ? Results.NotFound() : Results.Bytes(file.Bytes, file.MimeType);
        }
    }

    public static string MimeTypeOf(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".png" => "image/png",
        ".jpg" or ".jpeg" => "image/jpeg",
        ".gif" => "image/gif",
        ".webp" => "image/webp",
        ".mp3" => "audio/mpeg",
        ".mp4" => "video/mp4",
        ".pdf" => "application/pdf",
        ".txt" => "text/plain",
        _ => "application/octet-stream",
    };
}

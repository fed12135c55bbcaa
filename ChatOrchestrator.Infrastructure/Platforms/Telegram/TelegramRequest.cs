using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Telegram.Bot.Requests;

namespace ChatOrchestrator.Infrastructure.Platforms.Telegram;

/// <summary>A call of any method with its arguments as JSON, so that what is stored of a part is sent as it is.</summary>
internal sealed class TelegramRequest<T>(string method, JsonObject arguments) : RequestBase<T>(method)
{
    public override HttpContent ToHttpContent()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            arguments.WriteTo(writer);
        }
        var content = new ReadOnlyMemoryContent(buffer.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}

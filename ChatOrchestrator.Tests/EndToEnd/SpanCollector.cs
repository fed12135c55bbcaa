using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>One span, as it was exported.</summary>
/// <param name="Process">The resource's <c>service.name</c>.</param>
public sealed record ExportedSpan(string Process, string TraceId, string SpanId, string ParentId, string Name, ulong StartedAt, ulong EndedAt, IReadOnlyDictionary<string, string> Attributes)
{
    public double Milliseconds => (EndedAt - StartedAt) / 1e6;
}

/// <summary>Takes traces in as a collector does, by <see href="https://opentelemetry.io/docs/specs/otlp/#otlphttp">OTLP over HTTP</see>, and keeps the spans.</summary>
internal sealed class SpanCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SpanCollector(WebApplication app) => _app = app;

    public ConcurrentQueue<ExportedSpan> Spans { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<SpanCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new SpanCollector(builder.Build());
        collector._app.MapPost("/v1/traces", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            collector.Take(body.ToArray());
        });
        collector._app.MapPost("/v1/{signal}", () => Results.Ok());
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Field numbers: <see href="https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto">trace.proto</see>.</summary>
    private void Take(byte[] request)
    {
        foreach (var resourceSpans in Fields(request).Where(f => f.Number == 1))
        {
            var process = Fields(resourceSpans.Bytes).Where(f => f.Number == 1)
                .SelectMany(r => Attributes(r.Bytes, 1)).FirstOrDefault(a => a.Key == "service.name").Value ?? "";
            foreach (var span in Fields(resourceSpans.Bytes).Where(f => f.Number == 2).SelectMany(s => Fields(s.Bytes)).Where(f => f.Number == 2))
            {
                var fields = Fields(span.Bytes).ToList();
                Spans.Enqueue(new ExportedSpan(
                    process, Hex(fields, 1), Hex(fields, 2), Hex(fields, 4), Encoding.UTF8.GetString(fields.Find(f => f.Number == 5).Bytes.Span),
                    fields.Find(f => f.Number == 7).Value, fields.Find(f => f.Number == 8).Value,
                    Attributes(span.Bytes, 9).DistinctBy(a => a.Key).ToDictionary(a => a.Key, a => a.Value)));
            }
        }
    }

    private static string Hex(List<Field> fields, int number) => Convert.ToHexStringLower(fields.Find(f => f.Number == number).Bytes.Span);

    private static IEnumerable<KeyValuePair<string, string>> Attributes(ReadOnlyMemory<byte> message, int number) =>
        from attribute in Fields(message)
        where attribute.Number == number
        let fields = Fields(attribute.Bytes).ToList()
        let value = Fields(fields.Find(f => f.Number == 2).Bytes).FirstOrDefault()
        select new KeyValuePair<string, string>(
            Encoding.UTF8.GetString(fields.Find(f => f.Number == 1).Bytes.Span),
            value.Number == 1 ? Encoding.UTF8.GetString(value.Bytes.Span) : value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The <see href="https://protobuf.dev/programming-guides/encoding/">wire format</see>, as far as traces use it.</summary>
    private static IEnumerable<Field> Fields(ReadOnlyMemory<byte> message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    yield return new Field((int)(tag >> 3), default, Varint(message.Span, ref at));
                    break;
                case 1:
                    yield return new Field((int)(tag >> 3), default, BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    yield return new Field((int)(tag >> 3), message.Slice(at, length), 0);
                    at += length;
                    break;
                case 5:
                    yield return new Field((int)(tag >> 3), default, BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7}.");
            }
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
            {
                return value;
            }
            shift += 7;
        }
    }

    private readonly record struct Field(int Number, ReadOnlyMemory<byte> Bytes, ulong Value);
}

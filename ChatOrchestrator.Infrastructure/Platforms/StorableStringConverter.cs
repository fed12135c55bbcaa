using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>
/// Reads every JSON string, whatever it escapes. The serializer's own reader refuses a lone surrogate (<c>"\ud83d"</c>),
/// which would make a platform redeliver the event for ever, and a store cannot keep U+0000. Both become U+FFFD, one for
/// one, so that the offsets of entities stay right.
/// </summary>
internal sealed class StorableStringConverter : JsonConverter<string>
{
    private const char Replacement = '\uFFFD';

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException();
        }
        var raw = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        // A raw U+0000 is no valid JSON: only an escape can bring one in. GetString replaces bytes that are not UTF-8.
        return reader.ValueIsEscaped ? Unescape(raw) : Encoding.UTF8.GetString(raw);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    private static string Unescape(ReadOnlySpan<byte> raw)
    {
        // No escape is shorter than what it stands for, and no UTF-8 sequence shorter than its UTF-16.
        var rented = ArrayPool<char>.Shared.Rent(raw.Length);
        var length = 0;
        while (!raw.IsEmpty)
        {
            var escape = raw.IndexOf((byte)'\\');
            var plain = escape < 0 ? raw : raw[..escape];
            length += Encoding.UTF8.GetChars(plain, rented.AsSpan(length));
            if (escape < 0)
            {
                break;
            }
            raw = raw[(escape + 1)..];
            var code = raw[0];
            if (code == 'u')
            {
                // The reader has made sure of the four digits.
                rented[length++] = Utf8Parser.TryParse(raw.Slice(1, 4), out ushort unit, out _, 'x') ? (char)unit : Replacement;
                raw = raw[5..];
            }
            else
            {
                rented[length++] = code switch
                {
                    (byte)'n' => '\n',
                    (byte)'t' => '\t',
                    (byte)'r' => '\r',
                    (byte)'b' => '\b',
                    (byte)'f' => '\f',
                    _ => (char)code,
                };
                raw = raw[1..];
            }
        }
        var text = rented.AsSpan(0, length);
        Repair(text);
        var result = new string(text);
        ArrayPool<char>.Shared.Return(rented);
        return result;
    }

    private static void Repair(Span<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0')
            {
                text[i] = Replacement;
            }
            else if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                text[i] = Replacement;
            }
        }
    }
}

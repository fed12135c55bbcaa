using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace ChatOrchestrator.Simulator.Chat;

/// <summary>
/// <c>/simulator/media/…</c>: a picture, a recording and a document that an answer can show, made in code so that nothing
/// has to be kept or fetched. The same bytes at every start.
/// </summary>
internal static class SampleMedia
{
    private const int Width = 480;
    private const int Height = 300;
    private const int SampleRate = 16_000;

    private static readonly uint[] CrcTable = MakeCrcTable();

    public static void MapSampleMedia(this IEndpointRouteBuilder routes)
    {
        Map("picture.png", "image/png", MakePicture);
        Map("recording.wav", "audio/wav", MakeRecording);
        Map("document.pdf", "application/pdf", MakeDocument);

        void Map(string name, string type, Func<byte[]> make)
        {
            var content = new Lazy<byte[]>(make);
            routes.MapGet("/simulator/media/" + name, (HttpContext http) =>
            {
                http.Response.Headers.XContentTypeOptions = "nosniff";
                http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
                http.Response.Headers.CacheControl = "max-age=3600";
                return TypedResults.Bytes(content.Value, type, enableRangeProcessing: true);
            });
        }
    }

    /// <summary>Hills below a low sun. https://www.w3.org/TR/png-3/</summary>
    private static byte[] MakePicture()
    {
        var rows = new byte[Height * (1 + (Width * 3))];
        for (var y = 0; y < Height; y++)
        {
            var row = rows.AsSpan(y * (1 + (Width * 3)) + 1, Width * 3);
            for (var x = 0; x < Width; x++)
            {
                var (red, green, blue) = ColourAt(x, y);
                (row[x * 3], row[(x * 3) + 1], row[(x * 3) + 2]) = (red, green, blue);
            }
        }

        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9]) = (8, 2); // Eight bits each of red, green and blue.
        WriteChunk(png, "IHDR", header);
        using (var packed = new MemoryStream())
        {
            using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            {
                zlib.Write(rows);
            }

            WriteChunk(png, "IDAT", packed.ToArray());
        }

        WriteChunk(png, "IEND", []);
        return png.ToArray();
    }

    private static (byte Red, byte Green, byte Blue) ColourAt(int x, int y)
    {
        var near = 215 + (22 * Math.Sin((x + 40) / 70.0));
        var far = 175 + (28 * Math.Sin(x / 95.0)) + (9 * Math.Sin(x / 31.0));
        if (y > near)
        {
            return (46, (byte)(104 - ((y - near) / 4)), 78);
        }

        if (y > far)
        {
            return (86, 132, (byte)(128 + ((y - far) / 3)));
        }

        var distance = Math.Sqrt(Math.Pow(x - 345, 2) + Math.Pow(y - 120, 2));
        if (distance < 42)
        {
            return (255, 236, 170);
        }

        var glow = Math.Max(0, 1 - (distance / 320));
        var dusk = y / (double)Height;
        return ((byte)(70 + (120 * dusk) + (90 * glow * (1 - dusk))), (byte)(120 + (80 * dusk) + (40 * glow)), (byte)(200 - (20 * dusk)));
    }

    /// <summary>Four notes, one after another: PCM in a RIFF file.</summary>
    private static byte[] MakeRecording()
    {
        double[] notes = [523.25, 659.26, 783.99, 1046.5];
        const int PerNote = SampleRate * 3 / 8;
        var samples = notes.Length * PerNote;
        var wav = new byte[44 + (samples * 2)];
        "RIFF"u8.CopyTo(wav);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(4), wav.Length - 8);
        "WAVEfmt "u8.CopyTo(wav.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(20), 1); // PCM
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(22), 1); // Mono
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(24), SampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(28), SampleRate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(32), 2);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(34), 16);
        "data"u8.CopyTo(wav.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(40), samples * 2);
        for (var i = 0; i < samples; i++)
        {
            var at = (i % PerNote) / (double)PerNote;
            var loudness = Math.Min(1, at * 20) * (1 - at) * 8_000;
            BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(44 + (i * 2)), (short)(loudness * Math.Sin(2 * Math.PI * notes[i / PerNote] * i / SampleRate)));
        }

        return wav;
    }

    /// <summary>One page with one line of text.</summary>
    private static byte[] MakeDocument()
    {
        const string Text = "BT /F1 24 Tf 72 720 Td (A document of the simulator) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {Text.Length} >>\nstream\n{Text}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(pdf.Length);
            pdf.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var start = pdf.Length;
        pdf.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            pdf.Append(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        }

        pdf.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(pdf.ToString());
    }

    private static void WriteChunk(Stream png, string type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        var name = Encoding.ASCII.GetBytes(type);
        png.Write(name);
        png.Write(data);
        var crc = 0xFFFF_FFFFu;
        foreach (var b in name.Concat(data))
        {
            crc = CrcTable[(crc ^ b) & 0xFF] ^ (crc >> 8);
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        png.Write(number);
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}

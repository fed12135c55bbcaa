using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>SHA-256 over texts, each with its length before it, so that no two lists of texts are the same.</summary>
internal sealed class PromptHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(string text)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        _hash.AppendData(length);
        _hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    public string End() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}

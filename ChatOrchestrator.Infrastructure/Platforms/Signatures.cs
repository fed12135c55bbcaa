using System.Security.Cryptography;
using System.Text;

namespace ChatOrchestrator.Infrastructure.Platforms;

/// <summary>Signatures and tokens, compared in constant time.</summary>
internal static class Signatures
{
    /// <summary>Whether <paramref name="given"/> is <paramref name="prefix"/> and the HMAC-SHA256 of the data in hexadecimal.</summary>
    /// <param name="data">The pieces that are signed, in order.</param>
    public static bool IsHmacSha256(string? given, string prefix, byte[] key, params ReadOnlySpan<ReadOnlyMemory<byte>> data)
    {
        if (given is null || given.Length != prefix.Length + (2 * HMACSHA256.HashSizeInBytes) || !given.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using (var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key))
        {
            foreach (var piece in data)
            {
                hmac.AppendData(piece.Span);
            }
            hmac.GetHashAndReset(expected);
        }
        Span<byte> bytes = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return Convert.FromHexString(given.AsSpan(prefix.Length), bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(bytes, expected);
    }

    /// <summary>Whether two texts are the same; by their hashes, so that the time says nothing about the secret's length either.</summary>
    public static bool AreSame(string? given, string? secret) =>
        !string.IsNullOrEmpty(secret) && given is { Length: <= 4096 }
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

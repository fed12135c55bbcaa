using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChatOrchestrator.Application.Access;

/// <summary>A secret with 256 random bits: an API key or a refresh token. Stored as its SHA-256.</summary>
/// <param name="Value">Shown once.</param>
public readonly record struct RandomSecret(string Value)
{
    private const int PrefixLength = 12;

    /// <summary>How it begins, to be recognised by; 48 bits of it, which help nobody with the rest.</summary>
    public string Prefix => Value[..PrefixLength];

    public string Hash => HashOf(Value);

    /// <param name="kind">What it begins with, so that people and secret scanners recognise it.</param>
    public static RandomSecret New(string kind) => new(kind + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public static string HashOf(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}

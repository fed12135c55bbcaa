using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>
/// The bootstrap owner key: <c>Admin:ApiKey</c>. In Development it may be missing; then a key is made at the first start and
/// printed once, and only its hash is kept.
/// </summary>
internal sealed class AdminKey : IHostedLifecycleService
{
    public const string Setting = "Admin:ApiKey";

    private const int MinLength = 16;
    private const string GeneratedName = "development";

    private readonly byte[]? _hash;
    private readonly IApiKeyStore _keys;

    /// <exception cref="ConfigurationException">The key is missing outside Development, or too short.</exception>
    public AdminKey(IConfiguration configuration, IHostEnvironment environment, IApiKeyStore keys)
    {
        _keys = keys;
        var key = configuration[Setting];
        if (!string.IsNullOrWhiteSpace(key))
        {
            if (key.Length < MinLength)
            {
                throw new ConfigurationException(Setting, $"the key has at least {MinLength} characters; make one with 'openssl rand -hex 32'.");
            }
            _hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        }
        else if (!environment.IsDevelopment())
        {
            throw new ConfigurationException(Setting, "the owner's API key is required outside Development; make one with 'openssl rand -hex 32'.");
        }
    }

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whether it is the configured key, in constant time.</summary>
    public bool Matches(string key) => _hash is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), _hash);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_hash is not null)
        {
            return;
        }
        var key = "dev_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        if (await _keys.AddFirstAsync(GeneratedName, HashOf(key), ApiKeyAuthentication.Owner, cancellationToken))
        {
            // Not through the log: logs are kept and shipped.
            await Console.Out.WriteLineAsync($"Admin API key (shown once): {key}");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;

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
    private readonly TimeProvider _time;

    /// <exception cref="ConfigurationException">The key is missing outside Development, or too short.</exception>
    public AdminKey(IConfiguration configuration, IHostEnvironment environment, IApiKeyStore keys, TimeProvider time)
    {
        (_keys, _time) = (keys, time);
        Require(configuration, environment);
        _hash = configuration[Setting] is { } key && !string.IsNullOrWhiteSpace(key) ? SHA256.HashData(Encoding.UTF8.GetBytes(key)) : null;
    }

    /// <exception cref="ConfigurationException">The key is missing outside Development, or too short.</exception>
    public static void Require(IConfiguration configuration, IHostEnvironment environment)
    {
        var key = configuration[Setting];
        if (string.IsNullOrWhiteSpace(key))
        {
            if (!environment.IsDevelopment())
            {
                throw new ConfigurationException(Setting, "the owner's API key is required outside Development; make one with 'openssl rand -hex 32'.");
            }
        }
        else if (key.Length < MinLength)
        {
            throw new ConfigurationException(Setting, $"the key has at least {MinLength} characters; make one with 'openssl rand -hex 32'.");
        }
    }

    /// <summary>Who holds the configured key, or null when none is configured.</summary>
    public Caller? Owner => _hash is null ? null : new Caller
    {
        Name = "owner",
        Actor = "owner",
        Role = Role.Owner,
        Subject = "owner",
        // Access tokens that were issued to another key are refused.
        Stamp = BinaryPrimitives.ReadInt32BigEndian(_hash),
    };

    /// <summary>Whether it is the configured key, in constant time.</summary>
    public bool Matches(string key) => _hash is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), _hash);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (_hash is not null)
        {
            return;
        }
        var secret = RandomSecret.New("dev_");
        var key = new ApiKey(GeneratedName, secret.Prefix, secret.Hash, Role.Owner, AccessScope.Everything, null, "start", _time.GetUtcNow());
        if (await _keys.AddFirstAsync(key, cancellationToken))
        {
            // Not through the log: logs are kept and shipped.
            await Console.Out.WriteLineAsync($"Admin API key (shown once): {secret.Value}");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Tests.Platforms;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Tests.Persistence;

public sealed class KeyRingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-ring-");
    private readonly CapturedLog _log = new();

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public async Task A_ring_that_lay_in_the_clear_is_encrypted_at_the_next_start_with_a_key()
    {
        var kept = await ProtectAsync();
        var (plain, master) = await RingAsync();
        master.ShouldNotBeNull("without a key the ring lies in the clear");
        _log.ToString().ShouldContain("DataProtection:Key", Case.Sensitive, "and the start says so");

        var key = NewKey();
        (await UnprotectAsync(kept, ("DataProtection:Key", key))).ShouldBe("4712:secret");

        var (sealedRing, secret) = await RingAsync();
        secret.ShouldBeNull();
        sealedRing.ShouldNotContain(master);
        sealedRing.ShouldNotBe(plain);
        _log.ToString().ShouldNotContain(key);
    }

    [Fact]
    public async Task A_key_is_rotated_with_one_start_and_then_no_longer_needed()
    {
        var (first, second) = (NewKey(), NewKey());
        var kept = await ProtectAsync(("DataProtection:Key", first));
        (await RingAsync()).Master.ShouldBeNull();

        (await UnprotectAsync(kept, ("DataProtection:Key", second), ("DataProtection:PreviousKeys:0", first))).ShouldBe("4712:secret");

        (await UnprotectAsync(kept, ("DataProtection:Key", second))).ShouldBe("4712:secret");
        var refused = await Should.ThrowAsync<ConfigurationException>(() => UnprotectAsync(kept, ("DataProtection:Key", first)));
        refused.Message.ShouldContain("DataProtection:PreviousKeys");
        refused.ToString().ShouldNotContain(first);
        await Should.ThrowAsync<ConfigurationException>(() => UnprotectAsync(kept));
    }

    [Fact]
    public async Task A_certificate_does_as_well_and_may_follow_a_key()
    {
        var key = NewKey();
        var kept = await ProtectAsync(("DataProtection:Key", key));
        var (one, two) = (Certificate("one"), Certificate("two"));

        (await UnprotectAsync(kept, ("DataProtection:CertificatePath", one), ("DataProtection:CertificatePassword", "pass-one"), ("DataProtection:PreviousKeys:0", key)))
            .ShouldBe("4712:secret");
        (await UnprotectAsync(
            kept, ("DataProtection:CertificatePath", two), ("DataProtection:CertificatePassword", "pass-two"),
            ("DataProtection:PreviousCertificates:0:Path", one), ("DataProtection:PreviousCertificates:0:Password", "pass-one"))).ShouldBe("4712:secret");
        (await UnprotectAsync(kept, ("DataProtection:CertificatePath", two), ("DataProtection:CertificatePassword", "pass-two"))).ShouldBe("4712:secret");

        var refused = await Should.ThrowAsync<ConfigurationException>(
            () => UnprotectAsync(kept, ("DataProtection:CertificatePath", two), ("DataProtection:CertificatePassword", "wr0ng")));
        refused.ToString().ShouldNotContain("wr0ng");
    }

    [Fact]
    public async Task A_ring_that_was_changed_stops_the_start()
    {
        var key = NewKey();
        var kept = await ProtectAsync(("DataProtection:Key", key));
        await using (var connection = new SqliteConnection(ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE data_protection_keys SET xml = replace(xml, '</ringSecret>', 'AAAA</ringSecret>')";
            (await command.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        (await Should.ThrowAsync<ConfigurationException>(() => UnprotectAsync(kept, ("DataProtection:Key", key)))).Message.ShouldContain("data_protection_keys");
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("c2hvcnQ=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    public async Task A_key_that_is_none_stops_the_start_and_is_not_quoted(string key)
    {
        var refused = await Should.ThrowAsync<ConfigurationException>(() => ProtectAsync(("DataProtection:Key", key)));
        refused.Message.ShouldContain("openssl rand -base64 32");
        refused.ToString().ShouldNotContain(key);
    }

    public void Dispose()
    {
        SqliteConnection.ClearPool(new SqliteConnection(ConnectionString));
        _folder.Delete(recursive: true);
    }

    private string File => Path.Combine(_folder.FullName, "chat.db");

    private string ConnectionString => new SqliteConnectionStringBuilder { DataSource = File }.ConnectionString;

    private Task<string> ProtectAsync(params (string, string)[] settings) =>
        WithAsync(settings, secrets => secrets.Protect(new Dictionary<string, string> { ["botToken"] = "4712:secret" }));

    private Task<string?> UnprotectAsync(string kept, params (string, string)[] settings) =>
        WithAsync(settings, secrets => secrets.Unprotect(kept)?["botToken"]);

    /// <summary>A process of its own, from start to end.</summary>
    private async Task<T> WithAsync<T>((string Key, string Value)[] settings, Func<IConnectionSecrets, T> work)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)).Append(new("Storage:Path", File)));
        builder.Services.AddPersistence(builder.Configuration);
        builder.Services.AddHybridCache();
        builder.Services.AddSingleton(NSubstitute.Substitute.For<ISignals>());
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>)).AddSingleton<ILoggerFactory>(_log.Factory());
        using var host = builder.Build();
        await host.Services.GetRequiredService<PrepareStore>().HandleAsync(migrate: true, default);
        return work(host.Services.GetRequiredService<IConnectionSecrets>());
    }

    private async Task<(string Xml, string? Master)> RingAsync()
    {
        await using var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT xml FROM data_protection_keys";
        var xml = (string)(await command.ExecuteScalarAsync())!;
        return (xml, XElement.Parse(xml).Descendants("masterKey").Select(e => e.Element("value")?.Value).SingleOrDefault());
    }

    private string Certificate(string name)
    {
        using var rsa = RSA.Create(2048);
        using var certificate = new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddYears(1));
        var path = Path.Combine(_folder.FullName, name + ".p12");
        System.IO.File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, $"pass-{name}"));
        return path;
    }
}

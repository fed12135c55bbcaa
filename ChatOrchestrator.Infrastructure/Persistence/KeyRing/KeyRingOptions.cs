namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>What the key ring in the store is encrypted with: the configuration section <c>DataProtection</c>.</summary>
public sealed class KeyRingOptions
{
    public const string Section = "DataProtection";

    /// <summary>32 bytes in base64 (<c>openssl rand -base64 32</c>); or else a certificate.</summary>
    public string? Key { get; set; }

    /// <summary>Keys of before: the ring is read with them and encrypted anew with the current one at the next start.</summary>
    public IList<string> PreviousKeys { get; } = [];

    /// <summary>A PKCS#12 file with an RSA key.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>Opens the file.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>Certificates of before, like <see cref="PreviousKeys"/>.</summary>
    public IList<CertificateFile> PreviousCertificates { get; } = [];
}

public sealed class CertificateFile
{
    /// <summary>The PKCS#12 file.</summary>
    public string? Path { get; set; }

    /// <summary>Opens it.</summary>
    public string? Password { get; set; }
}

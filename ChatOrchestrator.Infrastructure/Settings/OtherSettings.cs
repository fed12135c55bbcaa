namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>The keys that no options class holds: what decides how a process is put together, and what belongs to the platform below it.</summary>
internal static class OtherSettings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Text("ConnectionStrings:chatdb", "Postgres, such as Host=localhost;Database=chat;Username=chat;Password=…. Absent: an SQLite file at Storage:Path, for one process."),
        Text("ConnectionStrings:redis", "Redis, such as localhost:6379. Absent: in process; required as soon as there are several processes."),
        Text("Admin:ApiKey", "The owner's key for the admin API, at least 16 characters (openssl rand -hex 32). Production: required; Development: one is generated at the first start and printed once."),
        Text("PublicUrl", "The address that platforms reach, such as https://chat.example.org; used to register webhooks. Absent: polling, where the platform has it."),
        Text("OPENAI_API_KEY", "Read where Ai:ApiKey is absent."),
        Text("Cors:AllowedOrigins:0", "Pages elsewhere that may call the admin API from a browser, such as https://admin.example.org. None: no page elsewhere may."),
        Text("ForwardedHeaders:KnownProxies:0", "A proxy, such as 10.0.0.7, whose X-Forwarded-For and X-Forwarded-Proto are believed. None: nobody's are."),
        Text("ForwardedHeaders:KnownNetworks:0", "A network of such proxies, as 10.0.0.0/24."),
        Text("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces, metrics and logs go (OpenTelemetry; its other OTEL_ variables hold, too). Absent: metrics at /metrics only."),
        Text("Sentry:Dsn", "Where errors are reported, without texts of messages and secrets, such as https://KEY@o1.ingest.sentry.io/2. Absent: nowhere."),
        Text("SENTRY_DSN", "Read where Sentry:Dsn is absent."),
        Text("ASPNETCORE_ENVIRONMENT", "Development or Production.", "Production"),
        Text("ASPNETCORE_URLS", "Where a process listens, such as http://*:8080.", "http://localhost:5000"),
        Text("Logging:LogLevel:Default", "What is logged: Trace, Debug, Information, Warning, Error or None. Other categories by their names.", "Information"),
    ];

    /// <summary>
    /// Sections in which anything goes: the framework's own, and those of options classes that only the API has, when it is
    /// another process that looks.
    /// </summary>
    public static IReadOnlyList<string> OpenSections { get; } =
        ["Logging", "Kestrel", "AllowedHosts", "services", "Parameters", "Auth", "Limits", "HealthChecks"];

    private static Setting Text(string key, string meaning, string? value = null) => new(key, typeof(string), value) { Meaning = meaning };
}

using System.Diagnostics;
using OpenTelemetry;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Rewrites the URLs of a finished span before it is exported. The instrumentations redact query values only, and that
/// can be switched off from outside (OTEL_DOTNET_EXPERIMENTAL_*_DISABLE_URL_QUERY_REDACTION, which Aspire does set in
/// development); secrets in the path they leave alone.
/// </summary>
internal sealed class SecretRedactionProcessor : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.Kind is not (ActivityKind.Client or ActivityKind.Server))
        {
            return;
        }

        List<KeyValuePair<string, string>>? changes = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is not string value || !IsUrlTag(tag.Key))
            {
                continue;
            }

            var redacted = tag.Key == "url.query" ? SecretRedaction.RedactQuery(value) : SecretRedaction.Redact(value);
            if (!ReferenceEquals(redacted, value))
            {
                (changes ??= []).Add(new(tag.Key, redacted));
            }
        }

        foreach (var (key, value) in changes ?? [])
        {
            data.SetTag(key, value);
        }

        var name = SecretRedaction.Redact(data.DisplayName);
        if (!ReferenceEquals(name, data.DisplayName))
        {
            data.DisplayName = name;
        }

        if (data.StatusDescription is { } description)
        {
            var redacted = SecretRedaction.Redact(description);
            if (!ReferenceEquals(redacted, description))
            {
                data.SetStatus(data.Status, redacted);
            }
        }
    }

    private static bool IsUrlTag(string key) =>
        key.StartsWith("url.", StringComparison.Ordinal) || key.StartsWith("http.", StringComparison.Ordinal);
}

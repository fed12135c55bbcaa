using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sentry;
using Sentry.AspNetCore;
using Sentry.Extensibility;

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>
/// Errors to Sentry when <c>Sentry:Dsn</c> (or <c>SENTRY_DSN</c>) is set; without it the client is not even started.
/// </summary>
/// <remarks>
/// What leaves: the exception's type and stack, log lines of level Error (their words, ids and reasons), the release. What
/// does not: bodies, headers, cookies, query values, users, addresses, host names, and the text of exceptions that are not
/// ours, which may quote what they choked on.
/// </remarks>
internal static class ErrorReporting
{
    private const string OwnNamespace = "ChatOrchestrator.";

    /// <summary>Of what log lines carry, ids and stable words; the client makes tags of all of it.</summary>
    private static readonly HashSet<string> Tags =
        new(["ConversationId", "ConnectionId", "MessageId", "UserId", "TurnId", "Platform", "Model", "Reason", "Attempt", "Check", "Status", "Worker", "Endpoint", "Method"], StringComparer.Ordinal);

    /// <exception cref="OptionsValidationException"><c>Sentry:Dsn</c> is none.</exception>
    public static void AddErrorReporting(this IHostApplicationBuilder builder)
    {
        var dsn = builder.Configuration["Sentry:Dsn"] ?? builder.Configuration["SENTRY_DSN"];
        if (string.IsNullOrWhiteSpace(dsn) || builder is not WebApplicationBuilder web)
        {
            return;
        }
        Report(web, dsn);
    }

    /// <summary>A method of its own: the client's assemblies are loaded with the first method that names it.</summary>
    private static void Report(WebApplicationBuilder builder, string dsn)
    {
        if (!Uri.TryCreate(dsn, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length == 0 || address.AbsolutePath.Length < 2)
        {
            throw new OptionsValidationException("Sentry", typeof(SentryAspNetCoreOptions), ["Sentry:Dsn (or SENTRY_DSN) must be a project's DSN, such as https://KEY@o1.ingest.sentry.io/2."]);
        }
        builder.WebHost.UseSentry(options =>
        {
            Configure(options);
            options.Dsn = dsn;
            options.Environment = builder.Environment.EnvironmentName;
        });
    }

    private static void Configure(SentryAspNetCoreOptions options)
    {
        options.MaxRequestBodySize = RequestSize.None;
        options.SendDefaultPii = false;
        options.IsEnvironmentUser = false;
        options.ServerName = "";
        // Traces go where OTEL_EXPORTER_OTLP_ENDPOINT says, and nowhere twice.
        options.TracesSampleRate = 0;
        options.AutoSessionTracking = false;
        options.MinimumEventLevel = LogLevel.Error;
        options.MinimumBreadcrumbLevel = LogLevel.Information;
        options.MaxBreadcrumbs = 20;
        options.AttachStacktrace = false;
        options.CaptureFailedRequests = false;
        options.SetBeforeBreadcrumb(static (breadcrumb, _) => Clean(breadcrumb));
        options.SetBeforeSend(static (report, _) => Clean(report));
    }

    private static SentryEvent Clean(SentryEvent report)
    {
        report.User = new SentryUser();
        report.ServerName = null;
        var (method, url) = (report.Request.Method, report.Request.Url);
        foreach (var name in report.Tags.Keys.Where(name => !Tags.Contains(name)).ToList())
        {
            report.UnsetTag(name);
        }
        report.Contexts.Remove("device");
        report.Request = new SentryRequest { Method = method, Url = url is null ? null : SecretRedaction.Redact(url) };
        if (report.Message is { } message)
        {
            report.Message = new SentryMessage
            {
                Message = Redacted(message.Message),
                Formatted = Redacted(message.Formatted),
            };
        }
        foreach (var exception in report.SentryExceptions ?? [])
        {
            exception.Value = exception.Type?.StartsWith(OwnNamespace, StringComparison.Ordinal) == true ? Redacted(exception.Value) : SecretRedaction.Placeholder;
            exception.Mechanism?.Data.Clear();
        }
        return report;
    }

    private static Breadcrumb? Clean(Breadcrumb breadcrumb) =>
        // What HTTP clients leave behind names addresses; ours hold tokens.
        breadcrumb.Category == "http" ? null
        : new Breadcrumb(SecretRedaction.Redact(breadcrumb.Message ?? ""), breadcrumb.Type ?? "", data: null, breadcrumb.Category, breadcrumb.Level);

    private static string? Redacted(string? text) => text is null ? null : SecretRedaction.Redact(text);
}

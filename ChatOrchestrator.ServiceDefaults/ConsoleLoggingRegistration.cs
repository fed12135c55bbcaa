using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.ServiceDefaults;

internal static class ConsoleLoggingRegistration
{
    private const string RequestActivityCategory = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>One line per record: plain in Development, JSON elsewhere; <c>Logging:Console:FormatterName</c> wins.</summary>
    public static void AddConsoleLogging(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["Logging:Console:FormatterName"]))
        {
            if (builder.Environment.IsDevelopment())
            {
                builder.Logging.AddSimpleConsole(static options =>
                {
                    options.SingleLine = true;
                    options.TimestampFormat = "HH:mm:ss.fff ";
                });
            }
            else
            {
                builder.Logging.AddJsonConsole(static options =>
                {
                    options.UseUtcTimestamp = true;
                    options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                    options.IncludeScopes = true;
                });
            }
        }

        var tracing = builder.HasOtlpEndpoint();
        // Inserted ahead of what configuration says (of two rules for a category the later one counts), so that
        // Logging:LogLevel can override each of these.
        builder.Services.Configure<LoggerFilterOptions>(options =>
        {
            AddDefault(options, "Microsoft.AspNetCore", LogLevel.Warning);
            AddDefault(options, "Polly", LogLevel.Warning);
            if (!tracing)
            {
                // ASP.NET Core starts an Activity and a log scope for each request as long as this category is on at all,
                // and HttpClient then starts one for each call: work on the hot path that nothing would read.
                AddDefault(options, RequestActivityCategory, LogLevel.None);
            }
        });
    }

    private static void AddDefault(LoggerFilterOptions options, string category, LogLevel level) =>
        options.Rules.Insert(0, new LoggerFilterRule(providerName: null, category, level, filter: null));
}

using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Which model answers, and how long it may take: the configuration section <c>Ai</c>.</summary>
public sealed class AiOptions
{
    public const string Section = "Ai";

    /// <summary>The base URL of an OpenAI-compatible API, ending in <c>/v1</c>; null: OpenAI's own.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The API's key, by default the environment's <c>OPENAI_API_KEY</c>. A local server may need none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The model of bots that name none.</summary>
    public string Model { get; set; } = "gpt-4o-mini";

    /// <summary>The model that turns voice messages into text (<c>whisper-1</c>, <c>gpt-4o-mini-transcribe</c>); null: they are not read.</summary>
    public string? TranscriptionModel { get; set; }

    /// <summary>How long a streamed answer may take to begin, in seconds, 1 to 600.</summary>
    public int FirstTokenTimeoutSeconds { get; set; } = 30;

    /// <summary>How long one answer may take in all, retries included, in seconds, 1 to 600.</summary>
    public int TimeoutSeconds { get; set; } = 120;

    /// <summary>Neither a key nor an endpoint is configured.</summary>
    public bool IsDemo => Endpoint is null && ApiKey is null;

    internal TimeSpan FirstTokenTimeout => TimeSpan.FromSeconds(FirstTokenTimeoutSeconds);

    internal TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}

/// <summary>Stops the start with one line for each wrong key. The lines never hold a secret.</summary>
internal sealed class AiOptionsValidation : IValidateOptions<AiOptions>
{
    public ValidateOptionsResult Validate(string? name, AiOptions options)
    {
        List<string> wrong = [];
        if (options.Endpoint is { } endpoint)
        {
            // A base URL without a path is always a mistake (the servers' own pages answer there), and would show only as 404s later.
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
                || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
                || uri.AbsolutePath is "" or "/"
                || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            {
                wrong.Add("Ai:Endpoint must be the http or https base URL of an OpenAI-compatible API, such as https://api.openai.com/v1.");
            }
        }
        if (options.ApiKey is { } key && key.Any(c => c is <= ' ' or > '~'))
        {
            wrong.Add("Ai:ApiKey (or OPENAI_API_KEY) holds a character that a key cannot have.");
        }
        if (string.IsNullOrWhiteSpace(options.Model) || options.Model.Length > 200)
        {
            wrong.Add("Ai:Model must have 1 to 200 characters.");
        }
        if (options.TimeoutSeconds is < 1 or > 600)
        {
            wrong.Add("Ai:TimeoutSeconds must lie between 1 and 600.");
        }
        if (options.FirstTokenTimeoutSeconds is < 1 or > 600)
        {
            wrong.Add("Ai:FirstTokenTimeoutSeconds must lie between 1 and 600.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}

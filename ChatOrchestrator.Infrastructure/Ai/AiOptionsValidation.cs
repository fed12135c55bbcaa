using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Stops the start with one line for each wrong key. The lines never hold a secret.</summary>
internal sealed class AiOptionsValidation : IValidateOptions<AiOptions>
{
    /// <summary>Per million tokens: what is over it was meant for another unit.</summary>
    private const decimal HighestPrice = 1_000_000;
    private const decimal HighestCallPrice = 1_000;

    public ValidateOptionsResult Validate(string? name, AiOptions options)
    {
        List<string> wrong = [];
        if (options.Endpoint is { } endpoint && !IsBaseUrl(endpoint, withPath: true))
        {
            wrong.Add("Ai:Endpoint must be the http or https base URL of an OpenAI-compatible API, such as https://api.openai.com/v1.");
        }
        if (!IsKey(options.ApiKey))
        {
            wrong.Add("Ai:ApiKey (or OPENAI_API_KEY) holds a character that a key cannot have.");
        }
        if (string.IsNullOrWhiteSpace(options.Model) || options.Model.Length > 200)
        {
            wrong.Add("Ai:Model must have 1 to 200 characters.");
        }
        CheckSeconds(wrong, "Ai:TimeoutSeconds", options.TimeoutSeconds);
        CheckSeconds(wrong, "Ai:FirstTokenTimeoutSeconds", options.FirstTokenTimeoutSeconds);
        if (options.Currency.Length != 3 || !options.Currency.All(char.IsAsciiLetterUpper))
        {
            wrong.Add("Ai:Currency must have three capital letters, such as USD.");
        }
        foreach (var (provider, settings) in options.Providers)
        {
            CheckProvider(wrong, $"Ai:Providers:{provider}", settings);
        }
        foreach (var (model, settings) in options.Models)
        {
            CheckModel(wrong, $"Ai:Models:{model}", settings, options);
        }
        var asksDefault = !options.Models.TryGetValue(options.Model, out var chosen) || chosen.Provider is null;
        if (options.Providers.Count > 0 && options is { Endpoint: null, ApiKey: null } && asksDefault)
        {
            wrong.Add("Ai:Model must name one of Ai:Models that has a Provider, as neither Ai:Endpoint nor Ai:ApiKey is set.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static void CheckProvider(List<string> wrong, string key, ProviderOptions provider)
    {
        var isOpenAI = string.Equals(provider.Kind, ProviderOptions.OpenAI, StringComparison.OrdinalIgnoreCase);
        if (!provider.IsAzure && !isOpenAI)
        {
            wrong.Add($"{key}:Kind must be openai or azure.");
        }
        if (provider.IsAzure && !(provider.Endpoint is { } resource && IsBaseUrl(resource, withPath: false)))
        {
            wrong.Add($"{key}:Endpoint must be the http or https address of an Azure OpenAI resource, such as https://NAME.openai.azure.com.");
        }
        if (isOpenAI && provider.Endpoint is { } endpoint && !IsBaseUrl(endpoint, withPath: true))
        {
            wrong.Add($"{key}:Endpoint must be the http or https base URL of an OpenAI-compatible API, such as https://api.openai.com/v1.");
        }
        if (!IsKey(provider.ApiKey))
        {
            wrong.Add($"{key}:ApiKey holds a character that a key cannot have.");
        }
        if (provider.ApiVersion is { } version && (!provider.IsAzure || !version.All(c => char.IsAsciiLetterOrDigit(c) || c is '-')))
        {
            wrong.Add($"{key}:ApiVersion is for azure only, and looks like 2024-10-21.");
        }
    }

    private static void CheckModel(List<string> wrong, string key, ModelOptions model, AiOptions options)
    {
        if (model.Provider is { } provider && !options.Providers.ContainsKey(provider))
        {
            wrong.Add($"{key}:Provider must be one of Ai:Providers.");
        }
        if (model.Name is { Length: > 200 })
        {
            wrong.Add($"{key}:Name must have 1 to 200 characters.");
        }
        for (var i = 0; i < model.Fallbacks.Count; i++)
        {
            if (!options.Models.ContainsKey(model.Fallbacks[i]))
            {
                wrong.Add($"{key}:Fallbacks:{i} must be one of Ai:Models.");
            }
        }
        CheckSeconds(wrong, $"{key}:TimeoutSeconds", model.TimeoutSeconds);
        CheckSeconds(wrong, $"{key}:FirstTokenTimeoutSeconds", model.FirstTokenTimeoutSeconds);
        CheckPrice(wrong, $"{key}:InputPrice", model.InputPrice);
        CheckPrice(wrong, $"{key}:CachedInputPrice", model.CachedInputPrice);
        CheckPrice(wrong, $"{key}:OutputPrice", model.OutputPrice);
        CheckCallPrice(wrong, $"{key}:MinutePrice", model.MinutePrice);
        CheckCallPrice(wrong, $"{key}:RequestPrice", model.RequestPrice);
        if (model.InputPrice is null != model.OutputPrice is null)
        {
            wrong.Add($"{key}:InputPrice and {key}:OutputPrice must be set together.");
        }
    }

    private static void CheckSeconds(List<string> wrong, string key, int? seconds)
    {
        if (seconds is < 1 or > 600)
        {
            wrong.Add($"{key} must lie between 1 and 600.");
        }
    }

    private static void CheckPrice(List<string> wrong, string key, decimal? price)
    {
        if (price is < 0 or > HighestPrice)
        {
            wrong.Add($"{key} is per million tokens and must lie between 0 and 1000000.");
        }
    }

    private static void CheckCallPrice(List<string> wrong, string key, decimal? price)
    {
        if (price is < 0 or > HighestCallPrice)
        {
            wrong.Add($"{key} must lie between 0 and 1000.");
        }
    }

    /// <summary>An OpenAI base URL without a path is always a mistake (the servers' own pages answer there), and would show only as 404s later.</summary>
    private static bool IsBaseUrl(string url, bool withPath) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && (uri.AbsolutePath.Length > 1) == withPath
        && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0;

    private static bool IsKey(string? key) => key is null || !key.Any(c => c is <= ' ' or > '~');
}

using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.Application.Moderation;

/// <summary>How texts are judged (configuration section <c>Moderation</c>). Which bots want it, and what is done then, are settings of the bots.</summary>
public sealed class ModerationOptions : IValidatableObject
{
    public const string Section = "Moderation";

    /// <summary>The base URL, ending in <c>/v1</c>, of a server with OpenAI's moderations endpoint; null: that of the model (<c>Ai:Endpoint</c>, with its key).</summary>
    public string? Endpoint { get; set; }

    /// <summary>The key of <see cref="Endpoint"/>; the model's key is never sent there.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The moderation model.</summary>
    public string Model { get; set; } = "omni-moderation-latest";

    /// <summary>No endpoint is asked: the word lists alone judge.</summary>
    public bool WordsOnly { get; set; }

    /// <summary>How long one attempt may take, in seconds.</summary>
    [Range(0.1, 60.0, ErrorMessage = "Moderation:TimeoutSeconds must lie between 0.1 and 60.")]
    public double TimeoutSeconds { get; set; } = 5;

    /// <summary>Words and phrases that no bot lets in or out unless its own settings say otherwise; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IList<string> Words { get; } = [];

    /// <summary>A file with more of them, one a line; lines that begin with <c>#</c> are comments.</summary>
    public string? WordsFile { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrWhiteSpace(Endpoint)
            && (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.AbsolutePath is "" or "/" || uri.Query.Length > 0 || uri.UserInfo.Length > 0))
        {
            yield return new ValidationResult("Moderation:Endpoint must be the http or https base URL of a server with OpenAI's moderations endpoint, such as https://api.openai.com/v1.");
        }
        if (ApiKey is { } key && key.Any(c => c is <= ' ' or > '~'))
        {
            yield return new ValidationResult("Moderation:ApiKey holds a character that a key cannot have.");
        }
        if (string.IsNullOrWhiteSpace(Model) || Model.Length > 200)
        {
            yield return new ValidationResult("Moderation:Model must have 1 to 200 characters.");
        }
        if (!string.IsNullOrWhiteSpace(WordsFile) && !File.Exists(WordsFile))
        {
            yield return new ValidationResult("Moderation:WordsFile names a file that is not there.");
        }
    }

    internal IEnumerable<string> AllWords() => string.IsNullOrWhiteSpace(WordsFile)
        ? Words
        : Words.Concat(File.ReadLines(WordsFile).Where(line => !string.IsNullOrWhiteSpace(line) && !line.StartsWith('#')));
}

namespace ChatOrchestrator.Domain;

/// <summary>
/// A rule of the domain was broken by the caller's input or by the moment (a conversation that has already ended).
/// The message is written for the API's reader: it names what is wrong and holds no internals.
/// </summary>
public sealed class DomainException : Exception
{
    public DomainException(string field, string message)
        : base(message) => Field = field;

    /// <summary>The input field at fault, in the API's spelling (<c>ai.temperature</c>).</summary>
    public string Field { get; }
}

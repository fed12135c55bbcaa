namespace ChatOrchestrator.Domain.Bots;

/// <summary>
/// The slug of a messaging platform (<c>telegram</c>, <c>webchat</c>): lower-case letters, 2 to 20.
/// A value object and not an enum, so that a new platform changes no switch.
/// </summary>
public readonly record struct PlatformName
{
    private PlatformName(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="DomainException">The text is not a slug of 2 to 20 lower-case letters.</exception>
    public static PlatformName From(string value) =>
        value is { Length: >= 2 and <= 20 } && value.All(char.IsAsciiLetterLower)
            ? new PlatformName(value)
            : throw new DomainException("platform", "The platform is a name of 2 to 20 lower-case letters, such as 'telegram'.");

    public override string ToString() => Value;
}

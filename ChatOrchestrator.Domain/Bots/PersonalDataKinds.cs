namespace ChatOrchestrator.Domain.Bots;

/// <summary>The kinds of personal data that can be kept from the model (<see cref="ProcessingSettings.RedactPii"/>).</summary>
public static class PersonalDataKinds
{
    public const string Email = "email";

    /// <summary>Telephone numbers in international form, or with a trunk zero, or as written in North America.</summary>
    public const string Phone = "phone";

    /// <summary>Payment cards, by their check digit.</summary>
    public const string Card = "card";

    /// <summary>Bank accounts, by their check digits.</summary>
    public const string Iban = "iban";

    /// <summary>IP addresses.</summary>
    public const string Ip = "ip";

    /// <summary>In the order in which they are looked for: what is surer comes first.</summary>
    public static IReadOnlyList<string> All { get; } = [Email, Iban, Card, Ip, Phone];
}

namespace ChatOrchestrator.ServiceDefaults;

/// <summary>Found by its name (<c>SettingsCatalogue</c> says why it is a list).</summary>
internal static class OptionsClasses
{
    public static IReadOnlyList<Type> All { get; } = [typeof(ShutdownOptions)];
}

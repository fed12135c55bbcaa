using System.ComponentModel.DataAnnotations;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>The section <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The SQLite file that is used without <c>ConnectionStrings:chatdb</c>.</summary>
    [Required]
    public string Path { get; set; } = "data/chat.db";

    /// <summary>How long the start waits for the store, in seconds.</summary>
    [Range(1, 3600)]
    public int StartTimeoutSeconds { get; set; } = 60;

    /// <summary>Whether the start brings the schema up to date. False: somebody runs the verb <c>migrate</c>, and the start waits until it is done.</summary>
    public bool MigrateAtStart { get; set; } = true;
}

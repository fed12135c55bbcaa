namespace ChatOrchestrator.Domain.Access;

/// <summary>What somebody may do; each role may do what those before it may.</summary>
public enum Role
{
    /// <summary>Reads.</summary>
    Viewer = 0,

    /// <summary>Also speaks to participants and deals with what failed.</summary>
    Agent = 1,

    /// <summary>Also changes bots, connections, keys and users below the owner.</summary>
    Admin = 2,

    /// <summary>May do everything.</summary>
    Owner = 3,
}

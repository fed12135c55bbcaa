namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// A fact for machines that have what it needs. Elsewhere it is skipped with the reason; with <c>CI=true</c> it runs, and the
/// fixture it uses fails with the same reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class RequirementFactAttribute : FactAttribute
{
    private string? _skip;

    /// <inheritdoc/>
    public override string? Skip
    {
        get => _skip ?? (TestMachine.IsCi ? null : Missing());
        set => _skip = value;
    }

    /// <returns>What the machine lacks, or null.</returns>
    protected abstract string? Missing();
}

/// <inheritdoc cref="RequirementFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public abstract class RequirementTheoryAttribute : TheoryAttribute
{
    private string? _skip;

    /// <inheritdoc/>
    public override string? Skip
    {
        get => _skip ?? (TestMachine.IsCi ? null : Missing());
        set => _skip = value;
    }

    /// <inheritdoc cref="RequirementFactAttribute.Missing"/>
    protected abstract string? Missing();
}

/// <summary>Needs a Postgres; with <see cref="OwnServer"/> one that the test may stop and restart.</summary>
public sealed class PostgresFactAttribute : RequirementFactAttribute
{
    public bool OwnServer { get; init; }

    protected override string? Missing() => TestMachine.MissingPostgres(OwnServer);
}

/// <inheritdoc cref="PostgresFactAttribute"/>
public sealed class PostgresTheoryAttribute : RequirementTheoryAttribute
{
    public bool OwnServer { get; init; }

    protected override string? Missing() => TestMachine.MissingPostgres(OwnServer);
}

/// <summary>Needs a Redis; with <see cref="OwnServer"/> one that the test may stop and restart.</summary>
public sealed class RedisFactAttribute : RequirementFactAttribute
{
    public bool OwnServer { get; init; }

    protected override string? Missing() => TestMachine.MissingRedis(OwnServer);
}

/// <inheritdoc cref="RedisFactAttribute"/>
public sealed class RedisTheoryAttribute : RequirementTheoryAttribute
{
    public bool OwnServer { get; init; }

    protected override string? Missing() => TestMachine.MissingRedis(OwnServer);
}

/// <summary>Needs a Postgres and a Redis; with <see cref="OwnServers"/> ones that the test may stop and restart.</summary>
public sealed class StoresFactAttribute : RequirementFactAttribute
{
    public bool OwnServers { get; init; }

    protected override string? Missing() => TestMachine.MissingPostgres(OwnServers) ?? TestMachine.MissingRedis(OwnServers);
}

/// <inheritdoc cref="StoresFactAttribute"/>
public sealed class StoresTheoryAttribute : RequirementTheoryAttribute
{
    public bool OwnServers { get; init; }

    protected override string? Missing() => TestMachine.MissingPostgres(OwnServers) ?? TestMachine.MissingRedis(OwnServers);
}

/// <summary>Needs Chromium.</summary>
public sealed class BrowserFactAttribute : RequirementFactAttribute
{
    protected override string? Missing() => TestMachine.MissingBrowser();
}

/// <inheritdoc cref="BrowserFactAttribute"/>
public sealed class BrowserTheoryAttribute : RequirementTheoryAttribute
{
    protected override string? Missing() => TestMachine.MissingBrowser();
}

/// <summary>Needs Node.js and npm.</summary>
public sealed class NpmFactAttribute : RequirementFactAttribute
{
    protected override string? Missing() => TestMachine.MissingNpm();
}

/// <inheritdoc cref="NpmFactAttribute"/>
public sealed class NpmTheoryAttribute : RequirementTheoryAttribute
{
    protected override string? Missing() => TestMachine.MissingNpm();
}

/// <summary>Needs bash, curl and jq, as commands of the documentation do.</summary>
public sealed class ShellFactAttribute : RequirementFactAttribute
{
    protected override string? Missing() => TestMachine.MissingShell();
}

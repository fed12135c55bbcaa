namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>
/// For tests that load the whole machine or measure time: <c>[Collection(RunsAlone.Name)]</c> puts a class among
/// those that run one after another when all others are done.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "runs alone";
}

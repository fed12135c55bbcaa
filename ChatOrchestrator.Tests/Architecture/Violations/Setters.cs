#pragma warning disable CA1051 // A visible field is the violation.
namespace ChatOrchestrator.Tests.Architecture.Violations.Setters;

public sealed class OpenToEverybody
{
    public string Name { get; set; } = "";

    public int Count;
}

public sealed record GuardsItself(string Name)
{
    public int Count { get; private set; }

    public required string Id { get; init; }

    public void Add() => Count++;
}

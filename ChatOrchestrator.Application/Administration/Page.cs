namespace ChatOrchestrator.Application.Administration;

/// <summary>Which piece of a list is wanted.</summary>
/// <param name="Limit">How many items at most, 1 to <see cref="MaxLimit"/>.</param>
/// <param name="Cursor">The <see cref="Page{T}.NextCursor"/> of the piece before; null: from the start.</param>
public sealed record PageRequest(int Limit, string? Cursor)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;
}

/// <summary>A piece of a list.</summary>
/// <param name="NextCursor">Asks for the next piece; null: this is the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    public Page<TOther> Select<TOther>(Func<T, TOther> map) => new([.. Items.Select(map)], NextCursor);
}

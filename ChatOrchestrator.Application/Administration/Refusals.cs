using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Application.Administration;

/// <summary>What was asked for does not exist: 404.</summary>
/// <param name="what">The kind of thing, for the reader: <c>bot</c>.</param>
public sealed class NotFoundException(string what) : Exception($"There is no such {what}.");

/// <summary>The input breaks rules, perhaps several: 422.</summary>
public sealed class InvalidInputException(IReadOnlyList<FieldError> errors) : Exception("The input is not valid.")
{
    public InvalidInputException(string field, string message)
        : this([new FieldError(field, message)])
    {
    }

    public IReadOnlyList<FieldError> Errors { get; } = errors;
}

/// <summary>Somebody else changed it since the caller read it: 412.</summary>
public sealed class StaleVersionException() : Exception("It was changed since you read it; read it again.");

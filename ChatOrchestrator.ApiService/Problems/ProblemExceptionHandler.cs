using System.Globalization;
using System.Text.Json;
using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.ApiService.WebChat;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace ChatOrchestrator.ApiService.Problems;

/// <summary>The one place where exceptions become answers. What is not expected here says nothing of its inside.</summary>
internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            return true;
        }
        var problem = Of(exception);
        if (problem.Status == StatusCodes.Status500InternalServerError)
        {
            // The middleware has taken the endpoint off the request.
            Unexpected(httpContext.Request.Method, httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName, exception);
        }
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = "1";
        }
        if (exception is SignInPausedException paused)
        {
            httpContext.Response.Headers.RetryAfter = Math.Ceiling(paused.Wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        if (exception is IdempotencyKeyBusyException)
        {
            httpContext.Response.Headers.RetryAfter = "1";
        }
        httpContext.Response.StatusCode = problem.Status!.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = problem });
    }

    private static ProblemDetails Of(Exception exception) => exception switch
    {
        // A conversation that has ended, or that another agent holds: the moment is wrong, not the input.
        DomainException { Field: "state" } e => New(StatusCodes.Status409Conflict, "The state does not allow it", e.Message),
        DomainException e => Invalid([new FieldError(e.Field, e.Message)]),
        InvalidInputException e => Invalid(e.Errors),
        NotFoundException e => New(StatusCodes.Status404NotFound, "Not found", e.Message),
        AccessRefusedException e => New(StatusCodes.Status403Forbidden, "Forbidden", e.Message),
        SignInRefusedException e => New(StatusCodes.Status401Unauthorized, "Unauthorized", e.Message),
        SignInPausedException e => New(StatusCodes.Status429TooManyRequests, "Too many requests", e.Message),
        IdempotencyKeyReusedException e => Invalid([new FieldError(IdempotentRequests.Header, e.Message)]),
        IdempotencyKeyBusyException e => New(StatusCodes.Status409Conflict, "In progress", e.Message),
        ReplayRefusedException e => Refused(e),
        ForbiddenOriginException e => New(StatusCodes.Status403Forbidden, "Forbidden", e.Message),
        StaleVersionException e => New(StatusCodes.Status412PreconditionFailed, "Changed meanwhile", e.Message),
        MalformedCursorException e => Malformed([new FieldError("cursor", e.Message)]),
        MalformedQueryException e => Malformed([new FieldError(e.Field, e.Message)]),
        MalformedBodyException e => MalformedBody(e.InnerException as JsonException),
        PlatformException e => New(StatusCodes.Status502BadGateway, "The platform does not answer", $"The platform could not be asked ({e.Message}); try again in a moment."),
        StoreUnavailableException or OverloadedException =>
            New(StatusCodes.Status503ServiceUnavailable, "Unavailable", "It could not be done right now; try again in a moment."),
        BadHttpRequestException { InnerException: JsonException json } => MalformedBody(json),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            New(StatusCodes.Status413PayloadTooLarge, "Too large", "The body is larger than what is taken here."),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } =>
            New(StatusCodes.Status415UnsupportedMediaType, "Unsupported media type", "The body must be application/json."),
        BadHttpRequestException e => New(e.StatusCode, "Bad request", "The request is malformed: a parameter or the body is missing or cannot be read."),
        _ => New(StatusCodes.Status500InternalServerError, "Internal error", "Something went wrong here. The log has the details."),
    };

    private static ProblemDetails MalformedBody(JsonException? json)
    {
        // The parser's message may quote the body; the path does not.
        var path = json?.Path?.TrimStart('$').TrimStart('.');
        return string.IsNullOrEmpty(path)
            ? New(StatusCodes.Status400BadRequest, "Malformed body", "The body is not the JSON that is expected here.")
            : Malformed([new FieldError(path, $"{path} cannot be read: there is no such setting, it has the wrong type, or the JSON breaks off there.")]);
    }

    private static ProblemDetails Malformed(IReadOnlyList<FieldError> errors) => New(StatusCodes.Status400BadRequest, "Bad request", Sentence(errors), errors);

    private static ProblemDetails Invalid(IReadOnlyList<FieldError> errors) => New(StatusCodes.Status422UnprocessableEntity, "Not valid", Sentence(errors), errors);

    private static ProblemDetails Refused(ReplayRefusedException exception)
    {
        var problem = New(StatusCodes.Status409Conflict, "The state does not allow it", exception.Message);
        problem.Extensions["reason"] = exception.Reason;
        return problem;
    }

    private static string Sentence(IReadOnlyList<FieldError> errors) => string.Join(' ', errors.Select(e => e.Message));

    private static ProblemDetails New(int status, string title, string detail, IReadOnlyList<FieldError>? errors = null)
    {
        var problem = new ProblemDetails { Status = status, Title = title, Detail = detail };
        if (errors is not null)
        {
            problem.Extensions["errors"] = errors.GroupBy(e => e.Field).ToDictionary(g => g.Key, g => g.Select(e => e.Message).ToArray());
        }
        return problem;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    private partial void Unexpected(string method, string? endpoint, Exception exception);
}

/// <summary>A query parameter that cannot be used: 400.</summary>
internal sealed class MalformedQueryException(string field, string message) : Exception(message)
{
    public string Field { get; } = field;
}

/// <summary>A body that is JSON but not of the expected shape: 400.</summary>
internal sealed class MalformedBodyException(JsonException inner) : Exception("The body has the wrong shape.", inner);

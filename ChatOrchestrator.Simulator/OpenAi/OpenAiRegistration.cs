using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>An OpenAI-compatible model at <c>/v1</c> and its control API at <c>/simulator/openai</c>.</summary>
internal static class OpenAiRegistration
{
    private static readonly string[] Models = ["gpt-4o-mini", "gpt-4o", "gpt-4.1-mini", "omni-moderation-latest", "simulated"];

    public static void AddOpenAiSimulator(this IServiceCollection services)
    {
        services.AddOptions<OpenAiSettings>().BindConfiguration("Simulator:OpenAi")
            .Validate(static settings => settings.IsValid, "Simulator:OpenAi: delays and ContextTokens must not be negative, ChunkChars must be positive.")
            .ValidateOnStart();
        services.AddSingleton(static provider => new OpenAiState(provider.GetRequiredService<IOptions<OpenAiSettings>>().Value));
        services.AddSingleton<ChatCompletions>();
    }

    public static void MapOpenAi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/v1");
        api.MapPost("/chat/completions", static (HttpContext http, ChatCompletions completions) =>
            HandleAsync(http, "openai.chat", async body => await completions.HandleAsync(http, body)));
        api.MapPost("/moderations", static (HttpContext http, OpenAiState state) =>
            HandleAsync(http, "openai.moderations", body => http.Response.WriteAsJsonAsync(Moderations.Judge(body, state.NextId()), SimulatorJson.Options, http.RequestAborted)));
        api.MapPost("/audio/transcriptions", static (HttpContext http) => HandleAsync(http, "openai.transcriptions", _ => Transcriptions.HandleAsync(http)));
        api.MapGet("/models", static (HttpContext http) => HandleAsync(http, "openai.models", _ =>
            http.Response.WriteAsJsonAsync(new { @object = "list", data = Models.Select(Model) }, SimulatorJson.Options, http.RequestAborted)));
        // A compatible server's names are its own: whatever is asked for exists.
        api.MapGet("/models/{id}", static (HttpContext http, string id) => HandleAsync(http, "openai.models", _ =>
            http.Response.WriteAsJsonAsync(Model(id), SimulatorJson.Options, http.RequestAborted)));
        api.MapFallback(static (HttpContext http) => HandleAsync(http, "openai.unknown", _ =>
            throw new OpenAiException(404, $"Invalid URL ({http.Request.Method} {http.Request.Path})", "invalid_request_error")));
        MapControl(routes.MapGroup("/simulator/openai"));
    }

    private static void MapControl(RouteGroupBuilder control)
    {
        control.MapGet("/requests", static (OpenAiState state) => state.Requests);
        control.MapGet("/faults", static (OpenAiState state) => state.Faults.Active);
        control.MapPost("/faults", static IResult (OpenAiFault fault, OpenAiState state) =>
            !fault.IsValid ? TypedResults.Problem("count is at least 1, status 500 to 599, delay_ms up to 600000, the others at least 0.", statusCode: 400)
            : state.Faults.Add(fault) ? TypedResults.NoContent()
            : TypedResults.Problem("Too many faults are set; clear them first.", statusCode: 400));
        control.MapDelete("/faults", static (OpenAiState state) => state.Faults.Clear());
        control.MapGet("/settings", static (OpenAiState state) => state.Settings);
        control.MapPut("/settings", static IResult (OpenAiSettingsChange change, OpenAiState state) =>
        {
            var next = change.ApplyTo(state.Settings);
            if (!next.IsValid)
            {
                return TypedResults.Problem("Delays and context_tokens must not be negative, chunk_chars must be positive.", statusCode: 400);
            }

            state.Settings = next;
            return TypedResults.Ok(next);
        });
        control.MapPost("/reset", static (OpenAiState state) =>
        {
            state.Clear();
            return TypedResults.NoContent();
        });
    }

    private static object Model(string id) => new { id, @object = "model", created = 1_700_000_000, owned_by = "simulator" };

    private static async Task HandleAsync(HttpContext http, string counter, Func<JsonElement, Task> handle)
    {
        http.RequestServices.GetRequiredService<SimulatorStats>().Increment(counter);
        try
        {
            http.RequestServices.GetRequiredService<OpenAiState>().Authorize(http.Request);
            using var body = HttpMethods.IsPost(http.Request.Method) && counter is not ("openai.unknown" or "openai.transcriptions") ? await ReadAsync(http) : null;
            await handle(body?.RootElement ?? default);
        }
        catch (OpenAiException error) when (!http.Response.HasStarted)
        {
            http.RequestServices.GetRequiredService<SimulatorStats>().Increment(string.Create(CultureInfo.InvariantCulture, $"openai.error.{error.Status}"));
            http.Response.StatusCode = error.Status;
            if (error.RetryAfter is { } seconds)
            {
                http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await http.Response.WriteAsJsonAsync(error.ToBody(), SimulatorJson.Options, http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
    }

    private static async Task<JsonDocument> ReadAsync(HttpContext http)
    {
        try
        {
            return await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
        }
        catch (JsonException)
        {
            throw OpenAiException.Invalid(
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)", null);
        }
    }
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ChatOrchestrator.Simulator.Chat;

/// <summary>A platform with the bots that are to be written to.</summary>
internal sealed record ShownPlatform(string Name, IReadOnlyList<ChatBot> Bots, bool Clears);

/// <summary>A chat as the person sees it.</summary>
internal sealed record ShownChat(IReadOnlyList<ChatEntry> Messages, IReadOnlyList<ChatCommand> Commands);

/// <summary>Which chat.</summary>
internal record ChatReference
{
    public string Platform { get; init; } = "";

    public string BotId { get; init; } = "";

    public long PersonId { get; init; }

    public string PersonName { get; init; } = "";
}

/// <summary>A button is pressed.</summary>
internal sealed record PressAction : ChatReference
{
    public string MessageId { get; init; } = "";

    public string ButtonId { get; init; } = "";
}

/// <summary>
/// <c>/simulator/chat/…</c>: the chat page's own API, the same for every platform (<see cref="IChatPlatform"/>). Errors are
/// ProblemDetails with a sentence for the person.
/// </summary>
internal static class ChatEndpoints
{
    private const int MaxFiles = 10;
    private const int MaxNameLength = 64;

    public static void MapChatEndpoints(this IEndpointRouteBuilder routes)
    {
        var chat = routes.MapGroup("/simulator/chat").AddEndpointFilter(async (context, next) =>
        {
            if (IsForeign(context.HttpContext.Request))
            {
                return TypedResults.Problem("Another page may not write here.", statusCode: StatusCodes.Status403Forbidden);
            }

            try
            {
                return await next(context);
            }
            catch (ArgumentException error)
            {
                return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
            }
            catch (InvalidDataException)
            {
                return TypedResults.Problem("The form cannot be read.", statusCode: StatusCodes.Status400BadRequest);
            }
        });

        chat.MapGet("/platforms", (IEnumerable<IChatPlatform> platforms) =>
            // The last of a name, as everywhere here: a test puts its own in the place of one.
            platforms.GroupBy(static platform => platform.Name).Select(static named => named.Last()).Select(static platform => new ShownPlatform(platform.Name, platform.Bots(), platform is IClearsChats)).ToList());
        chat.MapGet("/messages", (string platform, string botId, long personId, string? personName, IEnumerable<IChatPlatform> platforms) =>
        {
            var (found, person) = Find(platforms, platform, personId, personName);
            return new ShownChat(found.Messages(botId, person), found is ISuggestsCommands suggests ? suggests.Commands(botId) : []);
        });
        chat.MapPost("/messages", SendAsync);
        chat.MapPost("/presses", (PressAction action, IEnumerable<IChatPlatform> platforms) =>
        {
            var (found, person) = Find(platforms, action.Platform, action.PersonId, action.PersonName);
            found.Press(action.BotId, person, action.MessageId, action.ButtonId);
            return TypedResults.NoContent();
        });
        chat.MapPost("/clear", (ChatReference action, IEnumerable<IChatPlatform> platforms) =>
        {
            var (found, person) = Find(platforms, action.Platform, action.PersonId, action.PersonName);
            (found as IClearsChats ?? throw new ArgumentException("A chat cannot be cleared on this platform.")).Clear(action.BotId, person);
            return TypedResults.NoContent();
        });
        chat.MapGet("/events", (ChatFeed feed, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
            TypedResults.ServerSentEvents(EventsAsync(feed, lifetime.ApplicationStopping, cancellationToken)));
    }

    /// <summary>A form with <c>platform</c>, <c>bot_id</c>, <c>person_id</c>, <c>person_name</c>, <c>text</c> and any files.</summary>
    private static async Task<Microsoft.AspNetCore.Http.HttpResults.NoContent> SendAsync(
        HttpRequest request, IEnumerable<IChatPlatform> platforms, CancellationToken cancellationToken)
    {
        if (!request.HasFormContentType)
        {
            throw new ArgumentException("A message is sent as a form.");
        }

        var form = await request.ReadFormAsync(cancellationToken);
        if (!long.TryParse(form["person_id"], System.Globalization.CultureInfo.InvariantCulture, out var personId))
        {
            throw new ArgumentException("person_id is a number.");
        }

        if (form.Files.Count > MaxFiles)
        {
            throw new ArgumentException($"At most {MaxFiles} files go with one message.");
        }

        var files = new List<ChatFile>(form.Files.Count);
        foreach (var file in form.Files)
        {
            var bytes = new byte[checked((int)file.Length)];
            await using var stream = file.OpenReadStream();
            await stream.ReadExactlyAsync(bytes, cancellationToken);
            files.Add(new ChatFile(
                Path.GetFileName(file.FileName) is { Length: > 0 } name ? name : "file",
                string.IsNullOrEmpty(file.ContentType) ? "application/octet-stream" : file.ContentType,
                bytes));
        }

        var text = form["text"].ToString();
        if (files.Count == 0 && string.IsNullOrWhiteSpace(text))
        {
            throw new ArgumentException("There is nothing to send.");
        }

        var (found, person) = Find(platforms, form["platform"].ToString(), personId, form["person_name"]);
        found.Send(form["bot_id"].ToString(), person, new ChatInput(text, files));
        return TypedResults.NoContent();
    }

    private static (IChatPlatform Platform, ChatPerson Person) Find(IEnumerable<IChatPlatform> platforms, string name, long personId, string? personName)
    {
        // Platforms make longer numbers of it, and the page keeps it in a JavaScript number.
        if (personId is <= 0 or >= 1L << 52)
        {
            throw new ArgumentException("The person's id must be a positive number below 2^52.");
        }

        var shown = string.IsNullOrWhiteSpace(personName) ? $"User {personId}" : personName.Trim();
        return (
            platforms.LastOrDefault(platform => platform.Name == name) ?? throw new ArgumentException("There is no such platform."),
            new ChatPerson(personId, shown.Length > MaxNameLength ? shown[..MaxNameLength] : shown));
    }

    /// <summary>
    /// A form can be posted by any page that the person has open, without asking. Browsers say where a request comes from:
    /// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header; programs say nothing.
    /// </summary>
    private static bool IsForeign(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none");

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        ChatFeed feed, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        await foreach (var news in feed.ReadAsync(either.Token))
        {
            yield return new SseItem<string>(JsonSerializer.Serialize(news, SimulatorJson.Options));
        }
    }
}

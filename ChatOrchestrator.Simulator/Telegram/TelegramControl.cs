using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>Settings of a bot that @BotFather would keep; absent members stay as they are.</summary>
internal sealed record BotSettings
{
    public string? FirstName { get; init; }

    public string? Username { get; init; }

    public bool? CanReadAllGroupMessages { get; init; }

    public bool? IsRevoked { get; init; }
}

/// <summary>A bot as the page and the tests see it.</summary>
internal sealed record BotState(BotUser Bot, string Mode, int PendingUpdates, object? Commands);

/// <summary>A new group with the bots in it.</summary>
internal sealed record NewChat
{
    public long? Id { get; init; }

    /// <summary><c>group</c> or <c>supergroup</c>.</summary>
    public string Type { get; init; } = "group";

    public string Title { get; init; } = "Group";

    public bool IsForum { get; init; }

    public IReadOnlyList<long> Bots { get; init; } = [];

    /// <summary>Topics that exist from the start; a person's message in a new topic creates it, too.</summary>
    public IReadOnlyList<int> Topics { get; init; } = [];
}

/// <summary>Changes of <see cref="TelegramSettings"/>; absent members stay as they are.</summary>
internal sealed record SettingsChange
{
    public double? WebhookRetryDelaySeconds { get; init; }

    public double? WebhookTimeoutSeconds { get; init; }

    public int? ChatMessagesPerSecond { get; init; }

    public int? GroupMessagesPerMinute { get; init; }

    public int? BotMessagesPerSecond { get; init; }
}

/// <summary><c>/simulator/telegram/…</c>: what a person, @BotFather or bad luck would do. Errors are ProblemDetails.</summary>
internal static class TelegramControl
{
    public static void MapTelegramControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/simulator/telegram").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (ControlException error)
            {
                return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
            }
        });

        control.MapPost("/messages", (SendAction action, TelegramPeople people) => people.Send(action));
        control.MapPost("/edits", (EditAction action, TelegramPeople people) => people.Edit(action));
        control.MapPost("/callbacks", (CallbackAction action, TelegramPeople people) => people.PressButton(action));
        control.MapGet("/callbacks/{id}", GetCallback);
        control.MapPost("/reactions", (ReactionAction action, TelegramPeople people) => people.React(action));
        control.MapPost("/blocks", (BlockAction action, TelegramPeople people) => people.Block(action));
        control.MapGet("/messages", ListMessagesAsync);
        control.MapDelete("/messages", ClearMessages);

        control.MapGet("/bots", ListBots);
        control.MapPut("/bots/{id:long}", ConfigureBot);
        control.MapGet("/bots/{id:long}/updates", PendingUpdates);
        control.MapPost("/bots/{id:long}/hold", (long id, TelegramNetwork network) => Locked(network, () =>
        {
            Find(network, id).Held ??= [];
            return TypedResults.NoContent();
        }));
        control.MapPost("/bots/{id:long}/release", (long id, bool? reverse, TelegramNetwork network) => Locked(network, () =>
        {
            Find(network, id).Release(reverse ?? false);
            return TypedResults.NoContent();
        }));
        control.MapPost("/bots/{id:long}/redeliver", (long id, int last, TelegramNetwork network) => Locked(network, () => Find(network, id).Redeliver(last)));
        control.MapGet("/users", (TelegramNetwork network) => Locked(network, () => network.Users.ToList()));
        control.MapPost("/users", CreateUser);
        control.MapGet("/chats", (TelegramNetwork network) => Locked(network, () => network.Groups.Select(static chat => chat.Info).ToList()));
        control.MapPost("/chats", CreateChat);
        control.MapPost("/chats/{id:long}/migrate", (long id, TelegramPeople people) => people.Migrate(id));
        control.MapPost("/chats/{id:long}/kick", (long id, long botId, TelegramPeople people) => people.Kick(id, botId));

        control.MapGet("/faults", (TelegramNetwork network) => network.Faults.Active);
        control.MapPost("/faults", AddFault);
        control.MapDelete("/faults", (TelegramNetwork network) => network.Faults.Clear());
        control.MapPut("/settings", ChangeSettings);
        control.MapPost("/reset", (TelegramNetwork network) => Locked(network, () =>
        {
            network.Reset();
            return TypedResults.NoContent();
        }));
        control.MapGet("/events", (long? botId, long? chatId, TelegramFeed feed, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
            TypedResults.ServerSentEvents(EventsAsync(feed, botId, chatId, lifetime.ApplicationStopping, cancellationToken)));
    }

    private static T Locked<T>(TelegramNetwork network, Func<T> read)
    {
        lock (network.Sync)
        {
            return read();
        }
    }

    /// <summary>
    /// The messages of a chat as its people see them, oldest first. With <c>wait_ms</c> the answer is held back until a bot's
    /// message with an id above <c>after</c> is there, or the time is over.
    /// </summary>
    private static async Task<IReadOnlyList<Message>> ListMessagesAsync(
        TelegramNetwork network, TimeProvider time, long chatId, long? botId, int? after, int? waitMs, CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(waitMs ?? 0, 0, 60_000));
        var started = time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (network.Sync)
            {
                var chat = network.FindChat(botId ?? 0, chatId);
                var messages = chat?.Messages.Where(message => after is null || message.MessageId > after).ToList() ?? [];
                if (chat is null || messages.Exists(static message => message.From?.IsBot == true) || time.GetElapsedTime(started) >= wait)
                {
                    return messages;
                }

                changed = chat.Changed.Task;
            }

            try
            {
                await changed.WaitAsync(wait - time.GetElapsedTime(started) is { Ticks: > 0 } left ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Reads a last time and answers.
            }
        }
    }

    private static Microsoft.AspNetCore.Http.HttpResults.NoContent ClearMessages(TelegramNetwork network, long chatId, long? botId) => Locked(network, () =>
    {
        network.FindChat(botId ?? 0, chatId)?.Clear();
        network.Feed.Publish(new FeedEvent("clear", botId, chatId, null));
        return TypedResults.NoContent();
    });

    private static IResult GetCallback(string id, TelegramNetwork network) => Locked<IResult>(network, () =>
        !network.TryGetCallback(id, out var answer) ? TypedResults.Problem("The callback is unknown.", statusCode: 404)
        : answer is null ? TypedResults.NoContent()
        : TypedResults.Ok(answer));

    private static List<BotState> ListBots(TelegramNetwork network) => Locked(network, () => network.Bots.Select(State).ToList());

    private static BotState State(SimulatedBot bot) => new(
        bot.Me, bot.Webhook is not null ? "webhook" : bot.Poll is not null ? "polling" : "idle", bot.PendingCount, bot.Commands.GetValueOrDefault(""));

    /// <summary>Makes a bot known before its first call, or changes it.</summary>
    private static BotState ConfigureBot(long id, BotSettings settings, TelegramNetwork network) => Locked(network, () =>
    {
        var bot = network.ConnectBot(id);
        bot.FirstName = settings.FirstName ?? bot.FirstName;
        bot.Username = settings.Username ?? bot.Username;
        bot.CanReadAllGroupMessages = settings.CanReadAllGroupMessages ?? bot.CanReadAllGroupMessages;
        bot.IsRevoked = settings.IsRevoked ?? bot.IsRevoked;
        network.Feed.Publish(new FeedEvent("bots", null, null, bot.Me));
        return State(bot);
    });

    private static List<RawJson> PendingUpdates(long id, TelegramNetwork network) => Locked(network, () =>
        Find(network, id).Pending.Select(static update => update.Json).ToList());

    private static SimulatedBot Find(TelegramNetwork network, long id) => network.FindBot(id) ?? throw new ControlException("The bot is unknown.");

    private static User CreateUser(PersonAction person, TelegramNetwork network) => Locked(network, () =>
    {
        if (person.UserId <= 0)
        {
            throw new ControlException("user_id must be positive.");
        }

        var user = new User(person.UserId, false, person.FirstName ?? $"User {person.UserId}")
        {
            LastName = person.LastName,
            Username = person.Username,
            LanguageCode = person.LanguageCode ?? "en",
        };
        network.PutUser(user);
        if (person.BotId is { } botId)
        {
            // As after /start: the bot may write first.
            network.OpenPrivateChat(network.ConnectBot(botId), user);
        }

        return user;
    });

    private static ChatInfo CreateChat(NewChat request, TelegramNetwork network) => Locked(network, () =>
    {
        if (request.Type is not ("group" or "supergroup") || request.Id >= 0)
        {
            throw new ControlException("type is group or supergroup, and a group's id is negative.");
        }

        var chat = network.CreateGroup(request.Id, request.Type, request.Title, request.IsForum);
        chat.Bots.UnionWith(request.Bots.Select(id => network.ConnectBot(id).Id));
        chat.Topics.UnionWith(request.Topics);
        return chat.Info;
    });

    private static Microsoft.AspNetCore.Http.HttpResults.NoContent AddFault(TelegramFault fault, TelegramNetwork network)
    {
        if (fault.Every < 1 || fault.Count < 1 || fault.DelayMs < 0 || fault.RetryAfter < 0 || fault.ErrorCode is < 400 or > 599)
        {
            throw new ControlException("every and count are at least 1, delay_ms and retry_after at least 0, error_code is 400 to 599.");
        }

        network.Faults.Add(fault);
        return TypedResults.NoContent();
    }

    private static TelegramSettings ChangeSettings(SettingsChange change, TelegramNetwork network) => Locked(network, () =>
    {
        var now = network.Settings;
        var next = now with
        {
            WebhookRetryDelay = change.WebhookRetryDelaySeconds is { } delay ? TimeSpan.FromSeconds(delay) : now.WebhookRetryDelay,
            WebhookTimeout = change.WebhookTimeoutSeconds is { } timeout ? TimeSpan.FromSeconds(timeout) : now.WebhookTimeout,
            ChatMessagesPerSecond = change.ChatMessagesPerSecond ?? now.ChatMessagesPerSecond,
            GroupMessagesPerMinute = change.GroupMessagesPerMinute ?? now.GroupMessagesPerMinute,
            BotMessagesPerSecond = change.BotMessagesPerSecond ?? now.BotMessagesPerSecond,
        };
        return network.Settings = next.IsValid ? next : throw new ControlException("Delays must be positive and limits must not be negative.");
    });

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        TelegramFeed feed, long? botId, long? chatId, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        await foreach (var value in feed.ReadAsync(either.Token))
        {
            if ((botId is null || value.BotId is null || value.BotId == botId) && (chatId is null || value.ChatId is null || value.ChatId == chatId))
            {
                yield return new SseItem<string>(TelegramFeed.Serialize(value));
            }
        }
    }
}

using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Slack;

/// <summary>What the app's settings page keeps; absent members stay as they are, an empty address is taken away.</summary>
internal sealed record SlackAppSettings
{
    public string? Name { get; init; }

    public string? SigningSecret { get; init; }

    public string? RequestUrl { get; init; }

    public string? InteractivityUrl { get; init; }

    public string? CommandUrl { get; init; }

    public bool? IsRevoked { get; init; }

    /// <summary>The workspace that it is installed in.</summary>
    public string? TeamId { get; init; }

    /// <summary>The app of which this is the installation in another workspace; with a token of its own, and without a socket.</summary>
    public string? InstallationOf { get; init; }
}

internal sealed record SlackAppState(string Id, string Key, string Name, string BotUserId, string BotId, string Mode, int Sockets);

internal sealed record NewSlackChannel
{
    public string? Id { get; init; }

    public string Name { get; init; } = "general";

    public IReadOnlyList<string> Apps { get; init; } = [];

    public IReadOnlyList<string> Users { get; init; } = [];
}

internal sealed record SlackDisconnect(string Reason = "refresh_requested", bool Drop = false);

/// <summary><c>/simulator/slack/…</c>: what people, the app's settings page or bad luck would do. Errors are ProblemDetails.</summary>
internal static class SlackControl
{
    public static void MapSlackControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/simulator/slack").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                var network = context.HttpContext.RequestServices.GetRequiredService<SlackNetwork>();
                network.BaseUrl = $"{context.HttpContext.Request.Scheme}://{context.HttpContext.Request.Host}";
                return await next(context);
            }
            catch (SlackControlException error)
            {
                return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
            }
        });

        control.MapGet("/apps", (SlackNetwork network) => Locked(network, () => network.Apps.Select(State).ToList()));
        control.MapPut("/apps/{app}", ConfigureAsync);
        control.MapPost("/apps/{app}/disconnect", DisconnectAsync);
        control.MapPost("/apps/{app}/redeliver", (string app, int last, SlackNetwork network, SlackDeliveries deliveries) =>
            Locked(network, () => deliveries.Redeliver(Find(network, app), last)));
        control.MapPost("/apps/{app}/hold", (string app, SlackNetwork network) => Locked(network, () => { Find(network, app).Held ??= []; }));
        control.MapPost("/apps/{app}/release", (string app, bool? reverse, SlackNetwork network, SlackDeliveries deliveries) =>
            Locked(network, () => Release(Find(network, app), reverse ?? false, deliveries)));
        control.MapPost("/apps/{app}/uninstall", (string app, SlackNetwork network, SlackEvents events) => Locked(network, () => Uninstall(Find(network, app), events)));

        control.MapPost("/users", (SlackAction person, SlackNetwork network, SlackPeople people) => Locked(network, () => people.Person(person.UserId, person.Name)));
        control.MapPost("/channels", CreateChannel);
        control.MapPost("/channels/{id}/archive", (string id, SlackNetwork network) =>
            Locked(network, () => { (network.FindChannel(id) ?? throw new SlackControlException("The channel is unknown.")).IsArchived = true; }));
        control.MapPost("/members", (SlackAction action, bool? leave, SlackPeople people) => people.Member(action, leave ?? false));
        control.MapPost("/messages", (SlackSend action, SlackPeople people) => people.Send(action));
        control.MapGet("/messages", ListMessages);
        control.MapPost("/edits", (SlackOnMessage action, SlackPeople people) => people.Edit(action));
        control.MapPost("/deletions", (SlackOnMessage action, SlackPeople people) => people.Delete(action));
        control.MapPost("/reactions", (SlackOnMessage action, SlackPeople people) => people.React(action));
        control.MapPost("/presses", (SlackOnMessage action, SlackPeople people) => people.Press(action));
        control.MapPost("/commands", (SlackCommand action, SlackPeople people) => people.Command(action));

        control.MapGet("/faults", (SlackNetwork network) => network.Faults.Active);
        control.MapPost("/faults", (SlackFault fault, SlackNetwork network) => network.Faults.Add(fault));
        control.MapDelete("/faults", (SlackNetwork network) => network.Faults.Clear());
        control.MapPost("/reset", (SlackNetwork network) => Locked(network, network.Reset));
    }

    private static T Locked<T>(SlackNetwork network, Func<T> read)
    {
        lock (network.Sync)
        {
            return read();
        }
    }

    private static void Locked(SlackNetwork network, Action act)
    {
        lock (network.Sync)
        {
            act();
        }
    }

    private static SlackApp Find(SlackNetwork network, string app) => network.FindApp(app) ?? throw new SlackControlException("The app is unknown.");

    private static SlackAppState State(SlackApp app) => new(
        app.Id, app.Key, app.Name, app.BotUserId, app.BotId, app.RequestUrl is not null ? "webhook" : app.Whole.Sockets.Count > 0 ? "socket" : "idle", app.Whole.Sockets.Count);

    /// <summary>Makes an app known before its first call, or changes it. A new request URL must answer the challenge.</summary>
    private static async Task<SlackAppState> ConfigureAsync(string app, SlackAppSettings settings, SlackNetwork network, SlackWebhooks webhooks)
    {
        var found = Locked(network, () => network.FindApp(app) ?? network.Connect(app) ?? throw new SlackControlException("There are too many apps."));
        Locked(network, () =>
        {
            found.Name = settings.Name ?? found.Name;
            found.SigningSecret = settings.SigningSecret ?? found.SigningSecret;
            found.IsRevoked = settings.IsRevoked ?? found.IsRevoked;
            found.TeamId = settings.TeamId ?? found.TeamId;
            found.InstallationOf = settings.InstallationOf is { } of ? network.Connect(of) : found.InstallationOf;
            found.InteractivityUrl = settings.InteractivityUrl is null ? found.InteractivityUrl : Address(settings.InteractivityUrl);
            found.CommandUrl = settings.CommandUrl is null ? found.CommandUrl : Address(settings.CommandUrl);
        });
        if (settings.RequestUrl is { } url)
        {
            var address = Address(url);
            if (address is not null)
            {
                await webhooks.VerifyAsync(address, found);
            }

            found.RequestUrl = address;
        }

        network.Show(null);
        return Locked(network, () => State(found));
    }

    private static Uri? Address(string url) =>
        url.Length == 0 ? null
        : Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new SlackControlException("An address is http or https.");

    private static async Task DisconnectAsync(string app, SlackDisconnect how, SlackNetwork network, CancellationToken cancellationToken)
    {
        foreach (var socket in Locked(network, () => Find(network, app).Sockets.ToList()))
        {
            if (how.Drop)
            {
                socket.Abort();
            }
            else
            {
                await socket.RefreshAsync(how.Reason, cancellationToken);
            }
        }
    }

    private static void Release(SlackApp app, bool reverse, SlackDeliveries deliveries)
    {
        var held = app.Held ?? [];
        app.Held = null;
        if (reverse)
        {
            held.Reverse();
        }

        held.ForEach(deliveries.Start);
    }

    private static void Uninstall(SlackApp app, SlackEvents events)
    {
        events.TellApp(app, new JsonObject { ["type"] = "tokens_revoked", ["tokens"] = new JsonObject { ["oauth"] = new JsonArray(), ["bot"] = new JsonArray(app.BotUserId) } });
        events.TellApp(app, new JsonObject { ["type"] = "app_uninstalled" });
        app.IsRevoked = true;
    }

    private static JsonObject CreateChannel(NewSlackChannel request, SlackNetwork network, SlackPeople people) => Locked(network, () =>
    {
        var channel = network.CreateChannel(request.Id, request.Name);
        channel.Members.UnionWith(request.Apps.Select(a => Find(network, a).BotUserId));
        channel.Members.UnionWith(request.Users.Select(u => people.Person(u, null).Id));
        return channel.ToJson();
    });

    /// <summary>The messages of a channel, or of an app's direct message with a user, oldest first; private ones too.</summary>
    private static JsonArray ListMessages(SlackNetwork network, string? channel, string? app, string? user) => Locked(network, () =>
    {
        var found = channel is not null ? network.FindChannel(channel) : network.OpenIm(Find(network, app ?? ""), user ?? "");
        return new JsonArray([.. (found ?? throw new SlackControlException("The channel is unknown.")).Messages.Select(m =>
        {
            var json = m.ToJson(network, found);
            if (m.OnlyFor is not null)
            {
                json["only_for"] = m.OnlyFor;
            }

            return (JsonNode)json;
        })]);
    });
}

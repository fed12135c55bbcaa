using ChatOrchestrator.Simulator.Telegram;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>A page or number as a test or the dashboard of an app sets it up; absent members stay as they are.</summary>
internal sealed record AccountSettings
{
    public string? Name { get; init; }

    public string? AccessToken { get; init; }

    public string? AppSecret { get; init; }

    /// <summary>Checked with the handshake before it is used.</summary>
    public string? WebhookUrl { get; init; }

    public string? VerifyToken { get; init; }

    public bool? IsRevoked { get; init; }
}

/// <summary>Something a person does. The fields beside the first three are of the one action that needs them.</summary>
internal sealed record MetaAction
{
    public string Account { get; init; } = "";

    /// <summary>A page-scoped id, a phone number, or a business-scoped user id.</summary>
    public string Person { get; init; } = "";

    public string? Name { get; init; }

    /// <summary>The group that the person does it in (WhatsApp); null: towards the account alone.</summary>
    public string? Group { get; init; }

    public string Text { get; init; } = "";

    public string? MessageId { get; init; }

    public string? ButtonId { get; init; }

    public string? Emoji { get; init; }

    public bool Blocked { get; init; } = true;

    /// <summary>Hours that pass in the person's thread, so that a window closes.</summary>
    public double Hours { get; init; }

    public IReadOnlyList<MetaActionFile> Files { get; init; } = [];
}

/// <param name="Base64">The bytes.</param>
internal sealed record MetaActionFile(string Name, string MimeType, string Base64);

internal sealed record ShownMessage(
    string Id, bool FromBot, string Text, string State, System.Text.Json.Nodes.JsonObject? Content, IReadOnlyList<MetaFile> Files, IReadOnlyList<MetaButton> Buttons);

/// <summary><c>/simulator/meta/{messenger|whatsapp}/…</c>: what a person, the app's dashboard or bad luck would do. Errors are ProblemDetails.</summary>
internal static class MetaControl
{
    public static void MapMetaControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/simulator/meta").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (Exception e) when (e is ControlException or FormatException)
            {
                return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
            }
        });
        control.MapGet("/media/{id}/{name}", Medium);
        control.MapPost("/faults", (MetaFault fault, MetaNetwork network) =>
        {
            network.Faults.Add(fault);
            return TypedResults.NoContent();
        });
        control.MapDelete("/faults", (MetaNetwork network) => network.Faults.Clear());
        control.MapPost("/reset", (MetaNetwork network) =>
        {
            lock (network.Sync)
            {
                network.Reset();
            }
        });

        var product = control.MapGroup("/{product}");
        product.MapGet("/accounts", (string product, MetaNetwork network) =>
        {
            lock (network.Sync)
            {
                return network.Accounts.Where(a => a.Product == ProductOf(product)).Select(a => new { a.Id, a.Name, webhook_url = a.Webhook?.AbsoluteUri }).ToList();
            }
        });
        product.MapPut("/accounts/{id}", ConfigureAsync);
        product.MapGet("/messages", List);
        Act(product, "/messages", (thread, action, messenger, whatsApp, files) => (messenger?.Write(thread, action.Text, files, action.MessageId) ?? whatsApp!.Write(thread, action.Text, files, action.MessageId)).Id);
        Act(product, "/presses", (thread, action, messenger, whatsApp, _) =>
        {
            messenger?.Press(thread, action.MessageId ?? "", action.ButtonId ?? "");
            whatsApp?.Press(thread, action.MessageId ?? "", action.ButtonId ?? "");
            return null;
        });
        Act(product, "/reactions", (thread, action, messenger, whatsApp, _) =>
        {
            messenger?.React(thread, action.MessageId ?? "", action.Emoji ?? "");
            whatsApp?.React(thread, action.MessageId ?? "", action.Emoji ?? "");
            return null;
        });
        Act(product, "/edits", (thread, action, messenger, whatsApp, _) =>
        {
            messenger?.Edit(thread, action.MessageId ?? "", action.Text);
            whatsApp?.Edit(thread, action.MessageId ?? "", action.Text);
            return null;
        });
        Act(product, "/deletions", (thread, action, messenger, whatsApp, _) =>
        {
            messenger?.Delete(thread, action.MessageId ?? "");
            whatsApp?.Delete(thread, action.MessageId ?? "");
            return null;
        });
        Act(product, "/reads", (thread, action, messenger, whatsApp, _) =>
        {
            messenger?.Read(thread);
            whatsApp?.Read(thread);
            return null;
        });
        Act(product, "/blocks", (thread, action, _, _, _) =>
        {
            thread.IsBlocked = action.Blocked;
            return null;
        });
        Act(product, "/silences", (thread, action, _, _, _) =>
        {
            thread.LastInboundAt -= TimeSpan.FromHours(action.Hours);
            return null;
        });
        product.MapPost("/data-deletions", async (string product, MetaAction action, MetaNetwork network, MetaWebhooks webhooks, CancellationToken cancellationToken) =>
            TypedResults.Text(await webhooks.PostFormAsync(AccountOf(network, product, action.Account), IdMatching.AppScopedIdOf(action.Person), cancellationToken), "application/json"));
    }

    private static void Act(
        RouteGroupBuilder routes, string path, Func<MetaThread, MetaAction, MessengerPeople?, WhatsAppPeople?, IReadOnlyList<MetaMedium>, string?> act) =>
        routes.MapPost(path, (string product, MetaAction action, MetaNetwork network, MessengerPeople messenger, WhatsAppPeople whatsApp) =>
        {
            var which = ProductOf(product);
            string? id;
            lock (network.Sync)
            {
                if (action.Person.Length is 0 or > 150)
                {
                    throw new ControlException("person is required.");
                }
                if (action.Group is { } group && (which != MetaProduct.WhatsApp || group.Length is < 16 or > 150))
                {
                    throw new ControlException("A group is one of WhatsApp's, with an id of 16 characters or more.");
                }
                var thread = network.Thread(AccountOf(network, product, action.Account), action.Group ?? action.Person);
                thread.Speaker = action.Group is null ? null : action.Person;
                thread.Name = action.Name ?? thread.Name;
                var files = action.Files.Select(f => network.Store(f.MimeType, Convert.FromBase64String(f.Base64), f.Name)).ToList();
                id = act(thread, action, which == MetaProduct.Messenger ? messenger : null, which == MetaProduct.WhatsApp ? whatsApp : null, files);
            }
            network.Notify(which, action.Group ?? action.Person);
            return new { message_id = id };
        });

    private static async Task<IResult> ConfigureAsync(
        string product, string id, AccountSettings settings, MetaNetwork network, MetaWebhooks webhooks, HttpRequest http, CancellationToken cancellationToken)
    {
        Uri? url = null;
        if (settings.WebhookUrl is { Length: > 0 } address
            && (!Uri.TryCreate(address, UriKind.Absolute, out url) || !await webhooks.VerifyAsync(url, settings.VerifyToken ?? "", cancellationToken)))
        {
            throw new ControlException("The callback URL or verify token couldn't be validated.");
        }
        lock (network.Sync)
        {
            network.BaseUrl = $"{http.Scheme}://{http.Host}";
            var account = network.Account(ProductOf(product), id);
            account.Name = settings.Name ?? account.Name;
            account.Token = settings.AccessToken ?? account.Token;
            account.AppSecret = settings.AppSecret ?? account.AppSecret;
            account.Webhook = url ?? account.Webhook;
            account.IsRevoked = settings.IsRevoked ?? account.IsRevoked;
        }
        network.Notify(ProductOf(product), null);
        return TypedResults.NoContent();
    }

    /// <summary>The messages of a person's chat, oldest first, as the person sees them.</summary>
    private static List<ShownMessage> List(string product, string account, string person, MetaNetwork network)
    {
        lock (network.Sync)
        {
            return [.. (network.FindThread(AccountOf(network, product, account), person)?.Messages ?? [])
                .Select(m => new ShownMessage(m.Id, m.FromBot, m.Text, m.State, m.Content, m.Files, m.Buttons))];
        }
    }

    /// <summary>WhatsApp's files want a token, Messenger's do not; a page that shows a chat has none, so that only its absence is let pass.</summary>
    private static IResult Medium(string id, string name, MetaNetwork network)
    {
        lock (network.Sync)
        {
            return network.FindMedium(id) is { } medium ? TypedResults.Bytes(medium.Bytes, medium.MimeType) : TypedResults.NotFound();
        }
    }

    private static MetaAccount AccountOf(MetaNetwork network, string product, string id) =>
        network.FindAccount(ProductOf(product), id) ?? throw new ControlException("The account is unknown: it has made no call yet.");

    private static MetaProduct ProductOf(string product) => product switch
    {
        "messenger" => MetaProduct.Messenger,
        "whatsapp" => MetaProduct.WhatsApp,
        _ => throw new ControlException("The product is messenger or whatsapp."),
    };
}

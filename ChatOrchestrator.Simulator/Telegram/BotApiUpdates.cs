using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Simulator.Telegram;

/// <summary>How a bot gets its updates: webhook or long polling, never both. https://core.telegram.org/bots/api#getting-updates</summary>
internal sealed partial class BotApiUpdates(
    TelegramNetwork network, WebhookClient client, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<WebhookDelivery> logger)
{
    private const int DefaultMaxConnections = 40;
    private const int MaxConnections = 100;
    private const int MaxSecretToken = 256;
    private const int MaxPollSeconds = 50;

    private const string TerminatedByPoll =
        "terminated by other getUpdates request; make sure that only one bot instance is running";

    /// <summary>Returns at once when updates wait, else when the first one comes or <c>timeout</c> seconds are over.</summary>
    /// <exception cref="BotApiException">409 while a webhook is set, or when another poll or a webhook takes over.</exception>
    public async Task<object> GetUpdatesAsync(SimulatedBot bot, BotApiArguments arguments, CancellationToken cancellationToken)
    {
        var offset = arguments.Number("offset", 0);
        var limit = arguments.Number("limit", 100, 1, 100);
        var timeout = arguments.Number("timeout", 0, 0, MaxPollSeconds);
        TaskCompletionSource<string?> wait;
        lock (network.Sync)
        {
            if (bot.Webhook is not null)
            {
                throw BotApiException.Conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
            }

            bot.AbortPoll(TerminatedByPoll);
            UpdateAllowedUpdates(bot, arguments);
            var ready = bot.Read(offset, limit);
            if (ready.Count > 0 || timeout == 0)
            {
                return ready.ConvertAll(static update => update.Json);
            }

            bot.Poll = wait = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await wait.Task.WaitAsync(TimeSpan.FromSeconds(timeout), time, stop.Token);
        }
        catch (TimeoutException)
        {
            // An empty list, below.
        }
        finally
        {
            lock (network.Sync)
            {
                if (bot.Poll == wait)
                {
                    bot.Poll = null;
                }
            }
        }

        if (wait.Task.IsCompleted && await wait.Task is { } conflict)
        {
            throw BotApiException.Conflict(conflict);
        }

        lock (network.Sync)
        {
            return bot.Read(offset, limit).ConvertAll(static update => update.Json);
        }
    }

    public DescribedResult SetWebhook(SimulatedBot bot, BotApiArguments arguments)
    {
        var rawUrl = arguments.Text("url").Trim();
        if (rawUrl.Length == 0)
        {
            return DeleteWebhook(bot, arguments);
        }

        if (!Uri.TryCreate(rawUrl.Contains("://", StringComparison.Ordinal) ? rawUrl : "https://" + rawUrl, UriKind.Absolute, out var url)
            || url.Scheme is not ("https" or "http"))
        {
            throw BotApiException.BadRequest("invalid webhook URL specified");
        }

        var secret = arguments.Text("secret_token");
        if (secret.Length > MaxSecretToken)
        {
            throw BotApiException.BadRequest("secret token is too long");
        }

        if (!SecretToken().IsMatch(secret))
        {
            throw BotApiException.BadRequest("secret token contains unallowed characters");
        }

        var maxConnections = arguments.Number("max_connections", DefaultMaxConnections, 1, MaxConnections);
        var registration = new WebhookRegistration(url, secret, maxConnections, arguments.HasFile) { RawUrl = rawUrl };
        UpdateAllowedUpdates(bot, arguments);
        if (arguments.Flag("drop_pending_updates"))
        {
            bot.ForgetAll();
        }
        else if (bot.Webhook?.Registration == registration)
        {
            return new DescribedResult(true, "Webhook is already set");
        }

        bot.AbortPoll("terminated by setWebhook request");
        bot.Webhook?.Stop();
        bot.Webhook = new WebhookDelivery(network, bot, registration, client, time, logger);
        foreach (var update in bot.Pending)
        {
            bot.Webhook.Enqueue(update);
        }

        return new DescribedResult(true, "Webhook was set");
    }

    public static DescribedResult DeleteWebhook(SimulatedBot bot, BotApiArguments arguments)
    {
        if (arguments.Flag("drop_pending_updates"))
        {
            bot.ForgetAll();
        }

        if (bot.Webhook is null)
        {
            return new DescribedResult(true, "Webhook is already deleted");
        }

        bot.Webhook.Stop();
        bot.Webhook = null;
        return new DescribedResult(true, "Webhook was deleted");
    }

    public static WebhookInfo GetWebhookInfo(SimulatedBot bot) => bot.Webhook is { } webhook
        ? new WebhookInfo(webhook.Registration.RawUrl, webhook.Registration.HasCertificate, bot.PendingCount)
        {
            IpAddress = webhook.Registration.Url.IsLoopback ? "127.0.0.1" : "<unknown>",
            LastErrorDate = webhook.LastErrorDate,
            LastErrorMessage = webhook.LastErrorMessage,
            MaxConnections = webhook.Registration.MaxConnections,
            AllowedUpdates = bot.AllowedUpdates,
        }
        : new WebhookInfo("", false, bot.PendingCount) { AllowedUpdates = bot.AllowedUpdates };

    /// <summary>An absent list keeps what was set before, an empty one returns to the default.</summary>
    private static void UpdateAllowedUpdates(SimulatedBot bot, BotApiArguments arguments)
    {
        if (!arguments.Has("allowed_updates"))
        {
            return;
        }

        JsonNode? node = null;
        try
        {
            node = JsonNode.Parse(arguments.Text("allowed_updates"));
        }
        catch (JsonException)
        {
            // The real server ignores a list that it cannot read.
        }

        if (node is JsonArray list)
        {
            var names = list.Take(50).Select(static name => name?.ToString() ?? "").Where(static name => name.Length > 0).ToList();
            bot.AllowedUpdates = names.Count == 0 ? null : names;
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex SecretToken();
}

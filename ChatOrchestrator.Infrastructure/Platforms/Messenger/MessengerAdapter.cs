using System.Text.Json;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.Messenger;

/// <summary>
/// Facebook Messenger through the <see href="https://developers.facebook.com/docs/messenger-platform">Messenger Platform</see>.
/// A chat is a person, by page-scoped id; what they are called is not told with their messages, and asked for.
/// </summary>
internal sealed class MessengerAdapter(GraphApi graph, TimeProvider time, PublicAddress address, ILogger<MessengerAdapter> logger)
    : IPlatformAdapter, IVerifiesWebhooks, IRepliesToWebhooks, IRegistersWebhooks, IChecksWebhooks, IDescribesConnection, IFetchesMedia, IReconcilesDeliveries, ILooksUpNames, IMatchesUsers
{
    /// <summary>What the page sends to the app; the <see href="https://developers.facebook.com/docs/messenger-platform/webhooks#supported_events">events</see> that are read.</summary>
    private const string Fields = """["messages","messaging_postbacks","message_echoes","message_deliveries","message_reads","message_reactions","message_edits","messaging_referrals","messaging_optins"]""";

    private readonly MessengerSender _sender = new(graph, time, logger);

    public PlatformName Platform { get; } = PlatformName.From("messenger");

    // https://developers.facebook.com/docs/messenger-platform/overview/rate-limiting: 300 texts and 10 files a second and page.
    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 1_000, new Pace(ChatPerSecond: 0, ConnectionPerSecond: 250), ShowsTyping: true)
    {
        MaxTextLength = MessengerParts.MaxText,
        SendsMedia = [AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document],
        ReceivesMedia = [AttachmentKind.Image, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document, AttachmentKind.Sticker, AttachmentKind.Location],
        MaxButtons = MessengerParts.MaxQuickReplies,
        MaxButtonLabel = MessengerParts.MaxLabel,
        ReceivesEdits = true,
        ReceivesDeletions = true,
        ReceivesReactions = true,
        ReceivesQuotes = true,
        DeliveryReceipts = true,
        ReadReceipts = true,
        WindowHours = 24,
    };

    public bool DropsRepeats => false;

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) => MessengerSettings.Validate(secrets, settings);

    /// <summary>A data deletion request has its signature inside; everything else in its header.</summary>
    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) =>
        SignedRequest.IsForm(request.Body)
            ? SignedRequest.TryRead(request.Body, MetaWebhook.KeyOf(connection)) is not null
            : MetaWebhook.IsSigned(connection, request);

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) =>
        SignedRequest.TryRead(body, MetaWebhook.KeyOf(connection)) is { } deletion
            ? [new ErasureRequested { PlatformId = $"erasure:{deletion.ConfirmationCode}", UserId = deletion.UserId }]
            : MessengerReader.Read(body);

    /// <summary>To a data deletion request: where the person can look what became of it.</summary>
    public WebhookReply? Reply(ConnectionSnapshot connection, in WebhookRequest request)
    {
        if (SignedRequest.TryRead(request.Body, MetaWebhook.KeyOf(connection)) is not { } deletion)
        {
            return null;
        }
        var root = address.Url ?? (Uri.TryCreate($"https://{request.Header("Host")}", UriKind.Absolute, out var host) ? host : new Uri("https://localhost"));
        var url = $"{address.Webhook(Platform, connection.Id, root)}?confirmation_code={deletion.ConfirmationCode}";
        return new WebhookReply("application/json", JsonSerializer.Serialize(new Dictionary<string, string> { ["url"] = url, ["confirmation_code"] = deletion.ConfirmationCode }));
    }

    public string? Verify(ConnectionSnapshot connection, Func<string, string?> query) =>
        query("confirmation_code") is { } code
            ? SignedRequest.IsCode(code, MetaWebhook.KeyOf(connection)) ? IdMatching.Confirmation(connection) : null
            : MetaWebhook.Verify(connection, query);

    public IReadOnlyList<PartBody> Split(string answer) => MessengerParts.Split(answer);

    public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) =>
        _sender.SendAsync(connection, part, cancellationToken);

    public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken) =>
        _sender.ShowTypingAsync(connection, chat, cancellationToken);

    /// <summary>The Graph API shows a conversation's messages without the metadata they were sent with: only echoes tell.</summary>
    public Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<Media> FetchAsync(ConnectionSnapshot connection, Domain.Messages.Attachment attachment, int maxBytes, CancellationToken cancellationToken) =>
        graph.DownloadAsync(attachment.Url, token: null, maxBytes, cancellationToken);

    /// <summary>
    /// The <see href="https://developers.facebook.com/docs/messenger-platform/identity/user-profile">profile</see>, which pages may
    /// read of people who have written to them; not of all, and not in every country.
    /// </summary>
    public async Task<string?> FindNameAsync(ConnectionSnapshot connection, string userId, CancellationToken cancellationToken)
    {
        try
        {
            var profile = await connection.CallAsync(
                MessengerSettings.PageAccessToken, token => graph.GetAsync($"{Uri.EscapeDataString(userId)}?fields=first_name,last_name", token, cancellationToken));
            return string.Join(' ', new[] { MetaWebhook.TextOf(profile, "first_name"), MetaWebhook.TextOf(profile, "last_name") }.Where(name => !string.IsNullOrWhiteSpace(name)));
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    public Task<IReadOnlyList<string>?> MatchAsync(ConnectionSnapshot connection, string userId, CancellationToken cancellationToken) =>
        IdMatching.AskAsync(graph, connection, userId, logger, cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var page = await connection.CallAsync(MessengerSettings.PageAccessToken, token => graph.GetAsync("me?fields=id,name", token, cancellationToken));
        var settings = new Dictionary<string, string>();
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)[("id", MessengerSettings.PageId), ("name", MessengerSettings.PageName)])
        {
            if (MetaWebhook.TextOf(page, field) is { Length: > 0 and <= 200 } value)
            {
                settings[name] = value;
            }
        }
        return settings;
    }

    /// <summary>Subscribes the app to the page's messages. Where they are sent stands in the app's dashboard, which no call with a page's token can change.</summary>
    public Task RegisterAsync(ConnectionSnapshot connection, Uri webhookUrl, CancellationToken cancellationToken) =>
        connection.CallAsync(MessengerSettings.PageAccessToken, token => graph.PostAsync(
            "me/subscribed_apps",
            token,
            GraphApi.Json(json =>
            {
                json.WritePropertyName("subscribed_fields");
                json.WriteRawValue(Fields);
            }),
            cancellationToken));

    /// <summary>Whether the page's messages are subscribed to at all; the address stands in the app's dashboard.</summary>
    public async Task<WebhookCheck> CheckWebhookAsync(ConnectionSnapshot connection, Uri expected, CancellationToken cancellationToken)
    {
        var apps = await connection.CallAsync(MessengerSettings.PageAccessToken, token => graph.GetAsync("me/subscribed_apps", token, cancellationToken));
        return new WebhookCheck(
            !apps.TryGetProperty("data", out var list) || list.ValueKind != JsonValueKind.Array ? WebhookState.Unknown
            : list.GetArrayLength() > 0 ? WebhookState.Registered
            : WebhookState.Missing);
    }

    public async Task UnregisterAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.CallAsync(MessengerSettings.PageAccessToken, token => graph.DeleteAsync("me/subscribed_apps", token, cancellationToken));
        }
        catch (PlatformException refusal)
        {
            MetaLog.WebhookKept(logger, connection.Id, refusal.Message);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>WhatsApp through Meta's <see href="https://developers.facebook.com/docs/whatsapp/cloud-api">Cloud API</see>. A connection is one business number.</summary>
internal sealed class WhatsAppAdapter(GraphApi graph, LastMessages last, TimeProvider time, ILogger<WhatsAppAdapter> logger)
    : IPlatformAdapter, IVerifiesWebhooks, IRegistersWebhooks, IChecksWebhooks, IDescribesConnection, IFetchesMedia, IReconcilesDeliveries, IStartsConversations
{
    private readonly WhatsAppSender _sender = new(graph, time);
    private readonly ConditionalWeakTable<ConnectionSnapshot, WhatsAppReader> _readers = [];

    public PlatformName Platform { get; } = PlatformName.From("whatsapp");

    // https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput: 80 a second and number, one in six seconds and pair (bursts apart).
    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 1_000, new Pace(ChatPerSecond: 1 / 6.0, ConnectionPerSecond: 80), ShowsTyping: true)
    {
        MaxTextLength = WhatsAppParts.MaxText,
        Markup = WhatsAppParts.TextFormat,
        SendsMedia = [AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document],
        ReceivesMedia =
        [
            AttachmentKind.Image, AttachmentKind.Audio, AttachmentKind.Voice, AttachmentKind.Video, AttachmentKind.Document, AttachmentKind.Sticker,
            AttachmentKind.Location, AttachmentKind.Contact,
        ],
        MaxButtons = WhatsAppParts.MaxRows,
        MaxButtonLabel = WhatsAppParts.MaxLabel,
        ReceivesEdits = true,
        ReceivesDeletions = true,
        ReceivesReactions = true,
        ReceivesQuotes = true,
        DeliveryReceipts = true,
        ReadReceipts = true,
        Groups = true,
        StartsConversations = true,
        WindowHours = 24,
    };

    public bool DropsRepeats => false;

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) => WhatsAppSettings.Validate(secrets, settings);

    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) => MetaWebhook.IsSigned(connection, request);

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) =>
        _readers.GetValue(connection, c => new WhatsAppReader(WhatsAppSettings.PhoneNumberIdOf(c.Settings), WhatsAppSettings.GroupsOf(c.Settings)) { Received = (chat, id) => last.Set(c.Id, chat, id) }).Read(body);

    public string? Verify(ConnectionSnapshot connection, Func<string, string?> query) => MetaWebhook.Verify(connection, query);

    public IReadOnlyList<PartBody> Split(string answer) => WhatsAppParts.Split(answer);

    public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) =>
        _sender.SendAsync(connection, part, cancellationToken);

    /// <summary>The indicator wants the message that is being answered, and marks it as read. Groups have none.</summary>
    public async Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        if (!WhatsAppRecipient.IsGroup(chat.ChatId) && await last.FindAsync(connection.Id, chat, cancellationToken) is { } id)
        {
            await _sender.ShowTypingAsync(connection, id, cancellationToken);
        }
    }

    /// <summary>The Cloud API has no way to ask for a message: only statuses tell.</summary>
    public Task<string?> FindAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<Media> FetchAsync(ConnectionSnapshot connection, Attachment attachment, int maxBytes, CancellationToken cancellationToken) =>
        WhatsAppMedia.FetchAsync(graph, connection, attachment, maxBytes, cancellationToken);

    /// <summary>A person is written to by number or id, a group by its id; what is said goes out as the connection's template until they answer.</summary>
    public Task<StartedChat> OpenAsync(ConnectionSnapshot connection, string recipient, CancellationToken cancellationToken) =>
        WhatsAppRecipient.Parse(recipient) is { } chat
            ? Task.FromResult(WhatsAppRecipient.IsGroup(chat) ? new StartedChat(new ChatAddress(chat), IsGroup: true) : new StartedChat(new ChatAddress(chat), UserId: chat))
            : throw new PlatformException("not_a_phone_number", permanent: true);

    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        var number = NumberOf(connection);
        var phone = await connection.CallAsync(WhatsAppSettings.AccessToken, token => graph.GetAsync($"{number}?fields=display_phone_number,verified_name", token, cancellationToken));
        var settings = new Dictionary<string, string>();
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)[("display_phone_number", WhatsAppSettings.DisplayPhoneNumber), ("verified_name", WhatsAppSettings.VerifiedName)])
        {
            if (MetaWebhook.TextOf(phone, field) is { Length: > 0 and <= 200 } value)
            {
                settings[name] = value;
            }
        }
        return settings;
    }

    /// <summary>Sends the number's messages <see href="https://developers.facebook.com/docs/whatsapp/embedded-signup/webhooks/override">here</see>, wherever the app's others go. Meta checks the address at once.</summary>
    public Task RegisterAsync(ConnectionSnapshot connection, Uri webhookUrl, CancellationToken cancellationToken) =>
        ConfigureAsync(connection, webhookUrl.AbsoluteUri, cancellationToken);

    /// <summary>The number's own address wins over its account's, and that over the app's.</summary>
    public async Task<WebhookCheck> CheckWebhookAsync(ConnectionSnapshot connection, Uri expected, CancellationToken cancellationToken)
    {
        var number = NumberOf(connection);
        var phone = await connection.CallAsync(WhatsAppSettings.AccessToken, token => graph.GetAsync($"{number}?fields=webhook_configuration", token, cancellationToken));
        if (!phone.TryGetProperty("webhook_configuration", out var configuration) || configuration.ValueKind != JsonValueKind.Object)
        {
            return new WebhookCheck(WebhookState.Unknown);
        }
        foreach (var level in (ReadOnlySpan<string>)["phone_number", "whatsapp_business_account", "application"])
        {
            if (MetaWebhook.TextOf(configuration, level) is { Length: > 0 } url)
            {
                return new WebhookCheck(url == expected.AbsoluteUri ? WebhookState.Registered : WebhookState.Elsewhere);
            }
        }
        return new WebhookCheck(WebhookState.Missing);
    }

    public async Task UnregisterAsync(ConnectionSnapshot connection, CancellationToken cancellationToken)
    {
        try
        {
            await ConfigureAsync(connection, "", cancellationToken);
        }
        catch (PlatformException refusal)
        {
            MetaLog.WebhookKept(logger, connection.Id, refusal.Message);
        }
    }

    private Task<JsonElement> ConfigureAsync(ConnectionSnapshot connection, string address, CancellationToken cancellationToken)
    {
        var number = NumberOf(connection);
        var verifyToken = connection.Secret(MetaWebhook.VerifyToken) ?? throw new PlatformException("verify_token_missing", permanent: true);
        return connection.CallAsync(WhatsAppSettings.AccessToken, token => graph.PostAsync(
            number,
            token,
            GraphApi.Json(json =>
            {
                json.WriteStartObject("webhook_configuration");
                json.WriteString("override_callback_uri", address);
                if (address.Length > 0)
                {
                    json.WriteString("verify_token", verifyToken);
                }
                json.WriteEndObject();
            }),
            cancellationToken));
    }

    private static string NumberOf(ConnectionSnapshot connection) =>
        WhatsAppSettings.PhoneNumberIdOf(connection.Settings) ?? throw new PlatformException("unknown_phone_number", permanent: true);
}

using System.Collections.Concurrent;
using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;

namespace ChatOrchestrator.Infrastructure.Platforms.WebChat;

/// <summary>
/// Our own web page as a platform. A chat is a visitor's session. What is sent stands in the store already, so sending is
/// telling the open pages to look; a page that is not open looks when it opens.
/// </summary>
internal sealed class WebChatAdapter(ISignals signals) : IPlatformAdapter, IStreamsAnswers, IShowsConversationState
{
    /// <summary>A worker has far fewer turns in hand: what is over this was left by turns that never ended.</summary>
    private const int MaxTold = 20_000;

    /// <summary>How much of the turn in hand each chat was told.</summary>
    private readonly ConcurrentDictionary<string, Position> _told = new();

    public PlatformName Platform { get; } = PlatformName.From("webchat");

    public PlatformCapabilities Capabilities { get; } = new(QuietPeriodMs: 0, new Pace(0, 0), ShowsTyping: true)
    {
        MaxTextLength = Message.MaxTextLength,
        Markup = "markdown",
        SendsMedia = [AttachmentKind.Image],
        MaxButtons = 13,
        MaxButtonLabel = 200,
        Streaming = true,
    };

    public IEnumerable<FieldError> Validate(IReadOnlyDictionary<string, string> secrets, JsonElement settings) =>
        WebChatSettings.Validate(secrets, settings);

    /// <summary>Visitors come through their sessions, never through a webhook.</summary>
    public bool Authenticate(ConnectionSnapshot connection, in WebhookRequest request) => false;

    public IReadOnlyList<InboundEvent> Read(ConnectionSnapshot connection, ReadOnlyMemory<byte> body) =>
        throw new MalformedPayloadException("The web chat has no webhook.");

    public IReadOnlyList<PartBody> Split(string answer) => [new PartBody(null)];

    public Task<DeliveryOutcome> SendAsync(ConnectionSnapshot connection, OutboundPart part, CancellationToken cancellationToken)
    {
        _told.TryRemove(part.Chat.ChatId, out _);
        Publish(part.Chat, WebChatSignal.Stored.Instance);
        return Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Delivered($"{part.MessageId}:{part.Ordinal}"));
    }

    public Task ShowTypingAsync(ConnectionSnapshot connection, ChatAddress chat, CancellationToken cancellationToken)
    {
        Publish(chat, WebChatSignal.Typing.Instance);
        return Task.CompletedTask;
    }

    public bool Streams(ConnectionSnapshot connection) => true;

    public void Stream(ConnectionSnapshot connection, AnswerDraft draft, string text)
    {
        var (chat, turnId) = (draft.Chat, draft.TurnId);
        if (!_told.ContainsKey(chat.ChatId) && _told.Count >= MaxTold)
        {
            _told.Clear();
        }
        var offset = _told.TryGetValue(chat.ChatId, out var told) && told.TurnId == turnId ? told.Length : 0;
        _told[chat.ChatId] = new Position(turnId, offset + text.Length);
        Publish(chat, new WebChatSignal.Delta(turnId, offset, text));
    }

    public void Abandon(ConnectionSnapshot connection, AnswerDraft draft)
    {
        _told.TryRemove(draft.Chat.ChatId, out _);
        Publish(draft.Chat, new WebChatSignal.Abandoned(draft.TurnId));
    }

    public void ShowState(ConnectionSnapshot connection, ChatAddress chat, ConversationState state) =>
        Publish(chat, new WebChatSignal.State(state));

    private void Publish(ChatAddress chat, WebChatSignal signal) => signals.Publish(WebChatSignal.Channel(chat.ChatId), signal.Encode());

    private readonly record struct Position(Guid TurnId, int Length);
}

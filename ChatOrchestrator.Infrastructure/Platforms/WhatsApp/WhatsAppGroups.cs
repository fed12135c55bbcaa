using System.Text.Json;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Platforms.Meta;

namespace ChatOrchestrator.Infrastructure.Platforms.WhatsApp;

/// <summary>What of a group's messages the bot answers; the rest is overheard.</summary>
internal enum GroupAnswers
{
    /// <summary>Commands, replies to the bot, and what calls it by its number or its name.</summary>
    Mention,

    /// <summary>Everything.</summary>
    All,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>
/// Groups of the <see href="https://developers.facebook.com/documentation/business-messaging/whatsapp/groups">Groups API</see>: the
/// business makes them, up to eight people join by a link. A message of one has a <c>group_id</c>, and who wrote it in <c>from</c>.
/// </summary>
/// <param name="Name">What the business is called, as people may call it.</param>
internal sealed record WhatsAppGroups(GroupAnswers Answers, string? Name)
{
    private static readonly (string Name, bool Joined)[] Lists = [("added_participants", true), ("removed_participants", false)];

    /// <summary>What a text is and says that was written in a group.</summary>
    /// <param name="number">The bot's own, in digits.</param>
    public (MessageKind Kind, string Text) Resolve(Message message, MessageKind kind, string text, string? number)
    {
        if (Answers == GroupAnswers.None)
        {
            return (MessageKind.Overheard, text);
        }
        var called = Calls(number).FirstOrDefault(call => Mentions(text, call));
        var rest = called is null ? text : WithoutLeading(text, called);
        if (kind == MessageKind.Text && MetaCommands.KindOf(rest) == MessageKind.Command)
        {
            return (MessageKind.Command, rest);
        }
        return kind is MessageKind.Command or MessageKind.ButtonPress || Answers == GroupAnswers.All || called is not null || number is not null && message.Context?.From == number
            ? (kind, rest)
            : (MessageKind.Overheard, text);
    }

    /// <summary>Who came and went, by <c>group_participants_update</c>; empty: something else happened.</summary>
    public static IEnumerable<InboundEvent> Read(JsonElement group)
    {
        if (MetaWebhook.TextOf(group, "group_id") is not { } id || !WhatsAppRecipient.IsGroup(id))
        {
            yield break;
        }
        foreach (var (list, joined) in Lists)
        {
            var place = 0;
            foreach (var person in MetaWebhook.ArrayOf(group, list) is { } people ? people.EnumerateArray() : default)
            {
                if ((MetaWebhook.TextOf(person, "wa_id") ?? MetaWebhook.TextOf(person, "user_id") ?? MetaWebhook.TextOf(person, "input")) is { Length: > 0 and <= 150 } user)
                {
                    yield return new MembershipChanged { PlatformId = $"{MetaWebhook.IdOf(group)}:{place++}", Chat = new(id), UserId = user.TrimStart('+'), Joined = joined };
                }
            }
        }
    }

    private IEnumerable<string> Calls(string? number) => new[] { number, Name }.Where(n => !string.IsNullOrWhiteSpace(n)).Select(n => "@" + n);

    private static bool Mentions(string text, string call)
    {
        var at = text.IndexOf(call, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && (at + call.Length == text.Length || !char.IsLetterOrDigit(text[at + call.Length]));
    }

    private static string WithoutLeading(string text, string call)
    {
        if (!text.StartsWith(call, StringComparison.OrdinalIgnoreCase))
        {
            return text;
        }
        var rest = text.AsSpan(call.Length).TrimStart();
        rest = (rest.StartsWith(",") || rest.StartsWith(":") ? rest[1..] : rest).TrimStart();
        // Nothing but the name: a call, and the name is all there is to answer.
        return rest.IsEmpty ? text : rest.ToString();
    }
}

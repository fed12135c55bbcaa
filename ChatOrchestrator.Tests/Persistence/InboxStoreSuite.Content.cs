using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What messages carry beside their text, and what happens to them later: deletions, reactions, watermarks, erasure, late failures.</summary>
public abstract partial class InboxStoreSuite
{
    private static readonly MessageContent Everything = new()
    {
        Attachments =
        [
            new Attachment { Kind = AttachmentKind.Image, Id = "file-1", MimeType = "image/png", Size = 1234, Name = "a\0b \\u0000.png" },
            new Attachment { Kind = AttachmentKind.Location, Latitude = 52.5, Longitude = -13.25 },
        ],
        Button = new ButtonPress("yes", "Yes, please"),
        Quote = new Quote("m-1", "What was said \U0001F600", true),
        Mentions = [new Mention("u-2", "Grace")],
        AlbumId = "album",
        AnswerVia = "token",
    };

    [StoreFact]
    public async Task Content_is_stored_and_given_to_the_turn_that_answers_it()
    {
        var chat = await NewChatAsync();
        var message = chat.Message("[photo]") with { Content = Everything };
        await Inbox.AppendAsync([message, chat.Message("plain")], default);

        var pending = (await LoadAsync(await ClaimAsync(chat))).Pending;

        var content = pending[0].Content.ShouldNotBeNull();
        content.Attachments.Select(a => (a.Kind, a.Id, a.MimeType, a.Size, a.Latitude, a.Longitude)).ShouldBe(
            [(AttachmentKind.Image, "file-1", "image/png", 1234L, null, null), (AttachmentKind.Location, null, null, null, 52.5, -13.25)]);
        content.Attachments[0].Name!.ShouldNotContain("\0");
        (content.Button, content.Quote, content.AlbumId, content.AnswerVia).ShouldBe((Everything.Button, Everything.Quote, "album", "token"));
        content.Mentions.ShouldBe(Everything.Mentions);
        pending[1].Content.ShouldBeNull();
        (await MessagesAsync(chat))[0].Content!.Button.ShouldBe(Everything.Button);
    }

    [StoreFact]
    public async Task A_part_knows_who_wrote_it_when_the_participant_last_did_and_how_the_question_wants_to_be_answered()
    {
        var chat = await NewChatAsync();
        var question = chat.Message() with { Content = new MessageContent { AnswerVia = "interaction" } };
        var sequence = (await Inbox.AppendAsync([question], default))[0].Sequence;
        var lane = await ClaimAsync(chat);
        await CommitAsync(TestChat.Turn(lane, sequence));
        await ReleaseAsync(lane);

        var part = (await LoadAsync(await ClaimAsync(chat))).OpenParts.Single();

        (part.Author, part.AnswerVia).ShouldBe((MessageAuthor.Bot, "interaction"));
        part.LastInboundAt.ShouldBe((await MessagesAsync(chat))[0].CreatedAt);
    }

    [StoreFact]
    public async Task A_button_ends_the_quiet_that_a_text_began()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync("well", quietMs: 60_000);
        (await TryClaimAsync(chat)).ShouldBeNull();

        await chat.SayAsync("Yes", MessageKind.ButtonPress);

        (await TryClaimAsync(chat)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task A_message_that_is_taken_back_before_its_answer_is_gone_and_not_answered()
    {
        var chat = await NewChatAsync();
        var message = chat.Message("a secret") with { Content = Everything };
        await Inbox.AppendAsync([message], default);

        (await Inbox.RecordAsync(chat.Connection, [new InboundDeletion { PlatformId = "d1", DeletedPlatformId = message.PlatformMessageId }], default)).ShouldBe(1);

        var stored = (await MessagesAsync(chat)).Single();
        (stored.Text, stored.Content, stored.DeletedAt.HasValue).ShouldBe(("", null, true));
        (await NotesAsync(chat)).Single().Kind.ShouldBe("deleted");
        (await LoadAsync(await ClaimAsync(chat))).Pending.ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_message_that_is_taken_back_after_its_answer_stays_what_it_was_without_its_text()
    {
        var chat = await NewChatAsync();
        await ConverseAsync(chat, "a secret");
        var known = (await MessagesAsync(chat))[0].PlatformMessageId!;

        await Inbox.RecordAsync(chat.Connection, [new InboundDeletion { PlatformId = "d1", DeletedPlatformId = known }], default);

        var stored = (await MessagesAsync(chat))[0];
        (stored.Text, stored.Kind).ShouldBe(("", MessageKind.Text));
    }

    [StoreFact]
    public async Task Reactions_are_noted_on_the_message_or_the_answer()
    {
        var chat = await SentAsync("p-1");
        var messages = await MessagesAsync(chat);

        await Inbox.RecordAsync(
            chat.Connection,
            [
                new InboundReaction { PlatformId = "r1", Chat = chat.Address.Chat, ReactedPlatformId = "p-1", Reaction = "👍" },
                new InboundReaction { PlatformId = "r2", Chat = chat.Address.Chat, ReactedPlatformId = messages[0].PlatformMessageId!, Reaction = "👎", Removed = true },
                new InboundReaction { PlatformId = "r3", Chat = chat.Address.Chat, ReactedPlatformId = "nobody knows", Reaction = "x" },
                new MembershipChanged { PlatformId = "j1", Chat = chat.Address.Chat, UserId = "u", Joined = true },
            ],
            default);

        (await NotesAsync(chat)).Select(n => (n.MessageId, n.Kind, n.Detail)).ShouldBe(
            [(messages[1].Id, "reaction", "👍"), (messages[0].Id, "reaction_removed", "👎")], ignoreOrder: true);
    }

    [StoreFact]
    public async Task A_name_that_is_learned_is_kept_where_there_is_none()
    {
        var (chat, named) = (await NewChatAsync(), await NewChatAsync());
        var people = new ParticipantStore(Store.Database);
        await Store.ExecuteAsync($"UPDATE participants SET display_name = NULL WHERE user_id = '{chat.Address.Author.UserId}'");
        await Store.ExecuteAsync($"UPDATE conversations SET title = NULL WHERE chat_id = '{chat.Address.Chat.ChatId}'");
        (await people.IsNamelessAsync(chat.Connection, chat.Address.Author.UserId, default)).ShouldBeTrue();

        await people.NameAsync(chat.Connection, chat.Address.Author.UserId, "Ada Lovelace", default);
        await people.NameAsync(chat.Connection, chat.Address.Author.UserId, "Somebody else", default);

        (await people.IsNamelessAsync(chat.Connection, chat.Address.Author.UserId, default)).ShouldBeFalse();
        (await ReadAsync(c => c.Participants.Where(x => x.Id == chat.Participant).Select(x => x.DisplayName).SingleAsync())).ShouldBe("Ada Lovelace");
        (await ReadAsync(c => c.Conversations.Where(x => x.Id == chat.Id).Select(x => x.Title).SingleAsync())).ShouldBe("Ada Lovelace");
        (await ReadAsync(c => c.Conversations.Where(x => x.Id == named.Id).Select(x => x.Title).SingleAsync())).ShouldNotBe("Ada Lovelace");
        (await people.IsNamelessAsync(chat.Connection, "nobody", default)).ShouldBeFalse();
    }

    [StoreFact]
    public async Task A_reaction_finds_the_answer_in_whatever_thread_it_is()
    {
        var chat = await SentAsync("p-2");
        var messages = await MessagesAsync(chat);
        await Store.ExecuteAsync($"UPDATE conversations SET thread_id = '17.42' WHERE chat_id = '{chat.Address.Chat.ChatId}'");
        var reaction = new InboundReaction { PlatformId = "r5", Chat = chat.Address.Chat, ReactedPlatformId = "p-2", Reaction = "eyes" };

        await Inbox.RecordAsync(
            chat.Connection,
            [
                reaction,
                reaction with { PlatformId = "r6", InAnyThread = true },
                reaction with { PlatformId = "r7", InAnyThread = true, ReactedPlatformId = messages[0].PlatformMessageId!, Reaction = "ok" },
            ],
            default);

        (await NotesAsync(chat)).Select(n => (n.MessageId, n.Kind, n.Detail)).ShouldBe([(messages[1].Id, "reaction", "eyes"), (messages[0].Id, "reaction", "ok")], ignoreOrder: true);
    }

    [StoreFact]
    public async Task A_watermark_covers_what_was_sent_up_to_it_and_only_moves_forward()
    {
        var chat = await SentAsync("p-1");
        var sent = (await PartsAsync(chat)).Single().SentAt!.Value;

        await MarkAsync(PartState.Read, sent.AddSeconds(-1));
        (await PartsAsync(chat)).Single().State.ShouldBe(PartState.Sent);
        await MarkAsync(PartState.Read, sent.AddSeconds(1));
        await MarkAsync(PartState.Delivered, sent.AddSeconds(2));

        var part = (await PartsAsync(chat)).Single();
        (part.State, part.ReadAt.HasValue, part.DeliveredAt.HasValue).ShouldBe((PartState.Read, true, true));

        Task MarkAsync(PartState state, DateTimeOffset through) => Inbox.RecordAsync(
            chat.Connection, [new DeliveryWatermark { PlatformId = Guid.NewGuid().ToString(), Chat = chat.Address.Chat, State = state, Through = through }], default);
    }

    [StoreFact]
    public async Task What_the_platform_accepted_and_then_could_not_deliver_becomes_one_dead_letter()
    {
        var chat = await SentAsync("p-1");

        await AfterReceiptAsync(chat, "p-1", PartState.Failed, "window_closed");
        await AfterReceiptAsync(chat, "p-1", PartState.Failed, "window_closed");

        var letter = await ReadAsync(c => c.DeadLetters.SingleAsync(d => d.ConversationId == chat.Id));
        (letter.Stage, letter.Reason, letter.State).ShouldBe((DeadLetter.DeliveryStage, "window_closed", DeadLetterState.Open));
        letter.MessageId.ShouldBe((await MessagesAsync(chat))[1].Id);
    }

    [StoreFact]
    public async Task A_failure_that_is_told_by_reference_becomes_a_dead_letter_too()
    {
        var chat = await SentAsync("p-1");
        var answer = (await MessagesAsync(chat))[1].Id;

        await Inbox.RecordAsync(
            chat.Connection,
            [new DeliveryReceipt { PlatformId = "f1", Chat = chat.Address.Chat, PartPlatformId = "p-1", State = PartState.Failed, Error = "undeliverable", Reference = new PartReference(answer, 0) }],
            default);

        (await ReadAsync(c => c.DeadLetters.SingleAsync(d => d.ConversationId == chat.Id))).Reason.ShouldBe("undeliverable");
    }

    [StoreFact]
    public async Task A_participant_who_asks_for_it_is_erased_with_everything_said_there()
    {
        var (chat, other) = (await NewChatAsync(), await NewChatAsync());
        await ConverseAsync(chat);
        await ConverseAsync(other);

        await Inbox.RecordAsync(chat.Connection, [new ErasureRequested { PlatformId = "e1", UserId = chat.Address.Author.UserId }], default);

        (await MessagesAsync(chat)).ShouldBeEmpty();
        (await PartsAsync(chat)).ShouldBeEmpty();
        (await ReadAsync(c => c.Conversations.CountAsync(x => x.Id == chat.Id))).ShouldBe(0);
        (await ReadAsync(c => c.Lanes.CountAsync(x => x.ConversationId == chat.Id))).ShouldBe(0);
        (await ReadAsync(c => c.Turns.CountAsync(x => x.ConversationId == chat.Id))).ShouldBe(0);
        (await ReadAsync(c => c.Participants.CountAsync(x => x.Id == chat.Participant))).ShouldBe(0);
        (await MessagesAsync(other)).Count.ShouldBe(2);
    }
}

using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What is not a message: edits, receipts, migrations, blocks.</summary>
public abstract partial class InboxStoreSuite
{
    [StoreFact]
    public async Task An_edit_changes_the_text_once_and_is_noted()
    {
        var chat = await NewChatAsync();
        var (message, _) = await chat.SayAsync("helo");
        var edit = new InboundEdit { PlatformId = "edit-1", EditedPlatformId = message.PlatformMessageId, Text = "hello" };

        (await Inbox.RecordAsync(chat.Connection, [edit], default)).ShouldBe(1);
        (await Inbox.RecordAsync(chat.Connection, [edit with { Text = "changed on the way" }], default)).ShouldBe(0);

        var stored = (await MessagesAsync(chat)).Single();
        stored.Text.ShouldBe("hello");
        stored.EditedAt.ShouldNotBeNull();
        var note = (await NotesAsync(chat)).Single();
        (note.Kind, note.MessageId).ShouldBe(("edited", message.Id));
    }

    [StoreFact]
    public async Task An_edit_of_an_unknown_message_and_a_kind_we_ignore_are_stored_and_change_nothing()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync("as it was");

        (await Inbox.RecordAsync(
            chat.Connection,
            [
                new InboundEdit { PlatformId = "e1", EditedPlatformId = "nobody knows", Text = "x" },
                new IgnoredEvent { PlatformId = "e2", Type = "poll" },
                new IgnoredEvent { PlatformId = "e2", Type = "poll" },
            ],
            default)).ShouldBe(2);

        (await MessagesAsync(chat)).Single().Text.ShouldBe("as it was");
        var events = await ReadAsync(c => c.InboxEvents.Where(e => e.ConnectionId == chat.Connection).OrderBy(e => e.Id).ToListAsync());
        events.Select(e => (e.Kind, e.Subject)).ShouldBe([("edit", "nobody knows"), ("ignored", "poll")]);
    }

    [StoreFact]
    public async Task A_chat_that_moves_keeps_its_conversations_and_topics()
    {
        var chat = await NewChatAsync(isGroup: true);
        var topic = (await Inbox.ResolveAsync([chat.Address with { Chat = chat.Address.Chat with { ThreadId = "5" } }], default))[0].Conversation;
        var moved = chat.Address.Chat.ChatId + "-super";

        await Inbox.RecordAsync(chat.Connection, [new ChatMigrated { PlatformId = "m1", FromChatId = chat.Address.Chat.ChatId, ToChatId = moved }], default);

        var found = await Inbox.ResolveAsync([chat.Address with { Chat = new ChatAddress(moved) }, chat.Address with { Chat = new ChatAddress(moved, "5") }], default);
        found.Select(f => f.Conversation).ShouldBe([chat.Id, topic]);
    }

    [StoreFact]
    public async Task A_chat_that_moves_to_one_that_is_known_leaves_both_as_they_are()
    {
        var (from, to) = (await NewChatAsync(isGroup: true), await NewChatAsync(isGroup: true));
        var known = (await Inbox.ResolveAsync([to.Address with { Connection = from.Connection }], default))[0].Conversation;

        await Inbox.RecordAsync(from.Connection, [new ChatMigrated { PlatformId = "m1", FromChatId = from.Address.Chat.ChatId, ToChatId = to.Address.Chat.ChatId }], default);

        var found = await Inbox.ResolveAsync([from.Address, to.Address with { Connection = from.Connection }], default);
        found.Select(f => f.Conversation).ShouldBe([from.Id, known]);
    }

    [StoreFact]
    public async Task A_participant_blocks_and_unblocks()
    {
        var chat = await NewChatAsync();

        await Inbox.RecordAsync(chat.Connection, [new ParticipantBlocked { PlatformId = "b1", UserId = chat.Address.Author.UserId, Blocked = true }], default);
        (await ReadAsync(c => c.Participants.SingleAsync(p => p.Id == chat.Participant))).BlockedAt.ShouldNotBeNull();

        await Inbox.RecordAsync(chat.Connection, [new ParticipantBlocked { PlatformId = "b2", UserId = chat.Address.Author.UserId, Blocked = false }], default);
        (await ReadAsync(c => c.Participants.SingleAsync(p => p.Id == chat.Participant))).BlockedAt.ShouldBeNull();
    }

    [StoreFact]
    public async Task Receipts_move_a_part_forward_and_never_back()
    {
        var chat = await SentAsync("p-1");

        (await AfterReceiptAsync(chat, "p-1", PartState.Delivered)).DeliveredAt.ShouldNotBeNull();
        var read = await AfterReceiptAsync(chat, "p-1", PartState.Read);
        (read.State, read.ReadAt.HasValue).ShouldBe((PartState.Read, true));
        var late = await AfterReceiptAsync(chat, "p-1", PartState.Delivered);
        (late.State, late.DeliveredAt).ShouldBe((PartState.Read, read.DeliveredAt));
        (await AfterReceiptAsync(chat, "p-1", PartState.Failed)).State.ShouldBe(PartState.Read, "what was read did not fail");
    }

    [StoreFact]
    public async Task A_part_that_is_read_was_delivered()
    {
        var chat = await SentAsync("p-1");

        var part = await AfterReceiptAsync(chat, "p-1", PartState.Read);

        part.State.ShouldBe(PartState.Read);
        part.DeliveredAt.ShouldNotBeNull();
    }

    [StoreFact]
    public async Task A_part_that_the_platform_reports_as_failed_stays_so_with_its_reason()
    {
        var chat = await SentAsync("p-1");

        var part = await AfterReceiptAsync(chat, "p-1", PartState.Failed, "undeliverable");
        (part.State, part.Error).ShouldBe((PartState.Failed, "undeliverable"));
        (await AfterReceiptAsync(chat, "p-1", PartState.Read)).State.ShouldBe(PartState.Failed);
    }

    [StoreFact]
    public async Task A_receipt_for_another_part_or_chat_changes_nothing()
    {
        var (chat, other) = (await SentAsync("p-1"), await SentAsync("p-1"));

        (await AfterReceiptAsync(chat, "p-2", PartState.Read)).State.ShouldBe(PartState.Sent);
        await AfterReceiptAsync(other, "p-1", PartState.Read);
        (await PartsAsync(chat)).Single().State.ShouldBe(PartState.Sent);
    }

    private async Task<TestChat> SentAsync(string platformId)
    {
        var chat = await NewChatAsync();
        var (_, asked) = await chat.SayAsync();
        var lane = await ClaimAsync(chat);
        var turn = TestChat.Turn(lane, asked);
        var committed = await CommitAsync(turn);
        await CommitAsync(new DeliveryCommit
        {
            Lease = lane.Lease,
            Part = new PartOutcome { MessageId = turn.AnswerId, Ordinal = 0, State = PartState.Sent, PlatformMessageId = platformId },
            DeliveredThrough = committed.AnswerSequence,
            Next = LaneNext.Release,
        });
        return chat;
    }

    private async Task<Part> AfterReceiptAsync(TestChat chat, string part, PartState state, string? error = null)
    {
        var receipt = new DeliveryReceipt { PlatformId = Guid.NewGuid().ToString(), Chat = chat.Address.Chat, PartPlatformId = part, State = state, Error = error };
        (await Inbox.RecordAsync(chat.Connection, [receipt], default)).ShouldBe(1);
        return (await PartsAsync(chat)).Single();
    }
}

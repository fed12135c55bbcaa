using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What every inbox store promises: addresses and appends.</summary>
public abstract partial class InboxStoreSuite(TestStore store) : StoreSuite(store)
{
    [StoreFact]
    public async Task An_address_is_the_same_conversation_and_participant_every_time()
    {
        var chat = await NewChatAsync();

        var again = (await Inbox.ResolveAsync([chat.Address, chat.Address], default));

        again.ShouldAllBe(r => r.Conversation == chat.Id && r.Participant == chat.Participant);
        var topic = chat.Address with { Chat = chat.Address.Chat with { ThreadId = "7" } };
        var other = (await Inbox.ResolveAsync([topic], default))[0];
        other.Conversation.ShouldNotBe(chat.Id);
        other.Participant.ShouldBe(chat.Participant);
    }

    [StoreFact]
    public async Task A_later_name_replaces_an_earlier_one_and_a_missing_one_does_not()
    {
        var chat = await NewChatAsync();
        await Inbox.ResolveAsync([chat.Address with { Title = "New title", Author = chat.Address.Author with { DisplayName = null, Username = "ada" } }], default);

        var person = await ReadAsync(c => c.Participants.SingleAsync(p => p.Id == chat.Participant));
        person.DisplayName.ShouldBe(chat.Address.Author.DisplayName);
        person.Username.ShouldBe("ada");
        (await ConversationAsync(chat)).Title.ShouldBe("New title");
    }

    [StoreFact]
    public async Task Many_processes_that_resolve_the_same_new_addresses_agree()
    {
        var connection = new ConnectionId(Guid.CreateVersion7());
        var addresses = Enumerable.Range(0, 20).Select(i =>
            new InboxAddress(connection, new BotId(Guid.CreateVersion7()), new ChatAddress($"c{i}"), false, null, new InboundAuthor($"u{i}"))).ToArray();
        var processes = Enumerable.Range(0, 4).Select(_ => Store.Another().Inbox).ToArray();

        var resolved = await Task.WhenAll(processes.SelectMany((p, i) => Enumerable.Range(0, 3).Select(n => Task.Run(() =>
            p.ResolveAsync((i + n) % 2 == 0 ? addresses : [.. addresses.Reverse()], default)))));

        resolved.SelectMany(r => r).Select(r => r.Conversation).Distinct().Count().ShouldBe(20);
        resolved.SelectMany(r => r).Select(r => r.Participant).Distinct().Count().ShouldBe(20);
    }

    [StoreFact]
    public async Task Messages_are_stored_as_they_came_in_the_order_given()
    {
        var (a, b) = (await NewChatAsync(), await NewChatAsync());
        var sent = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        var batch = new[]
        {
            a.Message("a1") with { SentAt = sent, TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            b.Message("b1"), a.Message("/start", MessageKind.Command), b.Message("b2", MessageKind.Unsupported), a.Message("a3"),
        };

        var results = await Inbox.AppendAsync(batch, default);

        results.ShouldAllBe(r => r.Kind == AppendKind.Stored);
        results.Select(r => r.Sequence).ShouldBeInOrder();
        var stored = await MessagesAsync(a);
        stored.Select(m => m.Text).ShouldBe(["a1", "/start", "a3"]);
        stored.Select(m => m.Sequence).ShouldBe([results[0].Sequence, results[2].Sequence, results[4].Sequence]);
        stored.Select(m => m.Kind).ShouldBe([MessageKind.Text, MessageKind.Command, MessageKind.Text]);
        var first = stored[0];
        (first.Id, first.ConnectionId, first.ParticipantId, first.PlatformMessageId, first.Author, first.SentAt, first.TraceParent)
            .ShouldBe((batch[0].Id, a.Connection, a.Participant, batch[0].PlatformMessageId, MessageAuthor.Participant, sent, batch[0].TraceParent));
        (TimeProvider.System.GetUtcNow() - first.CreatedAt).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
        (await LaneAsync(b)).LastSequence.ShouldBe(results[3].Sequence);
    }

    [StoreFact]
    public async Task Text_of_any_kind_comes_back_as_it_was()
    {
        var chat = await NewChatAsync();
        string[] texts = ["   ", "👩‍👩‍👧‍👦 🇩🇪 é", "שלום עולם ‏مرحبا‎", "'; DROP TABLE messages; -- \\ \" \t\r\n", string.Concat(Enumerable.Repeat("長い文", 33_334))];

        await Inbox.AppendAsync([.. texts.Select(t => chat.Message(t))], default);

        (await MessagesAsync(chat)).Select(m => m.Text).ShouldBe(texts);
        var content = await LoadAsync(await ClaimAsync(chat));
        content.Pending.Select(m => m.Text).ShouldBe(texts);
    }

    [StoreFact]
    public async Task A_redelivery_stores_nothing_wakes_nobody_and_is_noted()
    {
        var chat = await NewChatAsync();
        var (message, sequence) = await chat.SayAsync("once");
        var lane = await ClaimAsync(chat);
        await CommitAsync(TestChat.Turn(lane, sequence, answer: null));
        await ReleaseAsync(lane);

        var again = (await Inbox.AppendAsync([message with { Id = Guid.CreateVersion7(), Text = "twice" }], default))[0];

        again.Kind.ShouldBe(AppendKind.Duplicate);
        (await MessagesAsync(chat)).Single().Text.ShouldBe("once");
        (await LaneAsync(chat)).DueAt.ShouldBeNull();
        var note = (await NotesAsync(chat)).Single();
        (note.Kind, note.MessageId).ShouldBe(("redelivered", message.Id));
    }

    [StoreFact]
    public async Task A_message_that_stands_twice_in_one_batch_is_stored_once()
    {
        var chat = await NewChatAsync();
        var message = chat.Message("twice");

        var results = await Inbox.AppendAsync([message, message with { Id = Guid.CreateVersion7() }, chat.Message("other")], default);

        results.Select(r => r.Kind).ShouldBe([AppendKind.Stored, AppendKind.Duplicate, AppendKind.Stored]);
        (await MessagesAsync(chat)).Select(m => m.Text).ShouldBe(["twice", "other"]);
    }

    [StoreFact]
    public async Task The_same_id_on_another_connection_is_another_message()
    {
        var (a, b) = (await NewChatAsync(), await NewChatAsync());

        var results = await Inbox.AppendAsync([a.Message(platformId: "42"), b.Message(platformId: "42")], default);

        results.ShouldAllBe(r => r.Kind == AppendKind.Stored);
    }

    [StoreFact]
    public async Task A_conversation_that_was_deleted_takes_nothing_and_the_others_do()
    {
        var (gone, here) = (await NewChatAsync(), await NewChatAsync());
        await DeleteAsync(gone);

        var results = await Inbox.AppendAsync([gone.Message(), here.Message()], default);

        results.Select(r => r.Kind).ShouldBe([AppendKind.ConversationGone, AppendKind.Stored]);
        (await MessagesAsync(gone)).ShouldBeEmpty();
        var found = (await Inbox.ResolveAsync([gone.Address], default))[0];
        (found.Conversation, found.Participant).ShouldBe((found.Conversation, gone.Participant));
        found.Conversation.ShouldNotBe(gone.Id);
    }
}

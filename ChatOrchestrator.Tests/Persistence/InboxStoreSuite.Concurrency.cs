using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Several processes append at once.</summary>
public abstract partial class InboxStoreSuite
{
    [StoreFact]
    public async Task Of_two_deliveries_of_one_message_at_the_same_time_one_is_stored()
    {
        var other = Store.Another().Inbox;
        for (var round = 0; round < 20; round++)
        {
            var chat = await NewChatAsync();
            var message = chat.Message();

            var results = await Task.WhenAll(
                Task.Run(() => Inbox.AppendAsync([message], default)),
                Task.Run(() => other.AppendAsync([message with { Id = Guid.CreateVersion7() }], default)));

            results.Select(r => r[0].Kind).Order().ShouldBe([AppendKind.Stored, AppendKind.Duplicate]);
            (await MessagesAsync(chat)).Count.ShouldBe(1);
        }
    }

    [StoreFact]
    public async Task Appends_to_the_same_lanes_from_many_processes_never_deadlock_and_lose_nothing()
    {
        const int Processes = 4, Tasks = 16, Rounds = 10, Chats = 12;
        var chats = await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => NewChatAsync()));
        var inboxes = Enumerable.Range(0, Processes).Select(_ => Store.Another().Inbox).ToArray();

        var sent = await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            var random = new Random(task);
            var stored = new List<(InboxMessage Message, AppendResult Result)>();
            for (var round = 0; round < Rounds; round++)
            {
                // Every batch takes its lanes in an order of its own, and one message that all of them have.
                var batch = Enumerable.Range(0, Chats * 2).Select(_ => chats[random.Next(Chats)].Message())
                    .Append(chats[random.Next(Chats)].Message(platformId: $"shared-{round}")).ToArray();
                var results = await inboxes[task % Processes].AppendAsync(batch, default);
                stored.AddRange(batch.Zip(results));
            }
            return stored;
        }))).WaitAsync(Deadline);

        var all = sent.SelectMany(s => s).ToLookup(s => s.Message.Conversation);
        var lanes = (await Lanes.ClaimAsync("worker", 10_000, Lease, default)).ToDictionary(l => l.Conversation);
        foreach (var chat in chats)
        {
            var expected = all[chat.Id].Where(s => s.Result.Kind == AppendKind.Stored).OrderBy(s => s.Result.Sequence).ToArray();
            var messages = await MessagesAsync(chat);
            messages.Select(m => (m.Id, m.Sequence)).ShouldBe(expected.Select(s => (s.Message.Id, s.Result.Sequence)));
            messages.Where(m => !m.PlatformMessageId!.StartsWith("shared", StringComparison.Ordinal)).Count()
                .ShouldBe(all[chat.Id].Count(s => !s.Message.PlatformMessageId.StartsWith("shared", StringComparison.Ordinal)));
            (await ReleaseAsync(lanes[chat.Id])).DueIn.ShouldNotBeNull("nothing was answered yet");
            (await LaneAsync(chat)).LastSequence.ShouldBe(expected[^1].Result.Sequence);
        }
        // Chats have connections of their own, so a shared id is one message in each chat it was sent to.
        sent.SelectMany(s => s).Count(s => s.Result.Kind == AppendKind.ConversationGone).ShouldBe(0);
    }

    [StoreFact]
    public async Task One_batch_of_one_connection_may_race_with_another_that_has_its_messages_in_another_order()
    {
        var first = await NewChatAsync();
        var second = await TestChat.OpenAsync(Inbox, connection: first.Connection);
        var other = Store.Another().Inbox;
        for (var round = 0; round < 20; round++)
        {
            // A migrated chat: the same two messages arrive for two conversations, so no lane's lock is shared.
            var (a, b) = (first.Message(), first.Message());

            var results = await Task.WhenAll(
                Task.Run(() => Inbox.AppendAsync([a, b], default)),
                Task.Run(() => other.AppendAsync(
                    [
                        b with { Id = Guid.CreateVersion7(), Conversation = second.Id },
                        a with { Id = Guid.CreateVersion7(), Conversation = second.Id },
                    ],
                    default))).WaitAsync(Deadline);

            results.SelectMany(r => r).Count(r => r.Kind == AppendKind.Stored).ShouldBe(2);
        }
    }
}

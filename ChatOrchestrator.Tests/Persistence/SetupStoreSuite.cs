using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>What an API is set up with, by plain statements alone: EF Core refuses to be used here but to look at what they left.</summary>
public abstract class SetupStoreSuite(TestStore store) : StoreSuite(store)
{
    private const int AtOnce = 8;

    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private ChatDatabase Plain => Store.DatabaseOf(new NoContexts());

    private BotStore Bots => new(Plain);

    private ConnectionStore Connections => new(Plain, TimeProvider.System);

    private ApiKeyStore Keys => new(Plain, TimeProvider.System);

    [StoreFact]
    public async Task A_bot_is_stored_and_read_as_EF_Core_would()
    {
        var processing = new ProcessingSettings { QuietPeriodMs = 0, Greeting = "Grüße", RedactPii = [PersonalDataKinds.Email], Budgets = new BudgetSettings { CostPerDay = 1.5m } };
        var bot = new Bot("Ada", new AiSettings { Temperature = 0.5, SystemPrompt = "\"Quoted\"" }, processing, Now);
        await Bots.AddAsync(bot, Unaudited.Entry, default);
        Same(await Bots.FindAsync(bot.Id, default), await ReadAsync(db => db.Bots.AsNoTracking().SingleAsync(b => b.Id == bot.Id)));
        Same(await Bots.FindAsync(bot.Id, default), bot);

        var changed = await Bots.ChangeAsync(bot.Id, b => Change(b, "Grace"), default);

        changed.ShouldNotBeNull().PromptVersion.ShouldBe(2);
        Same(changed, await ReadAsync(db => db.Bots.AsNoTracking().SingleAsync(b => b.Id == bot.Id)));
        (await Bots.AnyAsync(default)).ShouldBeTrue();
        (await Bots.FindAsync(BotId.New(), default)).ShouldBeNull();
        (await Bots.ChangeAsync(BotId.New(), b => Change(b, "Nobody"), default)).ShouldBeNull();
    }

    [StoreFact]
    public async Task Bots_are_listed_by_pages_and_as_far_as_they_may_be_seen()
    {
        var bots = new List<Bot>();
        for (var i = 0; i < 3; i++)
        {
            bots.Add(await NewBotAsync());
        }
        // Of two of one millisecond chance decides which is the older.
        bots.Sort((a, b) => a.Id.Value.CompareTo(b.Id.Value));
        var scope = new BotScope([.. bots.Select(b => b.Id)]);

        var first = await Bots.ListAsync(scope, new PageRequest(2, null), default);
        var second = await Bots.ListAsync(scope, new PageRequest(2, first.NextCursor), default);

        first.Items.Concat(second.Items).Select(b => b.Id).ShouldBe(bots.Select(b => b.Id));
        second.NextCursor.ShouldBeNull();
        (await Bots.ListAsync(new BotScope([]), new PageRequest(2, null), default)).Items.ShouldBeEmpty();
        (await Bots.ListAsync(BotScope.All, new PageRequest(1, first.NextCursor), default)).Items.ShouldHaveSingleItem().Id.ShouldBe(bots[2].Id);
    }

    [StoreFact]
    public async Task Of_changes_at_once_each_is_made_on_what_the_others_left_with_an_entry_of_its_own()
    {
        var bot = await NewBotAsync();
        var connection = await NewConnectionAsync(bot);

        await AtOnceAsync(i => Bots.ChangeAsync(bot.Id, b => Change(b, b.Name + i), default));
        await AtOnceAsync(i => Connections.ChangeAsync(
            connection.Id,
            c =>
            {
                c.Change(c.DisplayName + i, c.Settings, c.ProtectedSecrets, Now);
                return Unaudited.Entry with { BotId = bot.Id.Value };
            },
            default));

        var (stored, storedConnection) = ((await Bots.FindAsync(bot.Id, default))!, (await Connections.FindAsync(connection.Id, default))!);
        (stored.Version, storedConnection.Version).ShouldBe((1 + AtOnce, 1 + AtOnce));
        stored.Name[bot.Name.Length..].Order().ShouldBe("01234567");
        storedConnection.DisplayName[connection.DisplayName.Length..].Order().ShouldBe("01234567");
        (await ReadAsync(db => db.AuditLog.CountAsync(e => e.BotId == bot.Id.Value))).ShouldBe(2 * AtOnce);
    }

    [StoreFact]
    public async Task What_changes_nothing_is_not_saved_but_noted()
    {
        var connection = await NewConnectionAsync(await NewBotAsync());
        var entry = Unaudited.Entry;

        (await Connections.ChangeAsync(connection.Id, _ => entry, default)).ShouldNotBeNull().Version.ShouldBe(1);

        (await ReadAsync(db => db.AuditLog.CountAsync(e => e.Id == entry.Id))).ShouldBe(1);
    }

    [StoreFact]
    public async Task A_connection_is_stored_and_read_as_EF_Core_would()
    {
        var bot = await NewBotAsync();
        var connection = await NewConnectionAsync(bot);
        var second = await NewConnectionAsync(bot);
        await Connections.ChangeAsync(second.Id, c => c.Disable("token_revoked", Now), default);

        foreach (var id in new[] { connection.Id, second.Id })
        {
            Same(await Connections.FindAsync(id, default), await ReadAsync(db => db.Connections.AsNoTracking().SingleAsync(c => c.Id == id)));
        }
        var first = await Connections.ListAsync(bot.Id, new PageRequest(1, null), default);
        var next = await Connections.ListAsync(bot.Id, new PageRequest(1, first.NextCursor), default);
        ConnectionId[] both = [connection.Id, second.Id];
        first.Items.Concat(next.Items).Select(c => c.Id).ShouldBe(both.OrderBy(id => id.Value));
        next.NextCursor.ShouldBeNull();
        (await Connections.ListIdsAsync(bot.Id, default)).ShouldBe(both, ignoreOrder: true);
    }

    [StoreFact]
    public async Task A_connection_of_no_bot_is_refused_and_a_bot_with_connections_stays_and_neither_is_noted()
    {
        var bot = await NewBotAsync();
        await NewConnectionAsync(bot);
        var (orphan, refused) = (Unaudited.Entry, Unaudited.Entry);

        (await Connections.AddAsync(ConnectionOf(BotId.New()), orphan, default)).ShouldBeFalse();
        (await Bots.DeleteAsync(bot.Id, refused, default)).ShouldBeFalse();
        (await Bots.DeleteAsync((await NewBotAsync()).Id, Unaudited.Entry, default)).ShouldBeTrue();

        (await Bots.FindAsync(bot.Id, default)).ShouldNotBeNull();
        (await ReadAsync(db => db.AuditLog.CountAsync(e => e.Id == orphan.Id || e.Id == refused.Id))).ShouldBe(0);
    }

    [StoreFact]
    public async Task A_key_is_stored_and_read_as_EF_Core_would_and_knows_its_caller()
    {
        var (bot, gone) = (await NewBotAsync(), await NewBotAsync());
        var key = NewKey(new AccessScope([bot.Id.Value, gone.Id.Value], ["bots.read"]));
        await Keys.AddAsync(key, Unaudited.Entry, default);
        (await Bots.DeleteAsync(gone.Id, null, default)).ShouldBeTrue();

        await Keys.NoteUsesAsync(new Dictionary<Guid, DateTimeOffset> { [key.Id] = Now }, default);
        await Keys.NoteUsesAsync(new Dictionary<Guid, DateTimeOffset> { [key.Id] = Now.AddDays(-1) }, default);
        var rotated = await Keys.ChangeAsync(key.Id, k => Rotate(k, "next"), default);

        var stored = (await Keys.ReadAsync(key.Id, default)).ShouldNotBeNull();
        Same(stored, await ReadAsync(db => db.ApiKeys.AsNoTracking().SingleAsync(k => k.Id == key.Id)));
        (stored.Stamp, stored.LastUsedAt, stored.Hash).ShouldBe((2, Now, rotated!.Hash));
        var caller = (await Keys.FindAsync(stored.Hash, default)).ShouldNotBeNull().Caller;
        (caller.Role, caller.ExpiresAt, caller.Bots.Only!.Single(), caller.OnlyPermissions!.Single()).ShouldBe((Role.Admin, null, bot.Id, "bots.read"));
        (await Keys.FindAsync(key.Hash, default)).ShouldNotBeNull("it overlaps").Caller.ExpiresAt.ShouldBe(stored.PreviousExpiresAt);
        (await Keys.FindAsync(Guid.NewGuid().ToString("N"), default)).ShouldBeNull();

        (await Bots.DeleteAsync(bot.Id, null, default)).ShouldBeTrue();
        (await Keys.FindAsync(key.Id, default)).ShouldBeNull("its bots are gone");
        (await Keys.DeleteAsync(key.Id, Unaudited.Entry, default)).ShouldBeTrue();
        (await Keys.DeleteAsync(key.Id, Unaudited.Entry, default)).ShouldBeFalse();
    }

    [StoreFact]
    public async Task Keys_are_listed_by_how_they_begin_and_the_first_of_a_name_is_added_once()
    {
        var (one, other) = (NewKey(AccessScope.Everything), NewKey(AccessScope.Everything));

        (await Keys.AddFirstAsync(one, default)).ShouldBeTrue();
        (await Keys.AddFirstAsync(one, default)).ShouldBeFalse();
        (await Keys.AddFirstAsync(other, default)).ShouldBeTrue();

        (await Keys.ListAsync(one.Prefix[..^1], new PageRequest(10, null), default)).Items.ShouldHaveSingleItem().Id.ShouldBe(one.Id);
        (await Keys.ListAsync("%", new PageRequest(10, null), default)).Items.ShouldBeEmpty();
        (await Keys.ListAsync(null, new PageRequest(100, null), default)).Items.Select(k => k.Id).ShouldContain(other.Id);
    }

    [StoreFact]
    public async Task Of_rotations_at_once_each_counts()
    {
        var key = NewKey(AccessScope.Everything);
        await Keys.AddAsync(key, Unaudited.Entry, default);

        await AtOnceAsync(i => Keys.ChangeAsync(key.Id, k => Rotate(k, $"{i}"), default));

        (await Keys.ReadAsync(key.Id, default)).ShouldNotBeNull().Stamp.ShouldBe(1 + AtOnce);
    }

    [StoreFact]
    public async Task A_request_is_reserved_by_one_of_many_and_its_answer_is_kept_until_it_is_old()
    {
        var answers = new IdempotencyStore(Plain, new EphemeralDataProtectionProvider(), TimeProvider.System);
        var key = Guid.NewGuid().ToString();

        var reserved = await AtOnceAsync(_ => answers.ReserveAsync("caller", key, "hash", default));
        reserved.Count(r => r is null).ShouldBe(1);
        reserved.First(r => r is not null)!.Answer.ShouldBeNull();
        await answers.ReleaseAsync("caller", key, default);
        (await answers.ReserveAsync("caller", key, "hash", default)).ShouldBeNull();
        await answers.KeepAsync("caller", key, [1, 2, 3], default);
        await answers.ReleaseAsync("caller", key, default);

        var kept = (await answers.ReserveAsync("caller", key, "hash", default)).ShouldNotBeNull();
        kept.RequestHash.ShouldBe("hash");
        kept.Answer.ShouldBe([1, 2, 3]);
        await Store.ExecuteAsync($"UPDATE idempotency_keys SET created_at = created_at - {Store.IntervalOf(TimeSpan.FromDays(2))} WHERE key = '{key}'");
        (await answers.ReserveAsync("caller", key, "hash", default)).ShouldBeNull("it was too old");
    }

    [StoreFact]
    public async Task Processes_share_a_secret_and_replace_one_that_nobody_can_read()
    {
        var name = Guid.NewGuid().ToString();
        var ring = new EphemeralDataProtectionProvider();

        var made = await AtOnceAsync(_ => new SharedSecrets(Plain, ring).GetAsync(name, 32, default));
        made.ShouldAllBe(secret => secret.SequenceEqual(made[0]));

        var anotherRing = new EphemeralDataProtectionProvider();
        var replaced = await AtOnceAsync(_ => new SharedSecrets(Plain, anotherRing).GetAsync(name, 32, default));
        replaced.ShouldAllBe(secret => secret.SequenceEqual(replaced[0]) && !secret.SequenceEqual(made[0]));
    }

    [StoreFact]
    public async Task The_upkeep_deletes_what_has_expired_and_nothing_else()
    {
        var now = TimeProvider.System.GetUtcNow();
        var user = new User($"{Guid.NewGuid():N}@example.org", "Ada", Role.Viewer, AccessScope.Everything, "hash", now);
        var name = Guid.NewGuid().ToString();
        var (old, recent) = (now.AddDays(-8), now.AddDays(-6));
        await using (var db = Store.CreateContext())
        {
            db.Users.Add(user);
            foreach (var at in new[] { old, recent })
            {
                db.Sessions.Add(new Session { Id = Guid.CreateVersion7(), UserId = user.Id, ExpiresAt = at });
            }
            db.LoginFailures.Add(new LoginFailures { Key = name + "old", Failures = 1, LastAt = now.AddHours(-2), PausedUntil = now.AddHours(-2) });
            db.LoginFailures.Add(new LoginFailures { Key = name + "paused", Failures = 1, LastAt = now.AddHours(-2), PausedUntil = now.AddHours(2) });
            db.LoginFailures.Add(new LoginFailures { Key = name + "recent", Failures = 1, LastAt = now, PausedUntil = now });
            db.IdempotencyKeys.Add(new IdempotencyKey { Caller = name, Key = "old", RequestHash = "h", CreatedAt = now.AddHours(-25) });
            db.IdempotencyKeys.Add(new IdempotencyKey { Caller = name, Key = "recent", RequestHash = "h", CreatedAt = now.AddHours(-23) });
            await db.SaveChangesAsync();
        }

        await new AccessUpkeepStore(Plain, TimeProvider.System).DeleteExpiredAsync(default);

        (await ReadAsync(db => db.Sessions.Where(s => s.UserId == user.Id).CountAsync())).ShouldBe(1);
        (await ReadAsync(db => db.LoginFailures.Where(f => f.Key.StartsWith(name)).Select(f => f.Key).ToListAsync())).ShouldBe([name + "paused", name + "recent"], ignoreOrder: true);
        (await ReadAsync(db => db.IdempotencyKeys.Where(k => k.Caller == name).Select(k => k.Key).ToListAsync())).ShouldBe(["recent"]);
    }

    [StoreFact]
    public async Task A_user_is_known_by_a_session_as_long_as_both_last()
    {
        var now = TimeProvider.System.GetUtcNow();
        var bot = await NewBotAsync();
        var user = new User($"{Guid.NewGuid():N}@example.org", "Ada", Role.Agent, new AccessScope([bot.Id.Value]), "hash", now);
        var (good, ended, expired) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var db = Store.CreateContext())
        {
            db.Users.Add(user);
            db.Sessions.Add(new Session { Id = good, UserId = user.Id, ExpiresAt = now.AddDays(1) });
            db.Sessions.Add(new Session { Id = ended, UserId = user.Id, ExpiresAt = now.AddDays(1), EndedAt = now });
            db.Sessions.Add(new Session { Id = expired, UserId = user.Id, ExpiresAt = now.AddDays(-1) });
            await db.SaveChangesAsync();
        }
        var users = new UserStore(Plain, TimeProvider.System);

        var caller = (await users.FindBySessionAsync(user.Id, good, default)).ShouldNotBeNull().Caller;

        (caller.Actor, caller.Role, caller.Bots.Only!.Single()).ShouldBe((FindCaller.Of(user, null).Actor, Role.Agent, bot.Id));
        (await users.FindBySessionAsync(user.Id, ended, default)).ShouldBeNull();
        (await users.FindBySessionAsync(user.Id, expired, default)).ShouldBeNull();
        (await users.FindBySessionAsync(Guid.CreateVersion7(), good, default)).ShouldBeNull();
        await Bots.DeleteAsync(bot.Id, null, default);
        (await users.FindBySessionAsync(user.Id, good, default)).ShouldBeNull("its bots are gone");
    }

    [StoreFact]
    public async Task What_something_belongs_to_is_found_and_a_name_that_was_learned_is_kept()
    {
        var chat = await NewChatAsync();
        await chat.SayAsync("hello");
        var conversation = await ConversationAsync(chat);
        var message = (await MessagesAsync(chat))[0];
        var person = await ReadAsync(db => db.Participants.AsNoTracking().SingleAsync(p => p.Id == message.ParticipantId));
        await Store.ExecuteAsync($"UPDATE participants SET display_name = NULL WHERE id = '{person.Id.ToString().ToUpperInvariant()}'");
        await Store.ExecuteAsync($"UPDATE conversations SET title = NULL WHERE id = '{chat.Id.Value.ToString().ToUpperInvariant()}'");
        var (owners, people) = (new BotOwnership(Plain), new ParticipantStore(Plain));

        (await owners.OfConversationAsync(chat.Id.Value, default)).ShouldBe(conversation.BotId);
        (await owners.OfMessageAsync(message.Id, default)).ShouldBe(conversation.BotId);
        (await owners.OfMessageAsync(Guid.NewGuid(), default)).ShouldBeNull();
        (await people.IsNamelessAsync(person.ConnectionId, person.UserId, default)).ShouldBeTrue();
        await people.NameAsync(person.ConnectionId, person.UserId, "Robin", default);

        (await people.IsNamelessAsync(person.ConnectionId, person.UserId, default)).ShouldBeFalse();
        (await ConversationAsync(chat)).Title.ShouldBe("Robin");
    }

    private static Task<T[]> AtOnceAsync<T>(Func<int, Task<T>> work) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => Task.Run(() => work(i))));

    private static void Same<T>(T? stored, T expected) => JsonSerializer.Serialize(stored).ShouldBe(JsonSerializer.Serialize(expected));

    private static AuditEntry Change(Bot bot, string name)
    {
        bot.Change(name, bot.Ai with { SystemPrompt = name }, bot.Processing, Now.AddDays(1));
        return Unaudited.Entry with { BotId = bot.Id.Value };
    }

    private static AuditEntry Rotate(ApiKey key, string with)
    {
        key.Rotate(key.Prefix, $"{key.Id}{with}", TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());
        return Unaudited.Entry;
    }

    private static ApiKey NewKey(AccessScope scope)
    {
        var random = Guid.NewGuid().ToString("N");
        return new ApiKey(random, $"chat_{random}", random, Role.Admin, scope, null, "tester", Now);
    }

    private static PlatformConnection ConnectionOf(BotId bot) => new(bot, PlatformName.From("telegram"), "Test", """{"maxLanes": 3}""", "secrets", Now);

    private async Task<Bot> NewBotAsync()
    {
        var bot = new Bot("Test", new AiSettings(), new ProcessingSettings(), Now);
        await Bots.AddAsync(bot, null, default);
        return bot;
    }

    private async Task<PlatformConnection> NewConnectionAsync(Bot bot)
    {
        var connection = ConnectionOf(bot.Id);
        (await Connections.AddAsync(connection, null, default)).ShouldBeTrue();
        return connection;
    }

    private sealed class NoContexts : IChatContexts
    {
        public ChatDbContext Create() => throw new NotSupportedException("This is to be done by plain statements.");
    }
}

[NeedsPostgres]
[Collection(PostgresTestStore.Collection)]
public sealed class PostgresSetupStoreTests(PostgresTestStore store) : SetupStoreSuite(store);

[Collection(SqliteTestStore.Collection)]
public sealed class SqliteSetupStoreTests(SqliteTestStore store) : SetupStoreSuite(store);

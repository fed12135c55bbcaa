using System.Globalization;
using ChatOrchestrator.Application.Analytics;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence.Analytics;

namespace ChatOrchestrator.Infrastructure.Persistence.Sqlite;

/// <summary>There is one writer at a time, so that each reservation sees all that were made and settled before it.</summary>
internal sealed class SqliteBudgetStore(SqliteHotPath hotPath) : IBudgetStore
{
    /// <summary>$1 bot, $2 day, $3 now, $4 conversation, $5 participant.</summary>
    private const string Reserved = """
        SELECT COALESCE(sum(nanos), 0), COALESCE(sum(tokens), 0), COALESCE(sum(nanos) FILTER (WHERE participant_id = $5), 0), COALESCE(sum(tokens) FILTER (WHERE participant_id = $5), 0)
        FROM budget_reservations WHERE bot_id = $1 AND day = $2 AND expires_at > $3 AND conversation_id <> $4
        """;

    /// <summary>$1 bot, $2 day, $3 participant.</summary>
    private const string Spent = """
        SELECT COALESCE(sum(spent_nanos) FILTER (WHERE owner_id = $1), 0), COALESCE(sum(spent_tokens) FILTER (WHERE owner_id = $1), 0),
            COALESCE(sum(spent_nanos) FILTER (WHERE owner_id = $3), 0), COALESCE(sum(spent_tokens) FILTER (WHERE owner_id = $3), 0)
        FROM budget_days WHERE day = $2 AND (owner_id = $1 OR owner_id = $3)
        """;

    /// <summary>$1 bot, $2 conversation, $3 id.</summary>
    private const string Free = "UPDATE budget_reservations SET nanos = 0, tokens = 0 WHERE bot_id = $1 AND conversation_id = $2 AND id <> $3";

    /// <summary>$1 bot, $2 a day ago.</summary>
    private const string Forget = "DELETE FROM budget_reservations WHERE bot_id = $1 AND expires_at < $2";

    /// <summary>$1 bot, $2 the oldest day that is kept.</summary>
    private const string ForgetDays = "DELETE FROM budget_days WHERE bot_id = $1 AND day < $2";

    private const string Make = """
        INSERT INTO budget_reservations (id, bot_id, participant_id, conversation_id, day, nanos, tokens, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>$1 id. Who finds no reservation was settled before.</summary>
    private const string Take = "DELETE FROM budget_reservations WHERE id = $1 RETURNING bot_id, participant_id, day";

    /// <summary>$1 owner, $2 day, $3 bot, $4 nanos, $5 tokens.</summary>
    private const string Add = """
        INSERT INTO budget_days (owner_id, day, bot_id, spent_nanos, spent_tokens) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (owner_id, day) DO UPDATE SET spent_nanos = spent_nanos + excluded.spent_nanos, spent_tokens = spent_tokens + excluded.spent_tokens
        """;

    public Task<BudgetSpending> ReadAsync(BotId bot, DateOnly day, CancellationToken cancellationToken) => hotPath.ReadAsync(
        session =>
        {
            var spent = Amounts(session, Spent, bot.Value, Text(day), null);
            var reserved = Amounts(session, Reserved, bot.Value, Text(day), session.Now, Guid.Empty, null);
            return new BudgetSpending(spent.Nanos, spent.Tokens, reserved.Nanos, reserved.Tokens);
        },
        cancellationToken);

    public Task<BudgetLimit> ReserveAsync(BudgetRequest request, CancellationToken cancellationToken) => hotPath.WriteAsync(
        session =>
        {
            var (bot, day, conversation) = (request.Bot.Value, Text(request.Day), request.Conversation.Value);
            session.Run(Free, bot, conversation, request.Id);
            session.Run(Forget, bot, session.Now - SqliteSession.Micros(TimeSpan.FromDays(1)));
            session.Run(ForgetDays, bot, Text(request.Day.AddDays(-400)));
            var reserved = Amounts(session, Reserved, bot, day, session.Now, conversation, request.Participant);
            var spent = Amounts(session, Spent, bot, day, request.Participant);
            var limit =
                spent.Nanos + reserved.Nanos + request.Nanos > request.OfBot.Nanos ? BudgetLimit.BotCost
                : spent.Tokens + reserved.Tokens + request.Tokens > request.OfBot.Tokens ? BudgetLimit.BotTokens
                : spent.TheirNanos + reserved.TheirNanos + request.Nanos > request.OfParticipant.Nanos ? BudgetLimit.ParticipantCost
                : spent.TheirTokens + reserved.TheirTokens + request.Tokens > request.OfParticipant.Tokens ? BudgetLimit.ParticipantTokens
                : BudgetLimit.None;
            if (limit == BudgetLimit.None)
            {
                session.Run(Make, request.Id, bot, request.Participant, conversation, day, request.Nanos, request.Tokens, session.Now + SqliteSession.Micros(request.Life));
            }
            return limit;
        },
        cancellationToken);

    public Task SettleAsync(BudgetCharge charge, CancellationToken cancellationToken) => hotPath.WriteAsync(
        session =>
        {
            Settle(session, charge);
            return true;
        },
        cancellationToken);

    public Task SpendAsync(CallSpending spending, CancellationToken cancellationToken) => hotPath.WriteAsync(
        session =>
        {
            session.Run(
                SpendingCounts.Count, AnalyticsHours.Of(SqliteSession.Time(session.Now)), spending.Bot.Value, spending.Platform.Value,
                spending.Usage.Input, spending.Usage.Output, spending.Nanos ?? 0, spending.Nanos is null ? 0L : 1L, spending.Reservation);
            if (spending.Note is { } note)
            {
                session.Run(SpendingCounts.Note, note.Conversation.Value, note.Message, note.Detail, session.Now, spending.Reservation);
            }
            if (spending.Reservation is { } reservation)
            {
                Settle(session, new BudgetCharge(reservation, spending.Nanos ?? 0, spending.Usage.Total));
            }
            return true;
        },
        cancellationToken);

    /// <summary>In the caller's transaction.</summary>
    public static void Settle(SqliteSession session, BudgetCharge charge)
    {
        Guid bot;
        Guid? participant;
        string day;
        using (var reader = session.Query(Take, charge.Reservation))
        {
            if (!reader.Read())
            {
                return;
            }
            (bot, participant, day) = (reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetString(2));
        }
        session.Run(Add, bot, day, bot, charge.Nanos, charge.Tokens);
        if (participant is { } owner)
        {
            session.Run(Add, owner, day, bot, charge.Nanos, charge.Tokens);
        }
    }

    private static (long Nanos, long Tokens, long TheirNanos, long TheirTokens) Amounts(SqliteSession session, string sql, params ReadOnlySpan<object?> values)
    {
        using var reader = session.Query(sql, values);
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

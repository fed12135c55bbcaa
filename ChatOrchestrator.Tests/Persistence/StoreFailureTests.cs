using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Postgres;
using Npgsql;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>Whether it is the store that fails, so that it is tried again, or the statement.</summary>
public sealed class StoreFailureTests
{
    [Theory]
    [InlineData("08006", true)]
    [InlineData("53300", true)]
    [InlineData("57P01", true)]
    [InlineData("57014", true)]
    [InlineData("55P03", true)]
    [InlineData("25P03", true)]
    [InlineData("25006", true)]
    [InlineData("23505", false)]
    [InlineData("22021", false)]
    public void Both_ways_to_the_store_see_the_same(string state, bool isUnavailable)
    {
        var failure = new PostgresException("something", "ERROR", "ERROR", state);
        PostgresHotPath.IsUnavailable(failure).ShouldBe(isUnavailable);
        ChatDatabase.IsUnavailable(new InvalidOperationException("EF Core says so", failure)).ShouldBe(isUnavailable);
    }

    [Theory]
    [InlineData("57014", true)]
    [InlineData("55P03", true)]
    [InlineData("57P01", false)]
    [InlineData("53300", false)]
    public void A_store_that_ended_the_statement_is_told_from_one_that_is_away(string state, bool timedOut)
    {
        var failure = new PostgresException("something", "ERROR", "ERROR", state);
        foreach (var e in (Exception[])[failure, new InvalidOperationException("EF Core says so", failure)])
        {
            (PostgresHotPath.Unavailable(e) is StatementTimedOutException).ShouldBe(timedOut);
        }
    }
}

using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests;

/// <summary>What becomes of those who share a commit with one that always meets a time limit of the store.</summary>
public sealed class BatcherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Who_shares_a_commit_with_what_times_out_is_committed_all_the_same()
    {
        var results = await AddAsync(["slow", "a", "b"], items => items.Contains("slow") ? new StatementTimedOutException(new TimeoutException()) : null);

        results.ShouldBe([nameof(StatementTimedOutException), "a", "b"]);
    }

    [Fact]
    public async Task When_two_in_a_row_time_out_alone_the_rest_is_not_tried()
    {
        var asked = 0;
        var results = await AddAsync([.. Enumerable.Range(0, 20).Select(i => $"{i}")], _ =>
        {
            asked++;
            return new StatementTimedOutException(new TimeoutException());
        });

        results.ShouldAllBe(r => r == nameof(StatementTimedOutException));
        asked.ShouldBe(3, "all of them, and two alone: each takes as long as the limit");
    }

    [Fact]
    public async Task When_the_store_is_away_it_is_asked_once()
    {
        var asked = 0;
        await AddAsync(["a", "b"], _ =>
        {
            asked++;
            return new StoreUnavailableException(new TimeoutException());
        });

        asked.ShouldBe(1);
    }

    /// <summary>Has all of them share a commit, behind one that waits.</summary>
    private static async Task<string[]> AddAsync(string[] items, Func<IReadOnlyList<string>, Exception?> fail)
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var batcher = new Batcher<string, string>("test", 100, 100, async (batch, _) =>
        {
            if (batch[0] == "first")
            {
                begun.SetResult();
                await goOn.Task;
                return batch;
            }
            return fail(batch) is { } failure ? throw failure : batch;
        });
        var first = batcher.AddAsync("first", default);
        await begun.Task.WaitAsync(Deadline);
        var added = items.Select(i => batcher.AddAsync(i, default)).ToArray();
        goOn.SetResult();
        await first.WaitAsync(Deadline);
        return await Task.WhenAll(added.Select(async a =>
        {
            try
            {
                return await a.WaitAsync(Deadline);
            }
            catch (StoreUnavailableException e)
            {
                return e.GetType().Name;
            }
        }));
    }
}

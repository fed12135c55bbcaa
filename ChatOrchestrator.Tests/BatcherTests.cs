using System.Collections.Concurrent;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Tests;

/// <summary>Who shares a commit, and what becomes of those who share it with one that always meets a time limit of the store.</summary>
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

    [Fact]
    public async Task While_more_is_about_to_come_a_commit_waits_for_it()
    {
        var (gathering, enough) = (new TaskCompletionSource(), new TaskCompletionSource());
        var commits = new ConcurrentQueue<string[]>();
        await using var batcher = Recording(commits, maxBatch: 100, () =>
        {
            gathering.TrySetResult();
            return enough.Task;
        });
        var first = batcher.AddAsync("a", default);
        await gathering.Task.WaitAsync(Deadline);
        var second = batcher.AddAsync("b", default);
        commits.ShouldBeEmpty();

        enough.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Deadline);

        commits.ShouldHaveSingleItem().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_commit_that_is_full_waits_for_nothing_more()
    {
        var (gathering, enough) = (new TaskCompletionSource(), new TaskCompletionSource());
        var commits = new ConcurrentQueue<string[]>();
        var gathered = 0;
        await using var batcher = Recording(commits, maxBatch: 2, () =>
        {
            gathered++;
            gathering.TrySetResult();
            return enough.Task;
        });
        var added = new List<Task<string>> { batcher.AddAsync("a", default) };
        await gathering.Task.WaitAsync(Deadline);
        added.AddRange("bcdef".Select(i => batcher.AddAsync($"{i}", default)));

        enough.SetResult();
        await Task.WhenAll(added).WaitAsync(Deadline);

        commits.ShouldBe([["a", "b"], ["c", "d"], ["e", "f"]]);
        gathered.ShouldBe(1);
    }

    private static Batcher<string, string> Recording(ConcurrentQueue<string[]> commits, int maxBatch, Func<Task> gather) => new(
        "test",
        100,
        maxBatch,
        (batch, _) =>
        {
            commits.Enqueue([.. batch]);
            return Task.FromResult(batch);
        },
        gather);

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

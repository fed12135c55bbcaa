using System.Globalization;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Infrastructure.Persistence;
using ChatOrchestrator.Infrastructure.Persistence.Administration;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>A store under test, with the schema of its migrations. The tests of a collection share it, one after another.</summary>
public abstract class TestStore : IAsyncLifetime, IAsyncDisposable
{
    private readonly Lazy<Task> _started;

    protected TestStore() => _started = new(StartAsync);

    public abstract IInboxStore Inbox { get; }

    public abstract ILaneStore Lanes { get; }

    public abstract ILaneWatch Watch { get; }

    public abstract IRetentionStore Retention { get; }

    public abstract IErasureStore Erasures { get; }

    public abstract IBudgetStore Budgets { get; }

    /// <summary>Another process's view of the budgets, with connections of its own. Disposed with this one.</summary>
    public abstract IBudgetStore AnotherBudgets();

    public ISummaryStore Summaries => new SummaryStore(Database, TimeProvider.System);

    public IInsightStore Insights => new InsightStore(Database);

    internal ChatDatabase Database => DatabaseOf(new Contexts(this));

    internal abstract ChatDatabase DatabaseOf(IChatContexts contexts);

    /// <summary>Another process's view: stores with connections of their own. Disposed with this one.</summary>
    public abstract (IInboxStore Inbox, ILaneStore Lanes) Another();

    /// <summary>The EF Core view of the same store.</summary>
    public abstract ChatDbContext CreateContext();

    /// <summary>Starts at the first test that runs: a skipped one needs nothing.</summary>
    public Task ReadyAsync() => _started.Value;

    /// <summary>Makes time pass for one lane: every time in its row moves back.</summary>
    public Task ElapseAsync(ConversationId conversation, TimeSpan time)
    {
        string[] columns = ["due_at", "hold_until", "quiet_until", "waiting_since", "claimed_at"];
        var id = conversation.Value.ToString().ToUpperInvariant();
        return ExecuteAsync($"UPDATE lanes SET {string.Join(", ", columns.Select(c => $"{c} = {c} - {Interval(time)}"))} WHERE conversation_id = '{id}'");
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var context = CreateContext();
        await context.Database.ExecuteSqlRawAsync(sql.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            await StopAsync();
        }
        GC.SuppressFinalize(this);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    protected abstract Task StartAsync();

    protected abstract Task StopAsync();

    /// <summary>A length of time in this store's SQL.</summary>
    public string IntervalOf(TimeSpan time) => Interval(time);

    protected abstract string Interval(TimeSpan time);

    private sealed class Contexts(TestStore store) : IChatContexts
    {
        public ChatDbContext Create() => store.CreateContext();
    }

    protected static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}

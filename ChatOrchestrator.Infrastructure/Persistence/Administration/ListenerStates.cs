using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ListenerStates(ChatDatabase database, TimeProvider time) : IListenerStates
{
    // $1 name.
    private const string Find = "SELECT state FROM listener_states WHERE name = $1";

    // $1 name, $2 state, $3 now.
    private const string AddFirst = "INSERT INTO listener_states (name, state, updated_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

    // $1 name, $2 state, $3 now, $4 the state before.
    private const string Replace = "UPDATE listener_states SET state = $2, updated_at = $3 WHERE name = $1 AND state = $4";

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) => database.FindAsync(Find, row => row.GetString(0), cancellationToken, name);

    public async Task<bool> ReplaceAsync(string name, string? expected, string state, CancellationToken cancellationToken) =>
        (expected is null
            ? await database.RunAsync(AddFirst, cancellationToken, name, state, time.GetUtcNow())
            : await database.RunAsync(Replace, cancellationToken, name, state, time.GetUtcNow(), expected)) == 1;
}

namespace ChatOrchestrator.Simulator.Slack;

/// <summary><c>/slack/socket</c>: where <c>apps.connections.open</c> sends Socket Mode clients.</summary>
internal sealed class SlackSocketEndpoint(SlackNetwork network, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);

    public async Task HandleAsync(HttpContext http, string app)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        SlackApp? found;
        lock (network.Sync)
        {
            found = network.FindApp(app);
        }

        if (found is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var accepted = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = PingEvery, KeepAliveTimeout = PingEvery });
        using var socket = new SlackSocket(accepted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await socket.RunAsync(found.Id, found.Sockets.Count + 1, () => Arrived(found, socket), ended.Token);
        }
        finally
        {
            lock (network.Sync)
            {
                found.Sockets.Remove(socket);
            }

            network.Show(null);
        }
    }

    private void Arrived(SlackApp app, SlackSocket socket)
    {
        lock (network.Sync)
        {
            app.Sockets.Add(socket);
            app.SocketArrived.TrySetResult();
            app.SocketArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        network.Show(null);
    }
}

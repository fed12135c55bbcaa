using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Persistence;

namespace ChatOrchestrator.ApiService;

/// <summary>In Development an empty store gets a demo bot, and <c>/</c> leads to a web chat.</summary>
internal sealed class DemoStart(CreateDemoBot create, IHostEnvironment environment, PrepareStore prepare) : IHostedLifecycleService
{
    public static void MapDemo(WebApplication app)
    {
        if (app.Environment.IsDevelopment())
        {
            app.MapGet("/", async (IConnectionDirectory connections, CancellationToken cancellationToken) =>
            {
                var chats = await connections.ListAsync(PlatformName.From(CreateDemoBot.Platform), cancellationToken);
                return chats.FirstOrDefault(c => c.DisabledReason is null) is { } chat
                    ? Results.Redirect($"/webchat/{chat.Id}")
                    : Results.Redirect("/docs");
            }).AllowAnonymous().ExcludeFromDescription();
        }
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (environment.IsDevelopment())
        {
            await prepare.AloneAsync(token => create.HandleAsync(token), cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

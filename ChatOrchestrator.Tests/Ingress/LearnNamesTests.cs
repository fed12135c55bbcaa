using System.Text.Json;
using ChatOrchestrator.Application.Ingress;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace ChatOrchestrator.Tests.Ingress;

public sealed class LearnNamesTests
{
    [Fact]
    public async Task A_name_that_is_too_long_is_not_cut_within_a_character()
    {
        var platform = Substitute.For<IPlatformAdapter, ILooksUpNames>();
        platform.Platform.Returns(PlatformName.From("messenger"));
        ((ILooksUpNames)platform).FindNameAsync(default!, default!, default).ReturnsForAnyArgs(new string('x', 199) + "🦊 and more");
        var participants = Substitute.For<IParticipantStore>();
        participants.IsNamelessAsync(default, default!, default).ReturnsForAnyArgs(true);
        string? learned = null;
        participants.NameAsync(default, default!, default!, default).ReturnsForAnyArgs(call =>
        {
            Volatile.Write(ref learned, call.ArgAt<string>(2));
            return Task.CompletedTask;
        });
        using var names = new LearnNames(new ChatOrchestrator.Application.Platforms([platform]), participants, TimeProvider.System, NullLogger<LearnNames>.Instance);
        await names.StartAsync(default);

        names.Ask(Connection(), new InboundAuthor("4711"));

        await Eventually.TrueAsync(() => Volatile.Read(ref learned) is not null, TimeSpan.FromSeconds(60), "the name is learned");
        learned.ShouldBe(new string('x', 199));
        await names.StopAsync(default);
    }

    internal static ConnectionSnapshot Connection() => new()
    {
        Id = ConnectionId.New(),
        Platform = PlatformName.From("messenger"),
        DisplayName = "Test",
        Settings = JsonDocument.Parse("{}").RootElement,
        Secrets = new Dictionary<string, string>(),
        Bot = new BotSnapshot(BotId.New(), "Bot", new AiSettings(), new ProcessingSettings(), 1),
    };
}

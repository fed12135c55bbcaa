using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.ApiService.WebChat;
using ChatOrchestrator.Application;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.InProcess;
using ChatOrchestrator.Infrastructure.Platforms.WebChat;
using ChatOrchestrator.Tests.Fixtures;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace ChatOrchestrator.Tests.ApiService;

public sealed class WebChatStreamTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_stream_ends_when_its_token_expires_and_not_before()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var connection = new ConnectionSnapshot
        {
            Id = ConnectionId.New(),
            Platform = PlatformName.From("webchat"),
            DisplayName = "Test",
            Settings = System.Text.Json.JsonDocument.Parse("{}").RootElement,
            Secrets = new Dictionary<string, string>(),
            Bot = new BotSnapshot(new BotId(Guid.CreateVersion7()), "Bot", new AiSettings(), new ProcessingSettings(), 1),
        };
        var directory = Substitute.For<IConnectionDirectory>();
        directory.FindAsync(connection.Id, Arg.Any<CancellationToken>()).Returns(connection);
        var sessions = new WebChatSessions(new EphemeralDataProtectionProvider(), time);
        var looks = 0;
        var conversations = Substitute.For<IConversationStore>();
        conversations.FindAsync(default(ConnectionId), default!, default).ReturnsForAnyArgs(_ =>
        {
            Interlocked.Increment(ref looks);
            return Task.FromResult<ConversationView?>(null);
        });
        await using var services = new ServiceCollection().AddSingleton(conversations).AddSingleton(Substitute.For<IMessageStore>()).AddSingleton<TimeProvider>(time).BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Request.Headers.Authorization = "Bearer " + sessions.Open(connection.Id).Token;

        var stream = WebChatStream.HandleAsync(
            connection.Id.Value, directory, sessions, new InProcessSignals(), new StreamPlaces(Options.Create(new LimitOptions())), time, Substitute.For<IHostApplicationLifetime>(), new PublicAddress(null), http);
        await Eventually.TrueAsync(() => Volatile.Read(ref looks) == 1 && http.Response.ContentType is not null, Deadline, "the stream is open");
        time.Advance(WebChatSessions.Life - TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => Volatile.Read(ref looks) > 1, Deadline, "it is looked at once more");
        stream.IsCompleted.ShouldBeFalse();

        time.Advance(TimeSpan.FromSeconds(3));

        await stream.WaitAsync(Deadline);
    }

    [Fact]
    public void One_address_does_not_take_all_places()
    {
        var places = new StreamPlaces(Options.Create(new LimitOptions { WebChatStreamsPerAddress = 2 }));
        var first = places.TryEnter("10.0.0.1").ShouldNotBeNull();
        places.TryEnter("10.0.0.1").ShouldNotBeNull();

        places.TryEnter("10.0.0.1").ShouldBeNull();
        places.TryEnter("10.0.0.2").ShouldNotBeNull();
        first.Dispose();
        places.TryEnter("10.0.0.1").ShouldNotBeNull();
    }

    [Fact]
    public void What_is_over_the_places_of_all_is_refused()
    {
        var places = new StreamPlaces(Options.Create(new LimitOptions { WebChatStreamsPerAddress = StreamPlaces.Max }));
        for (var i = 0; i < StreamPlaces.Max; i++)
        {
            places.TryEnter($"10.0.{i % 4}.1").ShouldNotBeNull();
        }
        Should.Throw<OverloadedException>(() => places.TryEnter("10.1.0.1"));
    }
}

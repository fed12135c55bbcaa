using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ChatOrchestrator.Infrastructure.Redis;

/// <summary>Signals over Redis publish/subscribe.</summary>
internal sealed partial class RedisSignals(IConnectionMultiplexer redis, ILogger<RedisSignals> logger) : ISignals
{
    private const string Prefix = "chat:";

    private readonly ISubscriber _subscriber = redis.GetSubscriber();

    public void Publish(string channel, string payload)
    {
        try
        {
            _subscriber.Publish(RedisChannel.Literal(Prefix + channel), payload, CommandFlags.FireAndForget);
        }
        catch (RedisException e)
        {
            NotSent(channel, e.GetType().Name);
        }
    }

    public async Task<IAsyncDisposable> SubscribeAsync(string channel, Action<string> receive, CancellationToken cancellationToken)
    {
        var name = RedisChannel.Literal(Prefix + channel);
        void Handle(RedisChannel _, RedisValue payload) => receive(payload.ToString());
        // Fire and forget: when Redis is away at the start, the subscription is made as soon as it is back.
        await _subscriber.SubscribeAsync(name, Handle, CommandFlags.FireAndForget);
        return new Subscription(_subscriber, name, Handle);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A signal on {Channel} was not sent ({Error})")]
    private partial void NotSent(string channel, string error);

    private sealed class Subscription(ISubscriber subscriber, RedisChannel channel, Action<RedisChannel, RedisValue> handler) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await subscriber.UnsubscribeAsync(channel, handler, CommandFlags.FireAndForget);
            }
            catch (ObjectDisposedException)
            {
                // The cache shares the connection and closes it when it goes first; the subscription went with it.
            }
        }
    }
}

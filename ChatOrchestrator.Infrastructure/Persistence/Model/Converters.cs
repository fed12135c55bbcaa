using System.Text.Json;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Domain.Access;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Domain.Conversations;
using ChatOrchestrator.Domain.Messages;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace ChatOrchestrator.Infrastructure.Persistence.Model;

internal static class Converters
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web);

    /// <summary>A JSON document as it is stored.</summary>
    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonOptions)!;

    /// <summary>A JSON document as it is stored.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, JsonOptions);

    public sealed class BotIds() : ValueConverter<BotId, Guid>(id => id.Value, value => new BotId(value));

    public sealed class ConnectionIds() : ValueConverter<ConnectionId, Guid>(id => id.Value, value => new ConnectionId(value));

    public sealed class ConversationIds() : ValueConverter<ConversationId, Guid>(id => id.Value, value => new ConversationId(value));

    public sealed class PlatformNames() : ValueConverter<PlatformName, string>(name => name.Value, value => PlatformName.From(value));

    public sealed class Roles() : ValueConverter<Role, string>(role => RoleNames.Of(role), name => RoleNames.Parse(name) ?? Role.Viewer);

    public sealed class Json<T>() : ValueConverter<T, string>(
        value => Write(value),
        json => Read<T>(json));

    /// <summary>For values that are replaced as a whole, never changed.</summary>
    public sealed class SameInstance<T>() : ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode())
        where T : class;

    public sealed class MessageContents() : ValueConverter<MessageContent, string>(value => MessageContentJson.Write(value), json => MessageContentJson.Read(json));

    /// <summary>SQLite has no time type: microseconds since 1970 sort and compare as numbers.</summary>
    public sealed class UnixMicroseconds() : ValueConverter<DateTimeOffset, long>(
        time => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
        value => DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond));
}

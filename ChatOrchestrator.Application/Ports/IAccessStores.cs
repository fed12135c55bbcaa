namespace ChatOrchestrator.Application.Ports;

/// <summary>Counts failed sign-ins, for all replicas.</summary>
public interface ILoginAttempts
{
    /// <summary>Counts an attempt before it is made. Not null: for so long nobody may try again.</summary>
    /// <param name="key">What is counted: an account or an address.</param>
    /// <param name="free">So many failures cost nothing; then the wait doubles with each, from a second to 15 minutes.</param>
    Task<TimeSpan?> BeginAsync(string key, int free, CancellationToken cancellationToken);

    /// <summary>The attempt succeeded. With <paramref name="forget"/> those before it are forgotten, too; else this one only.</summary>
    Task SucceededAsync(string key, bool forget, CancellationToken cancellationToken);
}

/// <summary>Hashes passwords slowly.</summary>
public interface IPasswords
{
    string Hash(string password);

    /// <summary>Takes equally long for a user who does not exist.</summary>
    /// <param name="hash">What is stored; null: there is no such user.</param>
    Task<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken);
}

/// <summary>Secrets that the processes of a deployment share, encrypted with the key ring.</summary>
public interface ISharedSecrets
{
    /// <summary>The secret of this name; the first who asks makes it.</summary>
    Task<byte[]> GetAsync(string name, int bytes, CancellationToken cancellationToken);
}

/// <summary>Answers that are kept so that a request which is repeated has one effect.</summary>
public interface IIdempotencyStore
{
    /// <summary>Reserves a key, unless it was used before. Null: it is the caller's now, and ends with one of the two calls below.</summary>
    Task<KeptAnswer?> ReserveAsync(string caller, string key, string requestHash, CancellationToken cancellationToken);

    Task KeepAsync(string caller, string key, byte[] answer, CancellationToken cancellationToken);

    /// <summary>Nothing was done: the key may be used again.</summary>
    Task ReleaseAsync(string caller, string key, CancellationToken cancellationToken);
}

/// <param name="Answer">What was answered; null: it has not been answered yet.</param>
public sealed record KeptAnswer(string RequestHash, byte[]? Answer, DateTimeOffset Since);

/// <summary>Deletes what has had its day.</summary>
public interface IAccessUpkeep
{
    /// <summary>Sessions, failed sign-ins and kept answers that have expired.</summary>
    Task DeleteExpiredAsync(CancellationToken cancellationToken);
}

/// <summary>Which bot something belongs to; null: there is no such thing.</summary>
public interface IBotOwnership
{
    Task<Domain.Bots.BotId?> OfConnectionAsync(Guid id, CancellationToken cancellationToken);

    Task<Domain.Bots.BotId?> OfConversationAsync(Guid id, CancellationToken cancellationToken);

    Task<Domain.Bots.BotId?> OfMessageAsync(Guid id, CancellationToken cancellationToken);

    Task<Domain.Bots.BotId?> OfDeadLetterAsync(Guid id, CancellationToken cancellationToken);

    Task<Domain.Bots.BotId?> OfParticipantAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Of a receipt; null also where its connection is gone, and with it what says whose it was.</summary>
    Task<Domain.Bots.BotId?> OfErasureAsync(Guid id, CancellationToken cancellationToken);
}

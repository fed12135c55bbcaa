using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;
using ChatOrchestrator.Application.Ports;

namespace ChatOrchestrator.ApiService.Security;

/// <summary>One partition of ASP.NET's rate limiting, counted for all replicas together.</summary>
internal sealed class SharedRateLimiter(IRateLimits limits, RateLimit limit, TimeProvider time) : RateLimiter
{
    private long _used = time.GetTimestamp();

    public override TimeSpan? IdleDuration => time.GetElapsedTime(Volatile.Read(ref _used));

    public override RateLimiterStatistics? GetStatistics() => null;

    /// <summary>The count is elsewhere: only waiting for it tells.</summary>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) => permitCount == 0 ? Lease.Given : new Lease(null);

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _used, time.GetTimestamp());
        return permitCount == 0 || (await limits.TakeAsync(limit, permitCount, cancellationToken)).Taken >= permitCount
            ? Lease.Given
            : new Lease(RetryAfter(limit.PerMinute));
    }

    /// <summary>When the next permit comes, in whole seconds.</summary>
    public static TimeSpan RetryAfter(int perMinute) => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(60.0 / perMinute)));

    private sealed class Lease(TimeSpan? retryAfter, bool isAcquired = false) : RateLimitLease
    {
        public static readonly Lease Given = new(null, isAcquired: true);

        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => retryAfter is null ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, [NotNullWhen(true)] out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? retryAfter : null;
            return metadata is not null;
        }
    }
}

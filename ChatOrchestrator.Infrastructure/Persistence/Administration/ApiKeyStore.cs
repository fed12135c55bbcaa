using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Persistence.Model;
using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence.Administration;

internal sealed class ApiKeyStore(ChatDatabase database, TimeProvider time) : IApiKeyStore
{
    public Task<ApiKeyIdentity?> FindAsync(string hash, CancellationToken cancellationToken) => database.RunAsync(
        db => db.ApiKeys.Where(k => k.Hash == hash).Select(k => new ApiKeyIdentity(k.Id, k.Name, k.Role)).SingleOrDefaultAsync(cancellationToken),
        cancellationToken);

    public Task<bool> AddFirstAsync(string name, string hash, string role, CancellationToken cancellationToken) => database.RunAsync(
        async db =>
        {
            if (await db.ApiKeys.AnyAsync(k => k.Name == name, cancellationToken))
            {
                return false;
            }
            var now = time.GetUtcNow();
            db.ApiKeys.Add(new ApiKey { Id = Guid.CreateVersion7(now), Name = name, Hash = hash, Role = role, CreatedAt = now });
            await db.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);
}

using Microsoft.EntityFrameworkCore;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Makes contexts of the configured store, for those who need not know which one it is.</summary>
internal sealed class ChatDbContextFactory<TContext>(IDbContextFactory<TContext> contexts) : IDbContextFactory<ChatDbContext>
    where TContext : ChatDbContext
{
    public ChatDbContext CreateDbContext() => contexts.CreateDbContext();
}

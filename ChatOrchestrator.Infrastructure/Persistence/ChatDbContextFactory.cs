using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Infrastructure.Persistence;

/// <summary>Makes contexts of the configured store, for those who need not know which one it is. The pool of contexts is made with the first.</summary>
internal sealed class ChatDbContextFactory<TContext>(IServiceProvider services) : IDbContextFactory<ChatDbContext>
    where TContext : ChatDbContext
{
    public ChatDbContext CreateDbContext() => services.GetRequiredService<IDbContextFactory<TContext>>().CreateDbContext();
}

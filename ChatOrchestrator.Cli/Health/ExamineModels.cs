using System.Diagnostics;
using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Cli.Health;

/// <summary>Asks the default model, those that are configured and those that bots name for a word, each without its stand-ins: only an answer shows that key, name and quota are right.</summary>
internal sealed class ExamineModels(IServiceProvider services)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async IAsyncEnumerable<Finding> RunAsync(bool readsBots, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<IOptions<AiOptions>>().Value;
        if (options.IsDemo)
        {
            yield return new Finding("model", Verdict.Look, "the built-in demo model answers; set Ai:ApiKey or Ai:Endpoint for a real one");
            yield break;
        }
        string?[] named = readsBots ? await NamedAsync(cancellationToken) : [];
        var models = named.OfType<string>().Concat(options.Models.Keys).Where(m => m != options.Model).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).Prepend(options.Model);
        foreach (var finding in await Task.WhenAll(models.Select(model => AskAsync(model, cancellationToken))))
        {
            yield return finding;
        }
    }

    private async Task<string?[]> NamedAsync(CancellationToken cancellationToken)
    {
        var bots = await services.GetRequiredService<IBotStore>().ListAsync(BotScope.All, new PageRequest(PageRequest.MaxLimit, null), cancellationToken);
        return [.. bots.Items.SelectMany(bot => (bot.Processing.Models?.Fallbacks ?? []).Append(bot.Ai.Model))];
    }

    private async Task<Finding> AskAsync(string model, CancellationToken cancellationToken)
    {
        var what = $"model {model}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var since = Stopwatch.GetTimestamp();
            await services.GetRequiredService<IChatClient>().GetResponseAsync(
                [new ChatMessage(ChatRole.User, "Reply with the word ok.")], new ModelCallOptions { ModelId = model, Fallbacks = [] }, limit.Token);
            return new(what, Verdict.Well, $"answered in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0} ms");
        }
        catch (ModelException e)
        {
            return new(what, Verdict.Broken, e.Failure switch
            {
                ModelFailure.Unauthorized => "the key is refused: is Ai:ApiKey right?",
                _ => $"{e.Message} Are Ai:Endpoint and the model's name right?",
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(what, Verdict.Broken, $"no answer within {Patience.TotalSeconds:0} s: is Ai:Endpoint right?");
        }
    }
}

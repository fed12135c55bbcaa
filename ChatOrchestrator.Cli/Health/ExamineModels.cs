using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Access;
using ChatOrchestrator.Application.Administration;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Bots;
using ChatOrchestrator.Infrastructure.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Cli.Health;

/// <summary>
/// Asks the default model, those that are configured and those that bots name for a word, each without its stand-ins: only an
/// answer shows that key, name and quota are right. Speech is asked what it hears in half a second of silence, moderation
/// (where a bot wants it) what it thinks of a word.
/// </summary>
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
        var bots = readsBots ? (await services.GetRequiredService<IBotStore>().ListAsync(BotScope.All, new PageRequest(PageRequest.MaxLimit, null), cancellationToken)).Items : [];
        var named = bots.SelectMany(bot => (bot.Processing.Models?.Fallbacks ?? []).Append(bot.Ai.Model));
        // What answers nobody and is asked by nobody has only a price.
        var models = named.OfType<string>().Concat(services.GetRequiredService<ReadModels>().Handle().Answering.Select(m => m.Name)).Where(m => m != options.Model).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).Prepend(options.Model);
        foreach (var finding in await Task.WhenAll([.. models.Select(model => AskAsync(model, cancellationToken)), .. Others(bots, cancellationToken)]))
        {
            yield return finding;
        }
    }

    private IEnumerable<Task<Finding>> Others(IReadOnlyList<Bot> bots, CancellationToken cancellationToken)
    {
        var speech = services.GetRequiredService<ITranscribesSpeech>();
        if (speech.IsConfigured)
        {
            yield return AskAsync($"speech {speech.Model}", token => speech.TranscribeAsync(Silence(), "silence.wav", token), cancellationToken);
        }
        var scores = services.GetRequiredService<IScoresTexts>();
        if (scores.IsConfigured && bots.Any(bot => bot.Processing.Moderation is not null))
        {
            yield return AskAsync($"moderation {scores.Model}", token => scores.ScoreAsync("ok", 1, token), cancellationToken);
        }
    }

    private Task<Finding> AskAsync(string model, CancellationToken cancellationToken) => AskAsync(
        $"model {model}",
        token => services.GetRequiredService<IChatClient>().GetResponseAsync(
            [new ChatMessage(ChatRole.User, "Reply with the word ok.")], new ModelCallOptions { ModelId = model, Fallbacks = [] }, token),
        cancellationToken);

    private static async Task<Finding> AskAsync(string what, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var since = Stopwatch.GetTimestamp();
            await ask(limit.Token);
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
        catch (ScoringException e)
        {
            return new(what, Verdict.Broken, $"it did not judge ({e.Message}): are Moderation:Endpoint, its key and Moderation:Model right? Moderation:WordsOnly asks nobody");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(what, Verdict.Broken, $"no answer within {Patience.TotalSeconds:0} s: is Ai:Endpoint right?");
        }
    }

    /// <summary>A WAV file: 16 kHz, 16 bits, one channel.</summary>
    private static Media Silence()
    {
        const int rate = 16_000, header = 44;
        var file = new byte[header + rate];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(32), 2);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(34), 16);
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), file.Length - header);
        return new Media(file, "audio/wav");
    }
}

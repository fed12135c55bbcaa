using System.Runtime.CompilerServices;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>
/// Asks one model after the other until one answers. Only failures to answer move on: what a model has answered (nothing, a
/// refusal) is paid for, and once a token was handed out nobody else can say the rest.
/// </summary>
internal sealed partial class FallbackChatClient(IChatClient model, ModelCatalog catalog, ILogger<FallbackChatClient> logger) : DelegatingChatClient(model)
{
    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StandsAlone(options) ? base.GetResponseAsync(messages, options, cancellationToken) : AskAsync([.. messages], new Walk(ChainOf(options), options, logger), cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StandsAlone(options) ? base.GetStreamingResponseAsync(messages, options, cancellationToken) : StreamAsync([.. messages], new Walk(ChainOf(options), options, logger), cancellationToken);

    private async Task<ChatResponse> AskAsync(List<ChatMessage> prompt, Walk walk, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var response = await base.GetResponseAsync(prompt, walk.Options, cancellationToken);
                walk.Answered();
                return response;
            }
            catch (ModelException e)
            {
                walk.MoveOn(e);
            }
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(List<ChatMessage> prompt, Walk walk, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<ChatResponseUpdate>? updates = null;
        try
        {
            while (updates is null)
            {
                updates = await OpenAsync(prompt, walk, cancellationToken);
            }
            do
            {
                yield return updates.Current;
            }
            while (await updates.MoveNextAsync());
        }
        finally
        {
            if (updates is not null)
            {
                await updates.DisposeAsync();
            }
        }
    }

    /// <summary>Opens a stream up to its first update; null: the next model is to be tried.</summary>
    private async Task<IAsyncEnumerator<ChatResponseUpdate>?> OpenAsync(List<ChatMessage> prompt, Walk walk, CancellationToken cancellationToken)
    {
        var updates = base.GetStreamingResponseAsync(prompt, walk.Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            // True, or it throws: a stream without a token is none.
            await updates.MoveNextAsync();
            walk.Answered();
            return updates;
        }
        catch (Exception e)
        {
            await updates.DisposeAsync();
            if (e is not ModelException failure)
            {
                throw;
            }
            walk.MoveOn(failure);
            return null;
        }
    }

    private bool StandsAlone(ChatOptions? options) => catalog.StandsAlone(options?.ModelId, (options as ModelCallOptions)?.Fallbacks);

    private IReadOnlyList<string> ChainOf(ChatOptions? options) => catalog.ChainOf(options?.ModelId, (options as ModelCallOptions)?.Fallbacks);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} did not answer ({Failure}): {Next} is asked in its place")]
    private static partial void LogMovedOn(ILogger logger, string model, ModelFailure failure, string next);

    /// <summary>How far a call has come in its chain.</summary>
    private sealed class Walk
    {
        private readonly IReadOnlyList<string> _chain;
        private readonly ModelCallOptions _options;
        private readonly ILogger _logger;
        private int _place;
        private ModelException? _first;

        public Walk(IReadOnlyList<string> chain, ChatOptions? options, ILogger logger)
        {
            _chain = chain;
            _logger = logger;
            _options = options is null ? new ModelCallOptions() : new ModelCallOptions(options);
            Choose(0);
        }

        public ChatOptions Options => _options;

        public void Answered() => _options.Report.AnsweredBy = _chain[_place];

        /// <summary>Goes on to the next model.</summary>
        /// <exception cref="ModelException">There is none, or the failure is one that no other model helps.</exception>
        public void MoveOn(ModelException failure)
        {
            if (!MayHelp(failure.Failure))
            {
                throw failure;
            }
            _options.Report.Add(_chain[_place], failure.Failure);
            // What is told is the first failure that may pass: a stand-in with wrong settings must not end what can be tried again.
            _first = _first is null or { Failure: ModelFailure.Rejected or ModelFailure.Unauthorized } ? failure : _first;
            if (_place == _chain.Count - 1)
            {
                throw _first;
            }
            ModelTelemetry.Fallbacks.Add(1, new("from", _chain[_place]), new("to", _chain[_place + 1]), new("reason", ModelFailureNames.Of(failure.Failure)));
            LogMovedOn(_logger, _chain[_place], failure.Failure, _chain[_place + 1]);
            Choose(_place + 1);
        }

        private void Choose(int place)
        {
            _place = place;
            _options.ModelId = _chain[place];
            _options.HasNext = place < _chain.Count - 1;
        }

        private static bool MayHelp(ModelFailure failure) => failure is
            ModelFailure.Unavailable or ModelFailure.TimedOut or ModelFailure.RateLimited or ModelFailure.Rejected
            or ModelFailure.Unauthorized or ModelFailure.Malformed or ModelFailure.Incomplete;
    }
}

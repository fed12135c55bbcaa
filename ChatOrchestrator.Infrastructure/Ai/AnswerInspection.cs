using ChatOrchestrator.Application.Ports;
using Microsoft.Extensions.AI;

namespace ChatOrchestrator.Infrastructure.Ai;

/// <summary>Watches an answer go by and says at its end whether it was one.</summary>
internal struct AnswerInspection
{
    private bool _hasBegun;
    private bool _hasText;
    private bool _isRefused;
    private ChatFinishReason? _finish;
    private UsageDetails? _usage;

    /// <summary>Takes a whole answer.</summary>
    /// <exception cref="ModelException">It was refused, or is empty.</exception>
    public static void Check(ChatResponse response)
    {
        var inspection = new AnswerInspection { _finish = response.FinishReason, _usage = response.Usage };
        foreach (var message in response.Messages)
        {
            inspection.Take(message.Contents);
        }
        inspection.CheckContents();
    }

    /// <summary>Takes a piece of an answer. Returns false for one that holds nothing yet (the role, an empty delta).</summary>
    public bool Take(ChatResponseUpdate update)
    {
        _hasBegun = true;
        _finish ??= update.FinishReason;
        return Take(update.Contents) || update.FinishReason is not null || _isRefused;
    }

    /// <summary>The end of a stream.</summary>
    /// <exception cref="ModelException">It ended before its end, was refused, or is empty.</exception>
    public readonly void CheckEnd()
    {
        // A connection that is closed in time looks like the end of the stream; only the reason tells that the answer is whole.
        if (_finish is null && !_isRefused)
        {
            // Where there was no event at all, it was no stream: a page, or an answer to another question.
            throw new ModelException(_hasBegun ? ModelFailure.Incomplete : ModelFailure.Malformed);
        }
        CheckContents();
    }

    private readonly void CheckContents()
    {
        if (_isRefused || _finish == ChatFinishReason.ContentFilter)
        {
            throw new ModelException(ModelFailure.Refused) { Usage = ModelUsages.Of(_usage) };
        }
        if (!_hasText)
        {
            throw new ModelException(ModelFailure.Empty) { Usage = ModelUsages.Of(_usage) };
        }
    }

    private bool Take(IList<AIContent> contents)
    {
        var any = false;
        // By index: an interface's enumerator would be allocated for every token.
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i])
            {
                case TextReasoningContent reasoning:
                    any |= reasoning.Text.Length > 0;
                    break;
                case TextContent text:
                    any |= text.Text.Length > 0;
                    _hasText |= !string.IsNullOrWhiteSpace(text.Text);
                    break;
                case ErrorContent:
                    any = _isRefused = true;
                    break;
                case UsageContent usage:
                    _usage = usage.Details;
                    any = true;
                    break;
                case FunctionCallContent:
                    any = _hasText = true;
                    break;
                default:
                    any = true;
                    break;
            }
        }
        return any;
    }
}

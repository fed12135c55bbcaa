namespace ChatOrchestrator.Application.Turns;

/// <summary>Lets an answer go by until it is too long: a model that does not find an end would otherwise write to its participant for minutes.</summary>
internal sealed class AnswerLimit(int maxCharacters)
{
    /// <summary>What stands at the end of an answer that was cut.</summary>
    public const string Notice = "\n\n[…] This answer became too long, so I have stopped here.";

    private int _left = maxCharacters;

    /// <summary>The answer is longer, and everything from here on is left out.</summary>
    public bool IsReached { get; private set; }

    /// <summary>What of the next piece still belongs to the answer, with the notice when it is the last of it.</summary>
    public string Take(string more)
    {
        if (IsReached)
        {
            return "";
        }
        if (more.Length <= _left)
        {
            _left -= more.Length;
            return more;
        }
        IsReached = true;
        var length = char.IsHighSurrogate(more[Math.Max(0, _left - 1)]) ? Math.Max(0, _left - 1) : _left;
        return more[..length] + Notice;
    }
}

namespace ChatOrchestrator.Application.Turns;

/// <summary>The signal that a lane was taken from whoever works on it; the payload is the conversation's id.</summary>
public static class Interrupts
{
    public const string Channel = "interrupt";
}

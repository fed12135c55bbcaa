using ChatOrchestrator.Tests.Fixtures;

namespace ChatOrchestrator.Tests.Cli;

/// <summary>The command <c>chat</c>, as a process.</summary>
internal static class Chat
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task<(int Code, string Output)> RunAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var (code, output) = await ServiceProcess.RunAsync(ServiceHost.Cli, arguments, settings, Deadline);
        output.ShouldNotContain("   at ", customMessage: output);
        return (code, output);
    }

    /// <summary>Its output; it must succeed.</summary>
    public static async Task<string> DoAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var (code, output) = await RunAsync(settings, arguments);
        code.ShouldBe(0, output);
        return output;
    }
}

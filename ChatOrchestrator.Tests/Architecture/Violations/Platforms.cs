namespace ChatOrchestrator.Tests.Architecture.Violations.Platforms
{
    public static class SharedByAllPlatforms
    {
        public static string Limit => "4096";
    }
}

namespace ChatOrchestrator.Tests.Architecture.Violations.Platforms.Alpha
{
    public sealed class AlphaAdapter
    {
        public static string Limit => SharedByAllPlatforms.Limit;
    }
}

namespace ChatOrchestrator.Tests.Architecture.Violations.Platforms.Beta.Payloads
{
    public sealed class BetaPayload
    {
        public Alpha.AlphaAdapter Borrowed { get; } = new();
    }
}

// Code that breaks the architecture's rules on purpose: the tests feed it to each rule and expect the rule to fail.
namespace ChatOrchestrator.Tests.Architecture.Violations.Outer
{
    public sealed class Database;
}

namespace ChatOrchestrator.Tests.Architecture.Violations.Inner
{
    public sealed class OrderThatKnowsItsDatabase
    {
        public Outer.Database? Database { get; init; }
    }

    public sealed class OrderThatMindsItsOwnBusiness
    {
        public IReadOnlyList<string> Lines { get; } = [];
    }
}

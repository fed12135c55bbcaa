using System.ComponentModel;
using ChatOrchestrator.Tests.Fixtures;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace ChatOrchestrator.Tests.Persistence;

/// <summary>A fact of a suite that runs on every store: where the machine has no Postgres, only that store's run of it is skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("ChatOrchestrator.Tests.Persistence." + nameof(StoreFactDiscoverer), "ChatOrchestrator.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>On a test class: its store is a Postgres.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsPostgresAttribute : Attribute;

public sealed class StoreFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new StoreTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);
}

public sealed class StoreTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the deserializer.")]
    public StoreTestCase()
    {
    }

    public StoreTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(diagnostics, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute)
        ?? (TestMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsPostgresAttribute)).Any() && !TestMachine.IsCi ? TestMachine.MissingPostgres() : null);
}

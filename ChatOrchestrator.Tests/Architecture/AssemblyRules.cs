using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace ChatOrchestrator.Tests.Architecture;

/// <summary>Rules over what the compiler wrote into an assembly. Each returns the violations, one sentence each.</summary>
internal static partial class AssemblyRules
{
    private static readonly string SharedFramework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>
    /// Options have no package of abstractions: the package is their abstraction, and the signature of <c>BindConfiguration</c>
    /// names the binder.
    /// </summary>
    public static bool IsAbstraction(string packageOrAssembly) => Abstraction().IsMatch(packageOrAssembly);

    public static bool IsBaseClassLibrary(string assembly) => File.Exists(Path.Combine(SharedFramework, $"{assembly}.dll"));

    /// <summary>References that are neither the base class library nor allowed.</summary>
    public static IEnumerable<string> ReferencesBeside(Assembly assembly, Func<string, bool> isAllowed) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(reference => !IsBaseClassLibrary(reference) && !isAllowed(reference))
            .Select(reference => $"{assembly.GetName().Name} references {reference}");

    public static IEnumerable<string> References(Assembly assembly, Func<string, bool> isForbidden) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!).Where(isForbidden)
            .Select(reference => $"{assembly.GetName().Name} references {reference}");

    /// <summary>State changes through methods that guard it: a property is read, or set once by its type (<c>init</c> is not a setter).</summary>
    public static IEnumerable<string> PublicSetters(IEnumerable<Type> types) =>
        from type in types
        where type.IsPublic || type.IsNestedPublic
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where property.SetMethod is { IsPublic: true } setter
            && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
        select $"{type.FullName}.{property.Name} has a public setter";

    public static IEnumerable<string> PublicFields(IEnumerable<Type> types) =>
        from type in types
        where (type.IsPublic || type.IsNestedPublic) && !type.IsEnum
        from field in type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where !field.IsInitOnly && !field.IsLiteral
        select $"{type.FullName}.{field.Name} is a public field that can be written";

    [GeneratedRegex(@"^(Microsoft\.Extensions\..+\.Abstractions|Microsoft\.Extensions\.Options(\..+)?|Microsoft\.Extensions\.Configuration\.Binder|Microsoft\.Extensions\.Primitives)$")]
    private static partial Regex Abstraction();
}

using System.Reflection;
using System.Reflection.Metadata;

namespace ChatOrchestrator.Infrastructure;

/// <summary>
/// Looks for types by their names. <see cref="Assembly.GetTypes"/> loads every type of an assembly, and with their bases and
/// fields the packages that they come from: 14 MiB that a process may never use.
/// </summary>
internal static class AssemblyTypes
{
    /// <summary>The types of the top level that are called so.</summary>
    public static IEnumerable<Type> Find(Assembly assembly, Func<string, bool> isCalled)
    {
        var reader = Read(assembly);
        return [.. from handle in reader.TypeDefinitions
                   let type = reader.GetTypeDefinition(handle)
                   where !type.IsNested && isCalled(reader.GetString(type.Name))
                   select assembly.GetType($"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}", throwOnError: true)];
    }

    /// <summary>The string that each type of a namespace gives to an attribute.</summary>
    /// <param name="attribute">The attribute's name.</param>
    public static IReadOnlyList<string> FindAttributes(Assembly assembly, string inNamespace, string attribute)
    {
        var reader = Read(assembly);
        return [.. from handle in reader.TypeDefinitions
                   let type = reader.GetTypeDefinition(handle)
                   where reader.StringComparer.Equals(type.Namespace, inNamespace)
                   from given in type.GetCustomAttributes().Select(reader.GetCustomAttribute)
                   where given.Constructor.Kind == HandleKind.MemberReference
                   let parent = reader.GetMemberReference((MemberReferenceHandle)given.Constructor).Parent
                   where parent.Kind == HandleKind.TypeReference && reader.StringComparer.Equals(reader.GetTypeReference((TypeReferenceHandle)parent).Name, attribute)
                   select ReadString(reader.GetBlobReader(given.Value))];
    }

    /// <summary>The only argument: behind two bytes that begin every attribute's value (ECMA-335, II.23.3).</summary>
    private static string ReadString(BlobReader value)
    {
        value.ReadUInt16();
        return value.ReadSerializedString()!;
    }

    private static unsafe MetadataReader Read(Assembly assembly) =>
        assembly.TryGetRawMetadata(out var blob, out var length) ? new MetadataReader(blob, length) : throw new InvalidOperationException($"{assembly} has no metadata.");
}

using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace ChatOrchestrator.Infrastructure.Persistence.KeyRing;

/// <summary>The key ring's table. Data Protection's own repository would load EF Core into every process.</summary>
internal sealed class StoredKeyRing(ChatDatabase database) : IXmlRepository
{
    private const string List = "SELECT xml FROM data_protection_keys WHERE xml IS NOT NULL ORDER BY id";

    // $1 name, $2 the element.
    private const string Add = "INSERT INTO data_protection_keys (friendly_name, xml) VALUES ($1, $2)";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = database.Open();
        using var command = connection.Statement(List);
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }
        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = database.Open();
        using var command = connection.Statement(Add, friendlyName, element.ToString(SaveOptions.DisableFormatting));
        command.ExecuteNonQuery();
    }
}

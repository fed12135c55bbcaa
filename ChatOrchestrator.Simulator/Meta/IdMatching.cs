using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ChatOrchestrator.Simulator.Meta;

/// <summary>
/// <see href="https://developers.facebook.com/docs/messenger-platform/identity/id-matching">Which ids a person has</see> on the pages
/// of the app's business: asked by the app itself, with a proof that it knows its secret. Here a person has one app-scoped id,
/// made of the page-scoped one, and everybody has signed in to the app.
/// </summary>
internal sealed class IdMatching(MetaNetwork network)
{
    public static string AppScopedIdOf(string person) => FormattableString.Invariant($"{10_000_000_000_000_000 + (BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(person))) % 1_000_000_000_000)}");

    public JsonObject Call(GraphCall call)
    {
        lock (network.Sync)
        {
            var pages = network.Accounts.Where(a => a.Product == MetaProduct.Messenger && call.Token == $"{MessengerPeople.AppId}|{a.AppSecret}").ToList();
            if (call.Method != "GET" || pages.Count == 0)
            {
                throw new GraphException(400, 190, "Invalid OAuth access token signature.");
            }
            var proof = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(pages[0].AppSecret), Encoding.UTF8.GetBytes(call.Token)));
            if (call.Query.GetValueOrDefault("appsecret_proof") != proof)
            {
                throw new GraphException(400, 100, "Invalid appsecret_proof provided in the API argument");
            }
            var ids = new JsonArray();
            foreach (var thread in pages.Where(p => call.Query.GetValueOrDefault("page") is not { } page || page == p.Id).SelectMany(network.ThreadsOf))
            {
                if (AppScopedIdOf(thread.Person) == call.Path[0])
                {
                    ids.Add(new JsonObject { ["id"] = thread.Person, ["page"] = new JsonObject { ["id"] = thread.Account.Id, ["name"] = thread.Account.Name } });
                }
            }
            return new JsonObject { ["data"] = ids, ["paging"] = new JsonObject { ["cursors"] = new JsonObject { ["before"] = "MTAx", ["after"] = "MTAx" } } };
        }
    }
}

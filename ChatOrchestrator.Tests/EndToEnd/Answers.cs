namespace ChatOrchestrator.Tests.EndToEnd;

/// <summary>What became of every question of a run.</summary>
/// <param name="MostRepeatedInOneChat">A lane has one part in flight at a time, so a kill can repeat one part of a chat.</param>
public sealed record Answers(int Lost, int Repeated, int OutOfOrder, int MostRepeatedInOneChat = 0)
{
    /// <summary>Looks at what arrived in each chat, where <paramref name="perChat"/> questions were asked.</summary>
    public static Answers Of(FakeBackend backend, IEnumerable<long> chats, int perChat)
    {
        var (lost, repeated, outOfOrder, most) = (0, 0, 0, 0);
        foreach (var chat in chats)
        {
            var seen = new HashSet<string>();
            var last = -1;
            var before = repeated;
            foreach (var text in backend.Chat(chat))
            {
                if (!seen.Add(text))
                {
                    repeated++;
                    continue;
                }
                var number = Enumerable.Range(0, perChat).FirstOrDefault(n => text == "reply:" + new Update(chat, n).Token, -1);
                if (number < last)
                {
                    outOfOrder++;
                }
                last = Math.Max(last, number);
            }
            most = Math.Max(most, repeated - before);
            lost += Enumerable.Range(0, perChat).Count(n => !seen.Contains("reply:" + new Update(chat, n).Token));
        }
        return new Answers(lost, repeated, outOfOrder, most);
    }
}

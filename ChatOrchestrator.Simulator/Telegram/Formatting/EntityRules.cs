namespace ChatOrchestrator.Simulator.Telegram.Formatting;

/// <summary>Which entities may contain which, and how Telegram splits those that may not.</summary>
/// <remarks>
/// https://core.telegram.org/bots/api#formatting-options: bold, italic, underline, strikethrough and spoiler may contain and
/// be part of anything except pre and code; quotations do not nest; no other entity contains another.
/// </remarks>
internal static class EntityRules
{
    private static readonly string[] Splittable = ["bold", "italic", "underline", "strikethrough", "spoiler"];

    /// <summary>Document order: the outer entity first.</summary>
    public static IComparer<MessageEntity> Order { get; } = Comparer<MessageEntity>.Create(static (a, b) =>
    {
        var byOffset = a.Offset.CompareTo(b.Offset);
        var byLength = b.Length.CompareTo(a.Length);
        return byOffset != 0 ? byOffset : byLength != 0 ? byLength : Priority(a).CompareTo(Priority(b));
    });

    /// <summary>
    /// Joins given and detected entities into a valid list. A style is cut wherever another entity begins or ends inside it,
    /// which is why bold text with a link in it comes back as three bold entities.
    /// </summary>
    public static List<MessageEntity> Merge(IEnumerable<MessageEntity> given, IReadOnlyList<MessageEntity> detected)
    {
        var all = given.Order(Order).ToList();
        var quotes = WithoutOverlaps(all.Where(IsQuote));
        var solid = WithoutOverlaps(all.Where(static entity => !IsQuote(entity) && !IsSplittable(entity)));
        solid.AddRange(detected.Where(found => !solid.Exists(other => Overlaps(found, other))));
        solid.RemoveAll(entity => quotes.Exists(quote => Overlaps(entity, quote) && !Contains(quote, entity)));
        solid.AddRange(quotes);

        var styles = Splittable.SelectMany(type => Union(all.Where(entity => entity.Type == type))).ToList();
        var cuts = new SortedSet<int>(solid.SelectMany(static entity => new[] { entity.Offset, entity.Offset + entity.Length })
            .Concat(styles.Select(static entity => entity.Offset)));
        var verbatim = solid.Where(static entity => entity.Type is "pre" or "code").ToList();
        var result = new List<MessageEntity>(solid);
        foreach (var style in styles)
        {
            var start = style.Offset;
            var end = style.Offset + style.Length;
            foreach (var cut in cuts.GetViewBetween(start + 1, Math.Max(start + 1, end - 1)).Where(cut => cut < end).Append(end))
            {
                var piece = style with { Offset = start, Length = cut - start };
                if (!verbatim.Exists(other => Contains(other, piece)))
                {
                    result.Add(piece);
                }

                start = cut;
            }
        }

        result.Sort(Order);
        return result;
    }

    private static bool IsSplittable(MessageEntity entity) => Array.IndexOf(Splittable, entity.Type) >= 0;

    private static bool IsQuote(MessageEntity entity) => entity.Type is "blockquote" or "expandable_blockquote";

    private static bool Overlaps(MessageEntity a, MessageEntity b) => a.Offset < b.Offset + b.Length && b.Offset < a.Offset + a.Length;

    private static bool Contains(MessageEntity outer, MessageEntity inner) =>
        outer.Offset <= inner.Offset && inner.Offset + inner.Length <= outer.Offset + outer.Length;

    private static List<MessageEntity> WithoutOverlaps(IEnumerable<MessageEntity> ordered)
    {
        var result = new List<MessageEntity>();
        var end = 0;
        foreach (var entity in ordered.Where(entity => entity.Offset >= end))
        {
            result.Add(entity);
            end = entity.Offset + entity.Length;
        }

        return result;
    }

    private static List<MessageEntity> Union(IEnumerable<MessageEntity> ordered)
    {
        var result = new List<MessageEntity>();
        foreach (var entity in ordered)
        {
            if (result.Count > 0 && entity.Offset <= result[^1].Offset + result[^1].Length)
            {
                var end = Math.Max(result[^1].Offset + result[^1].Length, entity.Offset + entity.Length);
                result[^1] = result[^1] with { Length = end - result[^1].Offset };
            }
            else
            {
                result.Add(entity);
            }
        }

        return result;
    }

    private static int Priority(MessageEntity entity) => entity.Type switch
    {
        "blockquote" or "expandable_blockquote" => 0,
        "pre" => entity.Language is null ? 11 : 10,
        "code" => 20,
        "date_time" => 30,
        "text_link" or "text_mention" => 49,
        "bold" => 90,
        "italic" => 91,
        "underline" => 92,
        "strikethrough" => 93,
        "spoiler" => 94,
        "custom_emoji" => 99,
        _ => 50,
    };
}

using System.Text;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Domain.Messages;
using ChatOrchestrator.Tests.Fixtures;
using CsCheck;

namespace ChatOrchestrator.Tests.Platforms;

/// <summary>How a stand-in for the platform behaves towards a part.</summary>
public enum StandIn
{
    Accepts,

    /// <summary>Too fast; come back after <see cref="AdapterContract.ThrottledFor"/>.</summary>
    Throttles,

    /// <summary>The credentials are wrong, with a description that quotes them.</summary>
    RefusesCredentials,

    /// <summary>5xx, with a page in place of the documented answer.</summary>
    Fails,

    /// <summary>Reads the request and hangs up.</summary>
    HangsUp,

    /// <summary>Nobody listens.</summary>
    IsAway,
}

/// <summary>
/// What every platform adapter promises the engine. An adapter's own test class inherits it and says how its platform
/// signs and what it sends; its further tests stand beside it.
/// </summary>
public abstract class AdapterContract
{
    /// <summary>How long <see cref="StandIn.Throttles"/> asks to wait.</summary>
    protected static readonly TimeSpan ThrottledFor = TimeSpan.FromSeconds(7);

    /// <summary>An answer to somebody who has just written: platforms with a window take it.</summary>
    private static readonly OutboundPart Part = new(Guid.CreateVersion7(), 0, default, "An answer.", null, null, 0) { LastInboundAt = TimeProvider.System.GetUtcNow() };

    /// <summary>An adapter that nobody calls out of.</summary>
    protected abstract IPlatformAdapter Adapter { get; }

    /// <summary>A connection with every secret.</summary>
    protected abstract ConnectionSnapshot Connection { get; }

    /// <summary>The name of the secret that webhooks are verified with.</summary>
    protected abstract string SigningSecret { get; }

    /// <summary>Whether the signature covers the body.</summary>
    protected abstract bool SignsBody { get; }

    /// <summary>A chat of the platform.</summary>
    protected abstract ChatAddress Chat { get; }

    /// <summary>The longest part, in the platform's unit.</summary>
    protected abstract int MaxPartLength { get; }

    /// <summary>The length of a part as the platform counts it.</summary>
    protected abstract int LengthOf(PartBody part, string answer);

    /// <summary>What the reader of a part sees.</summary>
    protected abstract string VisibleTextOf(PartBody part, string answer);

    /// <summary>The headers with which the platform sends a body.</summary>
    protected abstract IReadOnlyDictionary<string, string> Sign(ConnectionSnapshot connection, byte[] body);

    /// <summary>Bodies as large as the platform makes them, with how many events each holds.</summary>
    protected abstract IEnumerable<(byte[] Body, int Events)> Batches { get; }

    /// <summary>Bodies about messages that the bot itself wrote.</summary>
    protected abstract IEnumerable<byte[]> OwnMessages { get; }

    /// <summary>The same connection with other secrets.</summary>
    protected abstract ConnectionSnapshot With(IReadOnlyDictionary<string, string> secrets);

    /// <summary>An adapter whose platform is played by a server of our own; its logs go to <paramref name="log"/>.</summary>
    protected abstract Task<StoodInAdapter> StandInAsync(StandIn behaviour, CapturedLog log);

    [Fact]
    public void A_request_that_the_platform_signed_is_authentic()
    {
        foreach (var (body, _) in Batches)
        {
            Authentic(Connection, body, Sign(Connection, body)).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_request_with_a_tampered_signature_is_rejected()
    {
        var body = Batches.First().Body;
        var signed = Sign(Connection, body);
        foreach (var (name, value) in signed)
        {
            foreach (var tampered in Tamper(value))
            {
                Authentic(Connection, body, new Dictionary<string, string>(signed, StringComparer.OrdinalIgnoreCase) { [name] = tampered })
                    .ShouldBeFalse($"{name} was {(tampered.Length == value.Length ? "changed" : "given another length")}");
            }
        }
    }

    [Fact]
    public void A_request_without_a_signature_is_rejected()
    {
        var body = Batches.First().Body;
        foreach (var name in Sign(Connection, body).Keys)
        {
            Authentic(Connection, body, Sign(Connection, body).Where(h => h.Key != name).ToDictionary(StringComparer.OrdinalIgnoreCase)).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_signature_of_another_body_is_rejected()
    {
        var body = Batches.First().Body;
        Authentic(Connection, [.. body, (byte)' '], Sign(Connection, body)).ShouldBe(!SignsBody);
    }

    [Fact]
    public void A_connection_without_its_secret_rejects_everything()
    {
        var body = Batches.First().Body;
        var without = With(Connection.Secrets.Where(s => s.Key != SigningSecret).ToDictionary());
        var empty = With(new Dictionary<string, string>(Connection.Secrets) { [SigningSecret] = "" });
        foreach (var connection in new[] { without, empty })
        {
            Authentic(connection, body, Sign(Connection, body)).ShouldBeFalse();
            Authentic(connection, body, Sign(Connection, body).ToDictionary(h => h.Key, _ => "")).ShouldBeFalse();
            Authentic(connection, body, new Dictionary<string, string>()).ShouldBeFalse();
        }
    }

    [Fact]
    public void Every_event_of_a_body_is_read()
    {
        foreach (var (body, events) in Batches)
        {
            Adapter.Read(Connection, body).Count.ShouldBe(events);
        }
    }

    [Fact]
    public void The_same_body_has_the_same_ids_and_no_two_events_share_one()
    {
        foreach (var (body, _) in Batches)
        {
            var ids = Adapter.Read(Connection, body).Select(e => e.PlatformId).ToList();
            Adapter.Read(Connection, body.ToArray()).Select(e => e.PlatformId).ShouldBe(ids);
            ids.Distinct().Count().ShouldBe(ids.Count);
            ids.ShouldAllBe(id => id.Length > 0);
        }
    }

    [Fact]
    public void The_bots_own_messages_are_not_messages_to_it()
    {
        foreach (var body in OwnMessages)
        {
            Adapter.Read(Connection, body).OfType<InboundMessage>().Where(m => m.Kind != MessageKind.Overheard).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("\"s3cr3t text\"")]
    [InlineData("{\"s3cr3t text\":")]
    [InlineData("<html>s3cr3t text</html>")]
    [InlineData("\u0001\u0002")]
    public void A_body_that_is_none_of_the_platforms_is_malformed_and_not_quoted(string body)
    {
        var refusal = Should.Throw<MalformedPayloadException>(() => Adapter.Read(Connection, Encoding.UTF8.GetBytes(body)));
        refusal.ToString().ShouldNotContain("s3cr3t");
    }

    [Fact]
    public void The_connection_is_valid_and_without_any_secret_it_is_not()
    {
        Adapter.Validate(Connection.Secrets, Connection.Settings).ShouldBeEmpty();
        var errors = Adapter.Validate(new Dictionary<string, string>(), Connection.Settings).ToList();
        errors.ShouldNotBeEmpty();
        errors.ShouldAllBe(e => e.Field.StartsWith("secrets.", StringComparison.Ordinal) && e.Message.Length > 0);
    }

    [Fact]
    public void A_wrong_secret_is_reported_without_quoting_it()
    {
        var wrong = Connection.Secrets.ToDictionary(s => s.Key, _ => "wr0ng value ✗");
        var errors = Adapter.Validate(wrong, Connection.Settings).ToList();
        errors.ShouldNotBeEmpty();
        errors.ShouldAllBe(e => !e.Message.Contains("wr0ng"));
    }

    [Fact]
    public async Task An_accepted_part_is_delivered_under_an_id()
    {
        (await SendAsync(StandIn.Accepts)).ShouldBeOfType<DeliveryOutcome.Delivered>().PlatformMessageId.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_throttled_part_is_tried_again_after_as_long_as_the_platform_says()
    {
        var retry = (await SendAsync(StandIn.Throttles)).ShouldBeOfType<DeliveryOutcome.Retry>();
        retry.Throttled.ShouldBeTrue();
        retry.After.ShouldBe(ThrottledFor);
    }

    [Fact]
    public async Task Refused_credentials_concern_the_whole_connection()
    {
        (await SendAsync(StandIn.RefusesCredentials)).ShouldBeOfType<DeliveryOutcome.Failed>().Scope.ShouldBe(FailureScope.Connection);
    }

    [Theory]
    [InlineData(StandIn.Fails)]
    [InlineData(StandIn.IsAway)]
    public async Task A_part_that_was_not_taken_is_tried_again_but_nobody_was_too_fast(StandIn behaviour)
    {
        var retry = (await SendAsync(behaviour)).ShouldBeOfType<DeliveryOutcome.Retry>();
        retry.Throttled.ShouldBeFalse();
        retry.After.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_part_whose_answer_is_lost_may_have_arrived()
    {
        (await SendAsync(StandIn.HangsUp)).ShouldBeOfType<DeliveryOutcome.Unknown>();
    }

    [Fact]
    public async Task Only_cancellation_is_thrown()
    {
        await using var standIn = await StandInAsync(StandIn.Accepts, new CapturedLog());
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => standIn.Adapter.SendAsync(Connection, Part with { Chat = Chat }, cancelled.Token));
    }

    [Fact]
    public async Task No_secret_and_no_text_gets_into_outcomes_exceptions_or_logs()
    {
        foreach (var behaviour in Enum.GetValues<StandIn>())
        {
            var log = new CapturedLog();
            await using var standIn = await StandInAsync(behaviour, log);
            var heard = new StringBuilder();
            heard.AppendLine((await standIn.Adapter.SendAsync(Connection, Part with { Chat = Chat }, CancellationToken.None)).ToString());
            await standIn.Adapter.ShowTypingAsync(Connection, Chat, CancellationToken.None);
            if (standIn.Adapter is IRegistersWebhooks webhooks)
            {
                try
                {
                    await webhooks.RegisterAsync(Connection, new Uri("https://bot.example/webhooks/x/y"), CancellationToken.None);
                }
                catch (PlatformException refusal)
                {
                    heard.AppendLine(refusal.ToString());
                }
                await webhooks.UnregisterAsync(Connection, CancellationToken.None);
            }
            if (standIn.Adapter is IDescribesConnection describes)
            {
                try
                {
                    await describes.DescribeAsync(Connection, CancellationToken.None);
                }
                catch (PlatformException refusal)
                {
                    heard.AppendLine(refusal.ToString());
                }
            }
            if (standIn.Adapter is IFetchesMedia media)
            {
                try
                {
                    await media.FetchAsync(Connection, new Attachment { Kind = AttachmentKind.Image, Id = "no-such-file" }, 1_000, CancellationToken.None);
                }
                catch (MediaException refusal)
                {
                    heard.AppendLine(refusal.ToString());
                }
            }
            if (standIn.Adapter is IStartsConversations starts)
            {
                try
                {
                    await starts.OpenAsync(Connection, Chat.ChatId, CancellationToken.None);
                }
                catch (PlatformException refusal)
                {
                    heard.AppendLine(refusal.ToString());
                }
            }
            heard.Append(log).Append(Connection);
            foreach (var secret in Connection.Secrets.Values)
            {
                heard.ToString().ShouldNotContain(secret, Case.Insensitive, behaviour.ToString());
            }
            heard.ToString().ShouldNotContain(Part.Text);
        }
    }

    [Fact]
    public void A_blank_answer_has_no_parts()
    {
        Adapter.Split("").ShouldBeEmpty();
        Adapter.Split(" \n\t ").ShouldBeEmpty();
    }

    [Fact]
    public void What_it_says_it_can_do_it_can()
    {
        var can = Adapter.Capabilities;
        can.MaxTextLength.ShouldBeGreaterThan(0);
        (can.MaxButtons > 0).ShouldBe(can.MaxButtonLabel > 0);
        can.Streaming.ShouldBe(Adapter is IStreamsAnswers);
        can.StartsConversations.ShouldBe(Adapter is IStartsConversations);
        can.ReceivesMedia.Any(kind => kind is AttachmentKind.Image or AttachmentKind.Voice or AttachmentKind.Document).ShouldBe(Adapter is IFetchesMedia);
    }

    [Fact]
    public void Every_button_and_every_file_of_an_answer_can_be_seen_whatever_the_platform_carries()
    {
        foreach (var count in (int[])[1, 2, 3, 4, 5, 10, 11, 13, 14, 25, 26, 100, 120])
        {
            var buttons = string.Join(' ', Enumerable.Range(1, count).Select(i => $"[Choice number {i}.](reply:payload{i})"));
            var files = string.Join('\n', Enumerable.Range(1, count).Select(i => $"![](https://files.example/picture{i}.png)"));
            var answer = $"Choose **one**:\n\n{buttons}\n\n{files}\n\nThat was all.";
            var sent = string.Join('\n', Adapter.Split(answer).Select(p => p.Body ?? answer));
            for (var i = 1; i <= count; i++)
            {
                // Some markups escape the dot.
                sent.ShouldContain($"Choice number {i}", customMessage: $"button {i} of {count}");
                sent.ShouldContain($"picture{i}.png", customMessage: $"file {i} of {count}");
            }
            sent.ShouldContain("That was all");
        }
    }

    [Fact]
    public void Splitting_keeps_within_the_limit_and_leaves_nothing_out()
    {
        var words = Gen.Frequency(
            (60, Gen.Char['a', 'z'].Array[1, 12].Select(c => new string(c))),
            (20, Gen.OneOf("мир", "שלום", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "日本語", "x.", "y!")),
            (1, Gen.Int[1, 3].Select(n => new string('w', n * 3_000))));
        var separators = Gen.OneOf(" ", " ", " ", "\n\n", ". ");
        Gen.Select(words, separators).Array[1, 400].Sample(
            pieces =>
            {
                var answer = string.Concat(pieces.Select(p => p.Item1 + p.Item2));
                var parts = Adapter.Split(answer);
                parts.ShouldAllBe(p => LengthOf(p, answer) <= MaxPartLength && VisibleTextOf(p, answer).Length > 0);
                Dense(string.Concat(parts.Select(p => VisibleTextOf(p, answer)))).ShouldBe(Dense(answer));
            },
            iter: Samples.Of(100));
    }

    private static string Dense(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static IEnumerable<string> Tamper(string value)
    {
        yield return "";
        yield return value + "0";
        yield return value[..^1];
        yield return value + value;
        yield return new string('a', 100_000);
        yield return value + "\u00e9\ud83d";
        for (var i = 0; i < value.Length; i += Math.Max(1, value.Length / 8))
        {
            yield return value[..i] + (char)(value[i] == 'z' ? 'y' : value[i] + 1) + value[(i + 1)..];
        }
    }

    private bool Authentic(ConnectionSnapshot connection, byte[] body, IReadOnlyDictionary<string, string> headers)
    {
        var sent = new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase);
        return Adapter.Authenticate(connection, new WebhookRequest(body, name => sent.TryGetValue(name, out var value) ? value : null));
    }

    private async Task<DeliveryOutcome> SendAsync(StandIn behaviour)
    {
        await using var standIn = await StandInAsync(behaviour, new CapturedLog());
        return await standIn.Adapter.SendAsync(Connection, Part with { Chat = Chat }, CancellationToken.None);
    }
}

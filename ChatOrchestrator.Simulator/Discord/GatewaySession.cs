using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace ChatOrchestrator.Simulator.Discord;

/// <summary>A Gateway session: numbered dispatches, kept for a while so that a resume repeats what was missed. Guarded by the network's lock.</summary>
internal sealed class GatewaySession(string id, int intents)
{
    private const int MaxKept = 1_000;

    private readonly Queue<(long Sequence, byte[] Payload)> _kept = new();
    private List<(string Type, JsonNode Data)>? _held;
    private ChannelWriter<GatewayOutput>? _connection;

    public string Id { get; } = id;

    public int Intents { get; } = intents;

    public long Sequence { get; private set; }

    public bool IsConnected => _connection is not null;

    /// <summary>Heartbeats are not acknowledged any more.</summary>
    public bool WithholdsAcks { get; set; }

    /// <summary>Dispatches are kept and not sent, as if the connection were about to break.</summary>
    public bool HoldsBack { get; set; }

    public void Attach(ChannelWriter<GatewayOutput> connection)
    {
        _connection?.TryWrite(new GatewayOutput(null, 4000));
        _connection = connection;
        WithholdsAcks = HoldsBack = false;
    }

    public void Detach(ChannelWriter<GatewayOutput> connection)
    {
        if (_connection == connection)
        {
            _connection = null;
        }
    }

    /// <summary>What is dispatched from now on happens when it is let go.</summary>
    public void Hold() => _held ??= [];

    /// <summary>Dispatches what was held, the last first if so wanted: numbers ascend all the same.</summary>
    public void Release(bool reverse)
    {
        var held = _held ?? [];
        _held = null;
        if (reverse)
        {
            held.Reverse();
        }
        held.ForEach(h => Dispatch(h.Type, h.Data));
    }

    /// <summary>Sends the last dispatches again under their numbers, as a resume does.</summary>
    public void Repeat(int last)
    {
        foreach (var (_, payload) in _kept.TakeLast(last))
        {
            _connection?.TryWrite(new GatewayOutput(payload, null));
        }
    }

    public void Dispatch(string type, JsonNode data)
    {
        if (_held is { } held && type != "RESUMED")
        {
            held.Add((type, data));
            return;
        }
        var payload = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = 0, ["s"] = ++Sequence, ["t"] = type, ["d"] = data });
        _kept.Enqueue((Sequence, payload));
        if (_kept.Count > MaxKept)
        {
            _kept.Dequeue();
        }
        if (!HoldsBack)
        {
            _connection?.TryWrite(new GatewayOutput(payload, null));
        }
    }

    /// <summary>Whether everything behind the sequence can still be repeated.</summary>
    public bool CanResume(long sequence) => sequence <= Sequence && (_kept.Count == 0 || sequence >= _kept.Peek().Sequence - 1);

    /// <summary>Sends again what came after the sequence, then RESUMED.</summary>
    public void Resume(long sequence)
    {
        foreach (var (number, payload) in _kept)
        {
            if (number > sequence)
            {
                _connection?.TryWrite(new GatewayOutput(payload, null));
            }
        }
        Dispatch("RESUMED", new JsonObject { ["_trace"] = new JsonArray() });
    }

    public void Send(int op, JsonNode? data) =>
        _connection?.TryWrite(new GatewayOutput(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["op"] = op, ["d"] = data, ["s"] = null, ["t"] = null }), null));

    /// <param name="code">Null: the connection breaks without a word.</param>
    public void Close(int? code) => _connection?.TryWrite(new GatewayOutput(null, code ?? 0));
}

/// <summary>What goes to a client: a payload, or the end.</summary>
/// <param name="CloseCode">0: without closing.</param>
internal readonly record struct GatewayOutput(byte[]? Payload, int? CloseCode);

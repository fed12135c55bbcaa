using ChatOrchestrator.ApiService.Security;
using ChatOrchestrator.Application;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.ApiService.WebChat;

/// <summary>
/// How many pages may be open at this process: each costs a subscription and a buffer. What is over it gets 503 and comes
/// back elsewhere or later; one address gets a share only (429), so that it cannot keep all others out.
/// </summary>
internal sealed class StreamPlaces(IOptions<LimitOptions> options)
{
    internal const int Max = 10_000;

    private readonly Dictionary<string, int> _byAddress = [];
    private int _open;

    /// <summary>One of the places, until it is disposed of; null: the address has its share.</summary>
    /// <exception cref="OverloadedException">All are taken.</exception>
    public IDisposable? TryEnter(string address)
    {
        lock (_byAddress)
        {
            var taken = _byAddress.GetValueOrDefault(address);
            if (taken >= options.Value.WebChatStreamsPerAddress)
            {
                return null;
            }
            if (_open >= Max)
            {
                throw new OverloadedException();
            }
            _open++;
            _byAddress[address] = taken + 1;
        }
        return new Place(this, address);
    }

    private void Leave(string address)
    {
        lock (_byAddress)
        {
            _open--;
            if (--_byAddress[address] == 0)
            {
                _byAddress.Remove(address);
            }
        }
    }

    private sealed class Place(StreamPlaces places, string address) : IDisposable
    {
        public void Dispose() => places.Leave(address);
    }
}

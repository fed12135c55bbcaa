using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ChatOrchestrator.Tests.Fixtures;

/// <summary>Loopback ports for the processes the tests start.</summary>
public static class FreePort
{
    // Below Linux' range for outgoing connections (32768 and up, ip_local_port_range): nobody's client socket takes such a
    // port between our look and the server's bind.
    private const int First = 15_000;
    private const int Last = 31_999;

    private static readonly ConcurrentDictionary<int, bool> Taken = new();

    /// <summary>A port that is free now and that this test run has not handed out before.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (IsFree(port) && Taken.TryAdd(port, true))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No free loopback port between {First} and {Last}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

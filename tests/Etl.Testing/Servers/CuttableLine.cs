using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Etl.Testing.Servers;

/// <summary>A line to a server that a test can cut: connections break off wherever they are, and new ones are refused until it is mended.</summary>
public sealed class CuttableLine : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<TcpClient, byte> _ends = new();
    private TcpListener _listener;
    private Task _accepting;

    private CuttableLine(IPEndPoint server)
    {
        _server = server;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Port on the loopback that leads to the server; stays the same.</summary>
    public int Port { get; }

    /// <summary>Lays a line to a port of the loopback.</summary>
    public static CuttableLine To(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Cuts it.</summary>
    public async Task CutAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var end in _ends.Keys)
        {
            // With a reset, as when a machine is gone, and not with a polite end. One that just ended by itself has no socket any more.
            end.Client?.Close(0);
        }
        _ends.Clear();
    }

    /// <summary>Mends it.</summary>
    public void Mend()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync() => await CutAsync();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true) _ = CarryAsync(await listener.AcceptTcpClientAsync());
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server);
                _ends.TryAdd(client, 0);
                _ends.TryAdd(server, 0);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut, or one side has ended.
            }
        }
        _ends.TryRemove(client, out _);
        _ends.TryRemove(server, out _);
    }
}

using System.Net;
using System.Net.Sockets;

namespace Etl.Testing.Servers;

/// <summary>A line to a server that lets so many bytes of its answers through and then holds the rest back, with the connections open.</summary>
public sealed class HoldingLine : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly long _most;
    private long _passed;

    private HoldingLine(IPEndPoint server, long most)
    {
        (_server, _most) = (server, most);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    /// <summary>Port on the loopback that leads to the server.</summary>
    public int Port { get; }

    /// <summary>Bytes of answers that were let through, over all connections.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>Done when the last byte that may pass has passed.</summary>
    public Task Held => _held.Task;

    /// <summary>Lays a line to a port of the loopback.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="most">How many bytes of answers may pass.</param>
    public static HoldingLine To(int port, long most) => new(new IPEndPoint(IPAddress.Loopback, port), most);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server, _end.Token);
                var asked = client.GetStream().CopyToAsync(server.GetStream(), _end.Token);
                await AnswerAsync(server.GetStream(), client.GetStream());
                await asked;
            }
            catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The end, or one side has gone.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[4096];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            // One connection at a time: the count is exact.
            await _turn.WaitAsync(_end.Token);
            try
            {
                var pass = (int)Math.Min(read, _most - _passed);
                if (pass > 0) await to.WriteAsync(buffer.AsMemory(0, pass), _end.Token);
                Interlocked.Add(ref _passed, pass);
                if (_passed < _most) continue;
            }
            finally
            {
                _turn.Release();
            }
            _held.TrySetResult();
            await Task.Delay(Timeout.Infinite, _end.Token);
        }
    }
}

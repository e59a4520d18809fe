using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etl.Kaltura.Tests.Network;

/// <summary>A server with a certificate that nobody should accept.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly Task _loop;
    private int _connections, _requests;

    public TlsServer(string kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(kind == "other-host" ? "www.example.com" : "localhost")}", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var made = kind == "expired" ? request.CreateSelfSigned(now.AddYears(-2), now.AddYears(-1)) : request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        _listener.Start();
        _loop = LoopAsync();
    }

    public Uri Url => new($"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    public int Connections => _connections;

    /// <summary>Connections on which a byte came after the handshake.</summary>
    public int Requests => _requests;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        try
        {
            await _loop;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
        _certificate.Dispose();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            Interlocked.Increment(ref _connections);
            try
            {
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(_certificate);
                if (await tls.ReadAsync(new byte[1]) > 0) Interlocked.Increment(ref _requests);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
            }
        }
    }
}

using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Kaltura.Sessions;

namespace Etl.Kaltura.Api;

/// <summary>How many calls and bytes one piece of work took.</summary>
internal sealed class CallMeter
{
    private int _calls;

    /// <summary>Calls sent, repeated ones included.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Takes what a call waits for, in a few words; null when nobody wants to know.</summary>
    public Action<string>? Tell { get; set; }

    public void Sent() => Interlocked.Increment(ref _calls);
}

/// <summary>
/// Calls the service: adds the session and renews it once when it ended, bounds requests in flight per account, repeats
/// transient faults. All report calls are reads, so each may be repeated (wire facts 8). Safe for concurrent use.
/// </summary>
internal sealed class KalturaApiClient(
    IKalturaTransport transport, ISessionProvider sessions, RetryRunner retry, SecretMask mask, Func<string, IAccountGate> gate) : IDisposable
{
    private static readonly string[] s_renewable = ["EXPIRED", "LOGOUT"];
    private ConcurrentDictionary<string, Lazy<IAccountGate>> _gates = new(StringComparer.Ordinal);

    public SecretMask Mask => mask;

    /// <summary>The same client over a transport that wraps its own: sessions and bounds stay shared.</summary>
    public KalturaApiClient Over(Func<IKalturaTransport, IKalturaTransport> wrap) => new(wrap(transport), sessions, retry, mask, gate) { _gates = _gates };

    /// <summary>The gate that all sources of an account share.</summary>
    public IAccountGate GateOf(string account) => _gates.GetOrAdd(account, static (name, make) => new(() => make(name)), gate).Value;

    /// <summary>Ends the gates, of all clients that share them.</summary>
    public void Dispose()
    {
        foreach (var made in _gates.Values) (made.Value as IDisposable)?.Dispose();
    }

    /// <summary>Makes the call and reads its answer.</summary>
    /// <param name="request">The call.</param>
    /// <param name="account">Account it is counted for.</param>
    /// <param name="privileges">Privileges that its session needs.</param>
    /// <param name="read">
    /// Reads the body to its end. Throws the fault that the answer holds; a transient one makes the call again, so
    /// <paramref name="read"/> may run several times.
    /// </param>
    /// <param name="meter">Counts what was sent.</param>
    /// <param name="cancellation">Stops waiting and reading.</param>
    public async Task<T> CallAsync<T>(
        ApiRequest request, string account, IReadOnlyList<string> privileges,
        Func<Stream, CancellationToken, Task<T>> read, CallMeter meter, CancellationToken cancellation)
    {
        return await retry.RunAsync(token => WithSessionAsync(request, account, privileges, read, meter, token), cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a call that changes something, and never again after an unclear answer; only a session that had ended, with which nothing was done, is
    /// renewed. Otherwise as <see cref="CallAsync"/>.
    /// </summary>
    public async Task<T> CallOnceAsync<T>(
        ApiRequest request, string account, Func<Stream, CancellationToken, Task<T>> read, CallMeter meter, CancellationToken cancellation) =>
        await WithSessionAsync(request, account, [], read, meter, cancellation).ConfigureAwait(false);

    private async ValueTask<T> WithSessionAsync<T>(
        ApiRequest request, string account, IReadOnlyList<string> privileges, Func<Stream, CancellationToken, Task<T>> read, CallMeter meter, CancellationToken cancellation)
    {
        var passage = GateOf(account);
        var renewed = false;
        while (true)
        {
            var session = await sessions.GetAsync(privileges, cancellation).ConfigureAwait(false);
            try
            {
                return await OnceAsync(request, session, passage, read, meter, cancellation).ConfigureAwait(false);
            }
            catch (ApiException e) when (!renewed && sessions.CanRenew
                && (e.Code == MicroserviceForm.Unauthorized || (e.Code == ErrorRules.InvalidSession && s_renewable.Contains(e.SessionReason, StringComparer.Ordinal))))
            {
                sessions.Drop(session);
                renewed = true;
            }
        }
    }

    private async ValueTask<T> OnceAsync<T>(
        ApiRequest request, Session session, IAccountGate account, Func<Stream, CancellationToken, Task<T>> read, CallMeter meter, CancellationToken cancellation)
    {
        await account.EnterAsync(meter.Tell, cancellation).ConfigureAwait(false);
        var success = false;
        TimeSpan? slowDown = null;
        try
        {
            meter.Sent();
            var reply = await transport.SendAsync(request, session.Token, cancellation).ConfigureAwait(false);
            await using (reply.ConfigureAwait(false))
            {
                var result = await read(reply.Body, cancellation).ConfigureAwait(false);
                success = true;
                return result;
            }
        }
        catch (ApiException e)
        {
            if (e.SlowDown) slowDown = e.RetryAfter > e.MinWait ? e.RetryAfter : e.MinWait;
            throw;
        }
        finally
        {
            await account.LeaveAsync(success, slowDown).ConfigureAwait(false);
        }
    }
}

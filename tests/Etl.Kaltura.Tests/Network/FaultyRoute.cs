using System.Globalization;
using System.Text;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Network;

/// <summary>A route by which rows come over the network.</summary>
public enum RouteName
{
    /// <summary>A table as JSON, with its totals in one round trip.</summary>
    Table,
    /// <summary>A report file by address.</summary>
    File,
    /// <summary>The file of a background report.</summary>
    Background,
}

/// <summary>
/// A report of 40 rows over one route, with faults between us and the answer that holds the rows: each request for it meets the next fault, and the
/// whole answer when there is none left.
/// </summary>
internal sealed class FaultyRoute : IAsyncDisposable
{
    public const int Rows = 40;

    private readonly Queue<Func<Answer, Answer>> _faults;
    private readonly int _faultCount;
    private readonly CsvService? _csv;
    private readonly MicroserviceBench? _bench;
    private int _calls;

    public FaultyRoute(RouteName route, params IEnumerable<Func<Answer, Answer>> faults)
    {
        _faults = new(faults);
        _faultCount = _faults.Count;
        switch (route)
        {
            case RouteName.File:
                _csv = new CsvService { Rows = [.. Enumerable.Range(0, Rows).Select(i => new[] { $"1_{i:00000000}", $"Name {i}", "1" })] };
                Rig = _csv.Rig;
                _csv.File = call => Spoil(_csv.Whole(call));
                break;
            case RouteName.Background:
                _bench = new MicroserviceBench();
                Rig = _bench.Rig;
                _bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\n" + string.Concat(Enumerable.Range(0, Rows).Select(i => $"u{i:000},yes\n"))));
                Rig.Server.Script = call =>
                {
                    var answer = _bench.Service.Answer(call);
                    return _bench.Service.Calls.Count > 0 && _bench.Service.Calls[^1].StartsWith("file ", StringComparison.Ordinal) ? Spoil(answer) : answer;
                };
                break;
            default:
                Rig = new Rig();
                Rig.Server.Script = call => call.Action == "getTotal" ? Bodies.Plays(Rows) : Bodies.Table(Bodies.Entries(0, Rows), Rows);
                Rig.Server.OnMultirequest = Spoil;
                break;
        }
    }

    public Rig Rig { get; }

    /// <summary>Requests for the rows.</summary>
    public int Calls => _calls;

    /// <summary>A fault of every request, for ever.</summary>
    public Func<Answer, Answer>? Always { get; init; }

    public static TheoryData<RouteName> All => [RouteName.Table, RouteName.File, RouteName.Background];

    /// <summary>Routes that offer gzip: lengths and ranges of a file by address count its own bytes.</summary>
    public static TheoryData<RouteName> Zipped => [RouteName.Table, RouteName.Background];

    public Task<PullOutcome> PullAsync() => _csv?.PullAsync() ?? _bench?.PullAsync() ?? Rig.PullAsync();

    /// <summary>The pull ends well: every row once, from an answer that was not spoiled, after no more tries than allowed.</summary>
    public async Task<PullOutcome> SurvivesAsync(int extraCalls = 0)
    {
        var outcome = await PullAsync();

        Assert.Equal(Rows, outcome.Rows);
        Assert.Equal(Rows, Rig.Sink.Rows.Count);
        Assert.Equal(Rows, Rig.Sink.Rows.Select(r => r[0]).Distinct().Count());
        Assert.InRange(Calls, _faultCount + 1, _faultCount + 1 + extraCalls);
        AssertBounded();
        return outcome;
    }

    /// <summary>The pull ends well, or fails with this code: never with some of the rows.</summary>
    public async Task SurvivesOrRefusesAsync(string code)
    {
        try
        {
            await SurvivesAsync(extraCalls: 1);
        }
        catch (EtlException refused)
        {
            Assert.Equal(code, refused.Code);
            Rig.AssertNoCanary(refused.ToString());
        }
    }

    /// <summary>The pull fails, after so many tries and no more, and shows no secret.</summary>
    public async Task<EtlException> FailsAsync(int calls)
    {
        var failure = await (_csv?.FailAsync() ?? _bench?.FailAsync() ?? Rig.FailAsync());
        Assert.Equal(calls, Calls);
        AssertBounded();
        return failure;
    }

    public async ValueTask DisposeAsync() => await Rig.DisposeAsync();

    // Six tries of a call, four pulls, and each wait a minute at most, or what the service asks for.
    private void AssertBounded()
    {
        Assert.InRange(Calls, 0, 6 * 4);
        Assert.All(Rig.Clock.Waits, w => Assert.InRange(w, TimeSpan.Zero, TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1)));
    }

    private Answer Spoil(Answer whole)
    {
        Interlocked.Increment(ref _calls);
        lock (_faults) return Always is { } always ? always(whole) : _faults.TryDequeue(out var fault) ? fault(whole) : whole;
    }
}

/// <summary>Ways in which an answer goes wrong.</summary>
internal static class Faults
{
    /// <summary>Bytes to keep: position i of so many, from none to all but one.</summary>
    public static int At(this Answer whole, int position, int count) => (int)((long)position * (whole.Body.Length - 1) / (count - 1));

    /// <summary>The connection ends below the stated length.</summary>
    public static Answer CutTo(this Answer whole, int keep) => whole with { Body = whole.Body[..keep], StatedLength = whole.Body.Length };

    /// <summary>The same body as chunks; only so many of its bytes, where it is cut, and no last chunk then.</summary>
    public static Answer Chunked(this Answer whole, int size, int? keep = null, byte[]? forEver = null)
    {
        var raw = new MemoryStream();
        var head = new StringBuilder("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n");
        foreach (var (name, value) in whole.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        raw.Write(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        var left = keep ?? whole.Body.Length;
        foreach (var chunk in whole.Body.Chunk(size))
        {
            raw.Write(Chunk(chunk, Math.Min(left, chunk.Length)));
            left -= chunk.Length;
            if (left < 0) break;
        }
        if (keep is null && forEver is null) raw.Write("0\r\n\r\n"u8);
        return whole with { Raw = raw.ToArray(), ForEver = forEver is null ? null : Chunk(forEver, forEver.Length) };
    }

    public static Answer WithStatus(this Answer whole, int status, string body = "") => whole.Status != 200 ? whole : new Answer(Encoding.UTF8.GetBytes(body)) { Status = status };

    private static byte[] Chunk(byte[] bytes, int keep)
    {
        var chunk = new MemoryStream();
        chunk.Write(Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
        chunk.Write(bytes.AsSpan(0, keep));
        if (keep == bytes.Length) chunk.Write("\r\n"u8);
        return chunk.ToArray();
    }
}

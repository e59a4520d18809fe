using System.Diagnostics;
using System.Globalization;
using Etl.Testing.Servers;

namespace Etl.Benchmarks;

/// <summary>Processor time of a PostgreSQL server: of its first process, of those it started, and of those that have ended. From <c>/proc</c>, in hundredths of a second.</summary>
internal sealed class PostgresCpu(PostgresServer server)
{
    private const double TicksPerSecond = 100;
    private const int Parent = 1, User = 11, Kernel = 12, EndedUser = 13, EndedKernel = 14;

    private readonly int _first = int.Parse(File.ReadLines(Path.Combine(server.Folder!, "data", "postmaster.pid")).First().Trim(), CultureInfo.InvariantCulture);
    private int? _idle;

    /// <summary>Runs a client; returns what it took and how many seconds the server worked meanwhile.</summary>
    internal (Outcome Client, double Server) Measure(Func<Child.Run> client)
    {
        _idle ??= Processes().Count();
        // Staging and cleaning took memory and time since the comparison warmed it.
        WarmMemory.Prepare();
        var before = Seconds();
        var run = client().Succeeded();
        // The one that served the client ends a moment after it, and its time is told then.
        var clock = Stopwatch.StartNew();
        while (Processes().Count() > _idle && clock.Elapsed < TimeSpan.FromSeconds(10)) Thread.Sleep(5);
        return (Outcome.Of(run), Seconds() - before);
    }

    private double Seconds() => (Processes().Append(Fields(_first)!).Sum(p => p[User] + p[Kernel]) + Ended(Fields(_first)!)) / TicksPerSecond;

    private IEnumerable<long[]> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, CultureInfo.InvariantCulture, out _)).Select(n => Fields(int.Parse(n!, CultureInfo.InvariantCulture)))
            .OfType<long[]>().Where(f => f[Parent] == _first);

    private static long Ended(long[] process) => process[EndedUser] + process[EndedKernel];

    // What stands behind the program's name in brackets, but for the state's letter.
    private static long[]? Fields(int process)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ').Take(EndedKernel + 1).Select(f => long.TryParse(f, CultureInfo.InvariantCulture, out var number) ? number : 0)];
        }
        catch (IOException)
        {
            return null;
        }
    }
}

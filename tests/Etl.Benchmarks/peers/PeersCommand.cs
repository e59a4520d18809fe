using System.Globalization;

namespace Etl.Benchmarks;

/// <summary>Runs comparisons in pairs, ours and the peer in turn, prints medians of the ratios and writes them to the page of this machine.</summary>
internal static class PeersCommand
{
    private const string Usage = "usage: peers [NAME...] [--size MIB] [--pairs N] [--data DIR]";

    internal static int Run(string[] args)
    {
        var (size, pairs, data) = (1024, 3, Path.Combine(Path.GetTempPath(), "etl-peers"));
        List<string> names = [];
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) names.Add(args[i]);
            else if (args[i] == "--size" && Number(args, ++i) is { } mebibytes) size = mebibytes;
            else if (args[i] == "--pairs" && Number(args, ++i) is { } count) pairs = count;
            else if (args[i] == "--data" && i + 1 < args.Length) data = args[++i];
            else return Refuse();
        }
        Directory.CreateDirectory(data);
        var all = All(new PeerData(data, size)).ToList();
        if (names.FirstOrDefault(name => !all.Exists(c => c.Name.StartsWith(name, StringComparison.Ordinal))) is { } unknown)
        {
            Console.Error.WriteLine($"There is no comparison '{unknown}'. There are: {string.Join(", ", all.Select(c => c.Name))}.");
            return 2;
        }
        var page = new PeersPage(size, pairs);
        Console.WriteLine(Machine.Describe());
        foreach (var comparison in all.Where(c => names.Count == 0 || names.Exists(n => c.Name.StartsWith(n, StringComparison.Ordinal))))
        {
            var section = comparison.Missing() is { } reason ? PeersPage.Skipped(comparison, reason) : Compare(comparison, pairs, page);
            Console.WriteLine(section);
            PeersPage.Save(comparison, section);
        }
        return 0;
    }

    // Here every topic puts its own.
    private static IEnumerable<Comparison> All(PeerData data) =>
    [
        .. ConvertComparisons.All(data),
        .. PageComparisons.All(data),
        .. CopyComparisons.All(data),
        .. PostgresComparisons.All(data),
        .. SqliteComparisons.All(data),
        .. StartComparisons.All(data),
        .. PullComparisons.All(data),
    ];

    private static string Compare(Comparison comparison, int pairs, PeersPage page)
    {
        comparison.Prepare();
        List<(Outcome Ours, Outcome? Theirs)> outcomes = [];
        var load = PeersPage.Load();
        for (var pair = 1; pair <= pairs; pair++)
        {
            Warm(comparison.Input);
            var ours = comparison.Ours(pair);
            Warm(comparison.Input);
            outcomes.Add((ours, comparison.Theirs?.Invoke(pair)));
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {comparison.Name}, pair {pair}: {outcomes[^1].Ours} / {outcomes[^1].Theirs}"));
        }
        return page.Compared(comparison, outcomes, comparison.Prove(), load);
    }

    // Systems differ in how soon they forget a file that nobody reads; reading it from the disk is work of neither side.
    private static void Warm(Func<string>? input)
    {
        if (input is not null)
        {
            using var file = File.OpenRead(input());
            file.CopyTo(Stream.Null, 1 << 20);
        }
        WarmMemory.Prepare();
    }

    private static int? Number(string[] args, int at) =>
        at < args.Length && int.TryParse(args[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private static int Refuse()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Exports.Joining;
using Etl.Landing.Staging;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>What joining landed rows into leads takes, from files to the last lead read: processor time and peak memory of its process.</summary>
internal static class LeadsBenchmark
{
    private const string ChildVerb = "--join", Export = "leads";
    private const int Days = 30;

    private static readonly TableSchema s_people = Schema("email", "user_id", "first_name", "last_name", "company", "country", "consent");
    private static readonly TableSchema s_plays = new([.. Schema("object_id", "entry_name", "device").Columns, new("sum_time_viewed", ColumnType.Double, ColumnRole.Metric), new("count_plays", ColumnType.Int64, ColumnRole.Metric)]);
    private static readonly TableSchema s_reactions = Schema("email", "type", "entry_id");

    private static JobDefinition Job => new() { Name = "bench", Sources = [], Window = new WindowSpec(), Land = [], File = "jobs/bench.yaml" };

    private static ExportSpec Spec => new()
    {
        Name = Export,
        Profile = "csv",
        Sources = [new("people", "email", "user_id"), new("plays", null, "object_id"), new("reactions", "email", null)],
        Measures =
        [
            new("minutes", MeasureKind.Sum, "plays", "sum_time_viewed"), new("claps", MeasureKind.Count, "reactions", null) { Where = ("type", ["clap"]) },
            new("last", MeasureKind.Max, "plays", "_window"),
        ],
        Score = new ScoreSpec([new("minutes", 1), new("claps", 5)]),
        Columns =
        [
            new("Email", new LeadValue(LeadField.Email)), new("FirstName", new SourceValue("people", "first_name")), new("LastName", new SourceValue("people", "last_name")),
            new("Company", new SourceValue("people", "company")), new("Country", new SourceValue("people", "country")), new("LeadSource", new ConstantValue("Webinar")),
            new("Minutes", new MeasureValue("minutes")), new("Last", new MeasureValue("last")), new("Rating", new LeadValue(LeadField.Tier)),
            new("Score", new LeadValue(LeadField.Score)), new("Why", new LeadValue(LeadField.ScoreParts)),
        ],
        Leave = new LeadFilter { Domains = ["our-company.com"], Consent = new SourceValue("people", "consent") },
    };

    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        if (args is [ChildVerb, var data]) return Join(data);
        var rows = args.Length > 0 ? int.Parse(args[0], culture) : 1_000_000;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 3;
        Console.WriteLine(Machine.Describe());
        foreach (var (name, people) in new[] { ("300,000 people a million rows", rows * 3 / 10), ("each person in three rows", rows / 3), ("rows of people only, nobody twice", rows) })
        {
            using var folder = new TempFolder();
            Land(folder.Path, rows, people);
            Console.WriteLine(string.Create(culture, $"{name}: {rows} rows in {Days} windows of 3 sources"));
            for (var i = 0; i < repeats; i++)
            {
                var run = Child.Start("dotnet", folder.Path, new Dictionary<string, string>(), [typeof(LeadsBenchmark).Assembly.Location, "leads", ChildVerb, folder.Path]).Succeeded();
                Console.WriteLine(string.Create(culture, $"  {run.CpuSeconds:F2} cpu-seconds, {run.Seconds:F2} s, peak {run.PeakMegabytes:F0} MB: {run.Output.Trim()}"));
            }
        }
        return 0;
    }

    private static int Join(string data)
    {
        using var table = new LeadJoiner(data, TimeProvider.System).JoinAsync(Job, Spec, default).GetAwaiter().GetResult();
        var joined = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
        long cells = 0, characters = 0;
        foreach (var lead in table.Read())
            foreach (var cell in lead.Cells)
            {
                cells++;
                characters += cell.Text?.Length ?? 0;
            }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"joined after {joined:F2} cpu-seconds; {cells} cells, {characters} characters; {table.Counts}"));
        return 0;
    }

    /// <summary>Rows of people first; the others play and react.</summary>
    private static void Land(string data, int rows, int people)
    {
        var random = new Random(6);
        var plays = (rows - people) / 2;
        for (var day = 0; day < Days; day++)
        {
            var window = new WindowCalendar("UTC", WindowUnit.Day).Containing(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day));
            Land(data, window, "people", s_people, Share(people, day), (batch, row) => Person(batch, row + From(people, day)));
            Land(data, window, "plays", s_plays, Share(plays, day), (batch, _) => Play(batch, random.Next(people), random));
            Land(data, window, "reactions", s_reactions, Share(rows - people - plays, day), (batch, _) => React(batch, random.Next(people), random));
        }
    }

    private static int From(int total, int day) => (int)((long)total * day / Days);

    private static int Share(int total, int day) => From(total, day + 1) - From(total, day);

    private static void Person(RowBatch batch, int person)
    {
        Add(batch, 0, $"{(person % 7 == 0 ? "First.Last" : "first.last")}{person}@company{person % 5000}.example.com");
        Add(batch, 1, $"user-{person:x8}");
        Add(batch, 2, $"Firstname{person % 2000}");
        Add(batch, 3, $"Lastname{person % 60_000}");
        Add(batch, 4, $"Company {person % 5000} Ltd");
        Add(batch, 5, $"Country {person % 190}");
        Add(batch, 6, person % 20 == 0 ? "no" : "yes");
    }

    private static void Play(RowBatch batch, int person, Random random)
    {
        Add(batch, 0, $"user-{person:x8}");
        Add(batch, 1, $"An entry with a name {random.Next(3000)}");
        Add(batch, 2, random.Next(2) == 0 ? "Computer" : "Mobile");
        batch.Fixed<double>(3).Append(random.Next(1, 6000) / 100.0);
        batch.Fixed<long>(4).Append(random.Next(1, 5));
    }

    private static void React(RowBatch batch, int person, Random random)
    {
        Add(batch, 0, $" first.last{person}@company{person % 5000}.example.com");
        Add(batch, 1, random.Next(3) == 0 ? "heart" : "clap");
        Add(batch, 2, $"1_{random.Next(3000):x6}");
    }

    private static void Land(string data, Window window, string source, TableSchema schema, int rows, Action<RowBatch, int> fill)
    {
        const int BatchRows = 8192;
        var key = new WindowKey(Job.Name, source, "1234567", window.Label);
        var pull = $"{source}-{window.Label}";
        var staging = new ParquetStagingArea(data);
        using (var writer = staging.Begin(key, window, pull, window.To, schema, withAccount: false))
        {
            var batch = new RowBatch(schema);
            for (var row = 0; row < rows; row++)
            {
                fill(batch, row);
                if (batch.RowCount < BatchRows && row + 1 < rows) continue;
                writer.Write(batch);
                batch.Clear();
            }
            writer.Complete(new PullStamp(pull, 1, rows, "hash", window.To, "definition"));
        }
        using (var staged = staging.Open(pull)!)
        {
            var target = new TargetFactory(data, new ConnectionSettings(_ => null, data), TimeProvider.System)
                .Create(new ExportRowsLandSpec { From = source, Job = Job.Name, Export = Export }, severalAccounts: false);
            target.LandAsync(new LandingOrder(key, window, staged.Stamp), staged, default).GetAwaiter().GetResult();
        }
        staging.Remove(pull);
    }

    private static void Add(RowBatch batch, int column, string text) => batch.Text(column).Append(Encoding.UTF8.GetBytes(text));

    private static TableSchema Schema(params string[] texts) => new(texts.Select(t => new Column(t, ColumnType.Text)));
}

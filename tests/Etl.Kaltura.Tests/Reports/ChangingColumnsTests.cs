using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Exports;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>
/// Columns added, removed, renamed and put in another order at random: with <c>ignore</c> every value that was sent stands in its column or in
/// <c>_extra</c>, with <c>evolve</c> in its column, for every kind of source that has a header.
/// </summary>
public class ChangingColumnsTests
{
    private static readonly string[] s_texts = ["entry_name", "creator_name", "status"], s_counts = ["count_plays", "unique_viewers", "count_loads"];

    public static TheoryData<string> Kinds => ["table", "csv", "custom-csv", "microservice", "total"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_value_that_was_sent_is_landed(string kind)
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            foreach (var policy in new[] { SchemaPolicy.Evolve, SchemaPolicy.Ignore, SchemaPolicy.Hold })
            {
                var (header, rows) = Make(new Random(seed), kind);
                var sink = await PullAsync(kind, header, rows, policy);
                Assert.True(rows.Count == sink.Rows.Count, $"seed {seed}");
                for (var row = 0; row < rows.Count; row++)
                {
                    var landed = Landed(sink, row);
                    for (var c = 0; c < header.Count; c++)
                        if (rows[row][c].Length > 0) Assert.True(landed.GetValueOrDefault(header[c]) == rows[row][c], $"seed {seed}, {policy}: '{header[c]}' of row {row} is '{landed.GetValueOrDefault(header[c])}'; '{rows[row][c]}' was sent");
                }
                Assert.Equal(policy == SchemaPolicy.Ignore, sink.Schema!.IndexOf("_extra") >= 0);
                if (policy == SchemaPolicy.Ignore) Assert.All(sink.Schema.Columns, c => Assert.True(c.Known));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Order_of_the_columns_changes_nothing(string kind)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            foreach (var policy in new[] { SchemaPolicy.Evolve, SchemaPolicy.Ignore })
            {
                var (header, rows) = Make(new Random(seed), kind);
                var order = Enumerable.Range(0, header.Count).ToArray();
                new Random(seed).Shuffle(order);
                var first = await PullAsync(kind, header, rows, policy);
                var second = await PullAsync(kind, [.. order.Select(i => header[i])], [.. rows.Select(r => order.Select(i => r[i]).ToArray())], policy);
                Assert.Equal(Lines(first), Lines(second));
            }
        }
    }

    private static async Task<CollectingSink> PullAsync(string kind, IReadOnlyList<string> header, List<string[]> rows, SchemaPolicy policy)
    {
        var request = Rig.Request(policy: policy);
        var plays = header.ToList().IndexOf("count_plays");
        var total = Total(plays < 0 ? "unique_known_users" : "count_plays", plays < 0 ? "1" : rows.Sum(r => long.Parse(r[plays], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
        switch (kind)
        {
            case "table":
                await using (var rig = new Rig().TableAnswers(Table(rows.Select(r => string.Join('|', r)), rows.Count, string.Join('|', header))).TotalAnswers(total))
                {
                    await rig.PullAsync(request: request);
                    return rig.Sink;
                }
            case "total":
                await using (var rig = new Rig().TotalAnswers(Total(string.Join('|', header), string.Join('|', rows[0]))))
                {
                    await rig.PullAsync(Rig.Spec(action: "total"), request);
                    return rig.Sink;
                }
            case "csv":
                await using (var service = new CsvService { Columns = [.. header], Rows = rows, })
                {
                    service.Total = _ => total;
                    service.File = _ => new ReportFile(service.AddressCalls.Last().Form["reportTitle"], [.. header], rows) { TotalLabels = [plays < 0 ? "unique_known_users" : "count_plays"], Totals = ["1"] };
                    await service.PullAsync(request: request);
                    return service.Rig.Sink;
                }
            case "custom-csv":
                await using (var rig = new Rig())
                {
                    rig.Server.Script = _ => ReportFile.Send(Encoding.UTF8.GetBytes("\uFEFF" + Csv(header, rows)));
                    await rig.PullAsync(new SourceSpec { Action = "custom-csv", Custom = "3007" }, request);
                    return rig.Sink;
                }
            default:
                await using (var bench = new MicroserviceBench())
                {
                    bench.Service.Files.Enqueue(BackgroundService.File(Csv(header, rows)));
                    await bench.PullAsync(request: bench.Request(policy: policy));
                    return bench.Rig.Sink;
                }
        }
    }

    private static string Csv(IReadOnlyList<string> header, List<string[]> rows) => string.Concat(rows.Prepend([.. header]).Select(r => string.Join(',', r) + "\n"));

    /// <summary>Cells of a row by name, those of the side map too.</summary>
    private static Dictionary<string, string?> Landed(CollectingSink sink, int row)
    {
        var cells = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var c = 0; c < sink.Schema!.Columns.Count; c++)
        {
            var name = sink.Schema.Columns[c].Name;
            if (name != "_extra") cells.Add(name, sink.Rows[row][c]);
            else if (sink.Rows[row][c] is { } json)
                foreach (var field in JsonDocument.Parse(json).RootElement.EnumerateObject()) cells.Add(field.Name, field.Value.GetString());
        }
        return cells;
    }

    // Rows as they are compared by targets: columns by name, the text of the side map as it is.
    private static IEnumerable<string> Lines(CollectingSink sink) =>
        sink.Rows.Select(r => string.Join('|', sink.Schema!.Columns.Select((c, i) => $"{c.Name}={r[i] ?? "NULL"}").Order(StringComparer.Ordinal)));

    private static (IReadOnlyList<string> Header, List<string[]> Rows) Make(Random random, string kind)
    {
        List<string> header = ["object_id"];
        header.AddRange(s_texts.Concat(s_counts).Where(_ => random.Next(4) > 0));
        // Renamed.
        for (var i = 1; i < header.Count; i++)
            if (random.Next(5) == 0) header[i] += "_v2";
        for (var i = random.Next(4); i > 0; i--) header.Add($"{Text(random, kind, 1)}{i}");
        var names = header.ToArray();
        random.Shuffle(names);
        var rows = Enumerable.Range(0, kind == "total" ? 1 : 1 + random.Next(40)).Select(row => names.Select(name =>
            name == "object_id" ? $"1_{row:0000}"
            : s_counts.Contains(name) ? random.Next(1000).ToString(CultureInfo.InvariantCulture)
            : random.Next(4) == 0 ? "" : Text(random, kind, random.Next(1, 60))).ToArray()).ToList();
        return (names, rows);
    }

    // What each surface carries as it is: delimiters are lost in tables, commas and quotes in custom files; names cannot hold quotes in files.
    private static string Text(Random random, string kind, int length)
    {
        var letters = kind is "table" or "total" && length > 1 ? "abcxyz019 é中\"\\/<>{}[]:,'\t" : "abcxyz019é中{}[]:/\\";
        var text = new StringBuilder("t");
        while (text.Length <= length) text.Append(letters[random.Next(letters.Length)]);
        return text.Append('t').ToString();
    }
}

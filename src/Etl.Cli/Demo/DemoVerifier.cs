using System.Text.Json;
using Etl.Cli.Composition;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Cli.Demo;

/// <summary>What the verification of one landed window found at one target.</summary>
/// <param name="Key">The window.</param>
/// <param name="Kind"><c>parquet</c> or <c>table</c>.</param>
/// <param name="Location">Where it looked.</param>
/// <param name="Rows">Rows found there.</param>
/// <param name="Difference">What differs from the truth; null when every value is equal.</param>
internal sealed record Verification(WindowKey Key, string Kind, string Location, int Rows, string? Difference);

/// <summary>Reads everything the demo landed and compares it with the sandbox's truth, value for value.</summary>
internal sealed class DemoVerifier(EtlHost host, TruthClient truth)
{
    public async Task<IReadOnlyList<Verification>> RunAsync(IReadOnlyList<JobDefinition> jobs, CancellationToken cancellation)
    {
        var ledger = await host.LedgerAsync(cancellation).ConfigureAwait(false);
        var found = new List<Verification>();
        foreach (var job in jobs)
        {
            var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
            foreach (var record in await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false))
            {
                if (record.LandedPull is null) continue;
                var source = job.Sources.Single(s => s.Name == record.Key.Source);
                var window = calendar.Parse(record.Key.Label);
                var expected = await truth.RowsAsync(source.Report!, window, calendar.TimeZoneOffsetMinutes(window), cancellation).ConfigureAwait(false);
                foreach (var land in job.Land.Where(l => l.From == source.Name))
                    found.Add(await VerifyAsync(record, source, land, window, expected, cancellation).ConfigureAwait(false));
            }
        }
        return found;
    }

    private async Task<Verification> VerifyAsync(
        WindowRecord record, SourceSpec source, LandSpec land, Window window,
        IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> expected, CancellationToken cancellation)
    {
        var target = host.Targets.Create(land, severalAccounts: false);
        var location = target.Locate(record.Key, window);
        var report = EtlHost.Catalog.FindReport(source.Report!)!;
        var types = await TypesAsync(record, cancellation).ConfigureAwait(false);
        var rows = land switch
        {
            ParquetLandSpec => LandedRows.FromParquet(location),
            TableLandSpec table => await LandedRows.FromSqliteAsync(host.WarehousePath, table.Table, window.Label, types, cancellation).ConfigureAwait(false),
            _ => throw new InvalidOperationException($"The demo has no reader for '{target.Kind}'."),
        };
        var difference = source.Action == "total"
            ? TotalsDifference(report, expected, rows)
            : RowComparer.Difference(expected, rows, types, source.Delimiter);
        return new Verification(record.Key, target.Kind, location, rows.Count, difference);
    }

    /// <summary>The types that the published pull had, from the ledger.</summary>
    private async Task<Dictionary<string, ColumnType>> TypesAsync(WindowRecord record, CancellationToken cancellation)
    {
        var ledger = await host.LedgerAsync(cancellation).ConfigureAwait(false);
        var pull = (await ledger.PullsAsync(record.Key, cancellation).ConfigureAwait(false)).Single(p => p.Pull == record.LandedPull);
        using var schema = JsonDocument.Parse(pull.SchemaJson);
        return schema.RootElement.EnumerateArray().ToDictionary(
            c => c.GetProperty("name").GetString()!, c => Enum.Parse<ColumnType>(c.GetProperty("type").GetString()!));
    }

    // A row of totals is true when each additive figure is the sum of the truth's rows.
    private static string? TotalsDifference(
        ReportType report, IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> truth, IReadOnlyList<Dictionary<string, object?>> landed)
    {
        if (landed.Count != 1) return $"1 row of totals expected, {landed.Count} landed";
        foreach (var name in report.Totals.Where(t => EtlHost.Catalog.Columns.GetValueOrDefault(t)?.Additivity == Additivity.Full))
        {
            var sum = truth.Sum(row => row.TryGetValue(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetDouble() : 0);
            var total = Convert.ToDouble(landed[0][name], System.Globalization.CultureInfo.InvariantCulture);
            if (Math.Abs(sum - total) > 1e-9 * Math.Max(1, Math.Abs(total))) return $"{name}: rows add up to {sum}, landed {total}";
        }
        return null;
    }
}

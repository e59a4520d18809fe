using System.Diagnostics;
using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Landing.Exports;
using Etl.Landing.Exports.Delivery;
using Etl.Landing.Exports.Profiles;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Exports;

namespace Etl.Testing.Crash;

/// <summary>Exports leads in a process of its own, to be killed or measured.</summary>
public static class Exporting
{
    /// <summary>People of a night.</summary>
    public const int People = 60;

    /// <summary>The leads after some nights.</summary>
    public static ChangingLeads After(int seed, int nights)
    {
        var leads = new ChangingLeads(seed, People);
        for (var night = 0; night < nights; night++) leads.Pass();
        return leads;
    }

    /// <summary>Exports the leads of a night; prints how it ended.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="seed">Of the leads.</param>
    /// <param name="night">How many nights passed.</param>
    /// <param name="to">Where it is delivered: a folder, <c>store:</c> and the folder of a store, or <c>post:</c> and an address.</param>
    public static async Task<IReadOnlyList<ExportOutcome>> RunAsync(string data, int seed, int night, string to)
    {
        var leads = After(seed, night);
        var isStore = to.StartsWith("store:", StringComparison.Ordinal);
        DeliverySpec deliver = isStore ? new StoreDelivery("lake") : to.StartsWith("post:", StringComparison.Ordinal) ? new WebhookDelivery("crm", Batch: 20) : new FolderDelivery(to);
        string? Setting(string name) => name switch
        {
            "ETL_STORE_LAKE" when isStore => "local:" + to["store:".Length..],
            "ETL_WEBHOOK_CRM" when !isStore => to["post:".Length..],
            "ETL_WEBHOOK_CRM_SECRET" => "a secret of 24 characters",
            _ => null,
        };
        return await RunAsync(data, new FakeJoiner(leads.Table), ExportJobs.Export() with { Deliver = deliver }, TimeProvider.System, Setting);
    }

    /// <summary>A million leads, then the same with some changes: prints the seconds of processor time of both and the peak of memory in MB.</summary>
    public static async Task LargeAsync(string data, int rows)
    {
        var changed = false;
        var joiner = new FakeJoiner(() => new ManyLeads(rows, changed));
        var figures = new List<double>();
        foreach (var expected in (long[])[rows, rows / 10])
        {
            var before = Processor();
            var outcome = (await RunAsync(data, joiner, ExportJobs.Export("salesforce-lead"), TimeProvider.System)).Single();
            if (outcome.Fault is not null) throw outcome.Fault;
            if (outcome.Written!.Sent != expected) throw new InvalidOperationException($"{expected} rows should have been written, and {outcome.Written} were.");
            figures.Add((Processor() - before).TotalSeconds);
            changed = true;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figures[0]:0.00} {figures[1]:0.00} {Large.PeakMegabytes()}"));
    }

    private static TimeSpan Processor()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static async Task<IReadOnlyList<ExportOutcome>> RunAsync(string data, ILeadJoiner joiner, ExportSpec export, TimeProvider time, Func<string, string?>? settings = null)
    {
        Directory.CreateDirectory(data);
        await using var ledger = await SqliteLedger.OpenAsync(Path.Combine(data, "ledger.db"), default);
        using var places = new ExportPlaces(data, settings ?? (_ => null), ledger, time);
        return await new Exporter(data, joiner, new CrmProfiles(null), ledger, places, time).ExportAsync(ExportJobs.Job(export), full: false, default);
    }

    /// <summary>Leads that take no memory. Of ten one changes.</summary>
    private sealed class ManyLeads(int rows, bool changed) : ILeadTable
    {
        public IReadOnlyList<LeadColumn> Columns { get; } =
        [
            .. ((string[])["Email", "FirstName", "LastName", "Company", "Phone", "LeadSource", "Rating"]).Select(LeadRows.Text), new("Minutes__c", ColumnType.Int64), new("Score__c", ColumnType.Double),
            LeadRows.Text("Why__c"),
        ];

        public LeadCounts Counts => new(rows, rows, 0, 0, 0, 0, 0, 0);

        public string Inputs => changed ? "second" : "first";

        public IEnumerable<Lead> Read()
        {
            var cells = new LeadCell[10];
            for (var row = 0; row < rows; row++)
            {
                var minutes = row % 977 + (changed && row % 10 == 0 ? 1 : 0);
                string[] texts = [$"person{row}@example.com", "Jördis", $"Müller {row % 5000}", $"Firm {row % 9000}, Ltd", $"+49 30 {row + 1_000_000}", "Webinar", "Warm"];
                for (var i = 0; i < texts.Length; i++) cells[i] = LeadCell.Of(texts[i]);
                cells[7] = LeadCell.Of((long)minutes);
                cells[8] = LeadCell.Of(minutes * 1.25);
                cells[9] = LeadCell.Of($"minutes {minutes} x 1.25 = {minutes * 1.25}");
                yield return new Lead(row.ToString("x32", CultureInfo.InvariantCulture), cells);
            }
        }

        public void Dispose()
        {
        }
    }
}

using System.Globalization;
using Etl.Core.Exports;
using Etl.Testing.Exports;
using Microsoft.VisualBasic.FileIO;

namespace Etl.Landing.Tests.Exports;

/// <summary>Thirty nights with failures in between: what was accepted adds up to the full truth, and nothing comes twice unchanged.</summary>
public sealed class NightsTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    public async Task Accepted_files_of_thirty_nights_add_up_to_the_full_truth(int seed, bool atOnce)
    {
        await using var bench = await ExportBench.StartAsync();
        var leads = new ChangingLeads(seed, people: 80);
        var random = new Random(seed);
        var receiver = bench.Folder["receiver"];
        bench.Export = ExportJobs.Export() with { Deliver = new FolderDelivery(receiver), AcceptAtOnce = atOnce };
        bench.Leads = leads.Table;

        // What the receiver has of each person after all accepted files, and the same after each of them.
        var has = new Dictionary<string, string>(StringComparer.Ordinal);
        var presentAt = new Dictionary<long, HashSet<string>>();
        var (failures, unacked, accepted) = (0, 0, 0);
        var taken = 0L;
        for (var night = 1; night <= 30; night++)
        {
            leads.Pass();
            bench.Clock.Advance(TimeSpan.FromDays(1));
            // The last nights are quiet, so that the end can be compared.
            var trouble = night < 29 ? random.Next(4) : 0;
            if (trouble == 1)
            {
                // The receiver is dead: a file stands where its folder should be.
                failures++;
                var away = receiver + ".away";
                if (Directory.Exists(receiver)) Directory.Move(receiver, away);
                File.WriteAllText(receiver, "");
                var last = (await bench.RunAllAsync())[^1];
                Assert.NotNull(last.Fault);
                File.Delete(receiver);
                if (Directory.Exists(away)) Directory.Move(away, receiver);
                continue;
            }
            if (trouble == 2)
            {
                // A crash in the middle of the rows.
                failures++;
                bench.Leads = () => new Breaking(leads.Table());
                await Assert.ThrowsAsync<InvalidOperationException>(() => bench.RunAllAsync());
                bench.Leads = leads.Table;
                Assert.Empty(bench.Temporaries());
                continue;
            }
            foreach (var outcome in await bench.RunAllAsync()) Assert.Null(outcome.Fault);
            if (!atOnce && trouble == 3)
            {
                unacked++;
                continue;
            }
            if (!atOnce && (await bench.Store.ExportsAsync("crm", "leads", 0, default)).Any(r => r.State == ExportState.Delivered)) await bench.Exporter.AcceptAsync("crm", "leads", null, default);

            foreach (var record in (await bench.Store.ExportsAsync("crm", "leads", taken + 1, default)).Where(r => r.State == ExportState.Accepted))
            {
                accepted++;
                taken = record.Sequence;
                var path = Path.Combine(receiver, record.File);
                Assert.True(File.Exists(path + ".ok"));
                foreach (var cells in Rows(path))
                {
                    var row = string.Join('|', cells);
                    // Somebody who left and came back as before is new again; everybody else must have changed.
                    if (presentAt.GetValueOrDefault(presentAt.Keys.DefaultIfEmpty().Max())?.Contains(cells[0]) == true) Assert.NotEqual(has.GetValueOrDefault(cells[0]), row);
                    has[cells[0]] = row;
                }
                presentAt[record.Sequence] = [.. leads.Truth.Keys];
            }
        }
        Assert.True(failures >= 5 && accepted >= 8 && (atOnce || unacked >= 2), $"Too quiet: {failures} failures, {unacked} not acknowledged, {accepted} accepted.");
        foreach (var (email, cells) in leads.Truth) Assert.Equal(string.Join('|', cells), has.GetValueOrDefault(email));
        // And there is nothing more to say.
        Assert.Null((await bench.RunAsync()).Record);
        Assert.Empty(bench.Temporaries());
    }

    private static IEnumerable<string[]> Rows(string path)
    {
        using var parser = new TextFieldParser(path) { TextFieldType = FieldType.Delimited, HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        parser.SetDelimiters(",");
        _ = parser.ReadFields();
        while (parser.ReadFields() is { } cells) yield return cells;
    }

    /// <summary>Leads whose reading breaks off.</summary>
    private sealed class Breaking(ILeadTable inner) : ILeadTable
    {
        public IReadOnlyList<LeadColumn> Columns => inner.Columns;

        public LeadCounts Counts => inner.Counts;

        public string Inputs => inner.Inputs;

        public IEnumerable<Lead> Read()
        {
            foreach (var lead in inner.Read().Take(30)) yield return lead;
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The power fails after 30 leads."));
        }

        public void Dispose() => inner.Dispose();
    }
}

using System.Text;
using Etl.Core.Exports;
using Etl.Landing.Exports;
using Etl.Landing.Exports.Delivery;
using Etl.Landing.Exports.Profiles;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing;
using Etl.Testing.Exports;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports;

/// <summary>An exporter over leads that a test sets, with a ledger and a folder of its own.</summary>
internal sealed class ExportBench : IAsyncDisposable
{
    private readonly Dictionary<string, string?> _settings = [];
    private readonly SqliteLedger _ledger;
    private readonly ExportPlaces _places;

    private ExportBench(SqliteLedger ledger, TempFolder folder)
    {
        (_ledger, Folder) = (ledger, folder);
        Joiner = new FakeJoiner(() => Leads?.Invoke());
        _places = new ExportPlaces(folder.Path, _settings.GetValueOrDefault, ledger, Clock) { WaitAfter = tries => { Waits.Add(tries); return TimeSpan.Zero; } };
    }

    public TempFolder Folder { get; }
    public FakeClock Clock { get; } = new(new DateTimeOffset(2026, 11, 20, 2, 15, 0, TimeSpan.Zero));
    public FakeJoiner Joiner { get; }
    public Func<ILeadTable>? Leads { get; set; }
    public ExportSpec Export { get; set; } = ExportJobs.Export();
    public IExportStore Store => _ledger;
    public List<int> Waits { get; } = [];
    public ICrmProfiles Profiles => new CrmProfiles(Folder["jobs"]);
    public Exporter Exporter => new(Folder.Path, Joiner, Profiles, _ledger, _places, Clock);

    /// <summary>The export's folder.</summary>
    public string Here => Folder[Path.Combine("exports", "crm", "leads")];

    public static async Task<ExportBench> StartAsync()
    {
        var folder = new TempFolder();
        return new ExportBench(await SqliteLedger.OpenAsync(folder["ledger.db"], default), folder);
    }

    public void Set(string name, string? value) => _settings[name] = value;

    /// <summary>Leads with an e-mail address and a company each.</summary>
    public void Have(string inputs, params (string Email, string? Company)[] leads) => Leads = () => new LeadRows(
        [LeadRows.Text("Email"), LeadRows.Text("Company")],
        leads.ToDictionary(l => l.Email, l => new[] { LeadCell.Of(l.Email), LeadRows.Cell(l.Company) }), inputs);

    /// <summary>Exports; there is one outcome.</summary>
    public async Task<ExportOutcome> RunAsync(bool full = false) => Assert.Single(await RunAllAsync(full));

    public Task<IReadOnlyList<ExportOutcome>> RunAllAsync(bool full = false) => Exporter.ExportAsync(ExportJobs.Job(Export), full, default);

    /// <summary>Text of a made file.</summary>
    public string Text(ExportOutcome outcome) => File.ReadAllText(Path.Combine(Here, outcome.Record!.File), Encoding.UTF8);

    /// <summary>Names of finished files in a folder, in order.</summary>
    public static IReadOnlyList<string> Finished(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(f => f[0] != '.').Order(StringComparer.Ordinal)];

    /// <summary>Temporary files that are left anywhere.</summary>
    public IReadOnlyList<string> Temporaries() => [.. Folder.Files().Where(f => f.EndsWith(".part", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        _places.Dispose();
        await _ledger.DisposeAsync();
        Folder.Dispose();
    }
}

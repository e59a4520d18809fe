using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads <c>accounts:</c> of a source: a list, or the report that lists them.</summary>
internal sealed class AccountsReader(ICatalog catalog, FaultList faults)
{
    private static readonly string[] s_keys = ["report", "except"];

    /// <summary>The source with its accounts.</summary>
    public SourceSpec Read(SourceSpec spec, MapFields source) => source.Find("accounts")?.Value is YamlMap map
        ? spec with { AccountsFrom = From(map) }
        : spec with { Accounts = source.UniqueTexts("accounts", FaultOf) };

    private static string? FaultOf(string item) =>
        Names.IsAccount(item) ? null : $"'{item}' is not an account id. Expected a positive number without leading zeros.";

    private AccountReport? From(YamlMap map)
    {
        var fields = new MapFields(map, "a map of accounts", s_keys, faults);
        fields.Require("report", "Write the report that lists them, such as 'accounts: { report: 42 }'.");
        var except = fields.UniqueTexts("except", FaultOf);
        if (fields.Text("report") is not { } text) return null;
        if (catalog.FindReport(text) is { AccountColumn: not null } report) return new AccountReport(report.Id, except);
        var lists = catalog.Reports.Where(r => r.AccountColumn is not null).Select(r => $"{r.Id} ({r.Name})").ToList();
        faults.At(fields.Find("report")!.Value, $"'{text}' is not a report that lists accounts.{(lists.Count == 0 ? "" : $" Those are {string.Join(", ", lists)}.")}");
        return null;
    }
}

using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Pipeline.Jobs;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Job files. Faults are listed with their places, never thrown. A part of a job may be a job, so there is no prefix rule.</summary>
internal sealed class JobTarget : FuzzTarget
{
    private static readonly KalturaSourceRules s_rules = new(KalturaCatalog.Shared);

    public override string Name => "job";

    public override IReadOnlyList<string> Words { get; } =
    [
        "job: a\n", "source: ", "sources:\n", "  report: 38\n", "TOP_CONTENT_CREATOR", "action: table", "filter: {", "}", "[", "]", "window: ", "every: day", "timezone: UTC", "lookback: 3", "settle: 2h", "land:\n  - ", "parquet: {", "table: ",
        "connection: warehouse", "key: [_window]", "mode: merge", "csv: ", "audit: ", "checks: ", "totals: hold", "schedule: { cron: \"15 2 * * *\" }", "schema: evolve", "freeze: off", "pii: ", "alerts: ", "hooks: due", "derive:\n", "*a", "&a ", "!!str ",
        "---\n", "...\n", "\t", "  ", "\n", "\r\n", ": ", "- ", "? ", "| \n", "> \n", "\"", "'", "#", "%YAML 1.1\n", "<<: ", "null", "~", "{a: b}", ",", "\u2028", "\uFEFF", "\0", "@", "`",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.JobShapes.All();

    public override IEnumerable<(string Name, byte[] Bytes)> Elsewhere() => Seeds.JobShapes.OfTheRepository();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        const string Job = "job: a\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: a } } ]\n";
        yield return ("about", n => Utf8(Job + "about: " + string.Concat(Enumerable.Repeat("word ", n / 5))));
        yield return ("about in quotes", n => Utf8(Job + "about: \"" + string.Concat(Enumerable.Repeat("\\n", n / 2)) + "\""));
        yield return ("about in lines", n => Utf8(Job + "about: |\n" + string.Concat(Enumerable.Repeat("  line\n", n / 7))));
        yield return ("landings", n => Utf8("job: a\nsource: { report: 38, action: table }\nland:\n" + string.Concat(Enumerable.Range(0, n / 40).Select(i => $"  - parquet: {{ dataset: d{i} }}\n"))));
        yield return ("list", n => Utf8("job: [" + string.Concat(Enumerable.Repeat("a, ", n / 3)) + "]"));
        yield return ("keys", n => Utf8(string.Concat(Enumerable.Range(0, n / 10).Select(i => $"k{i}: 1\n"))));
        yield return ("brackets", n => Utf8("job: " + new string('[', n)));
        yield return ("braces", n => Utf8("job: " + new string('{', n)));
        yield return ("dashes", n => Utf8(string.Concat(Enumerable.Repeat("- ", n / 2))));
        yield return ("indents", n => Utf8(string.Concat(Enumerable.Range(0, (int)Math.Sqrt(n * 2)).Select(i => new string(' ', i) + "a:\n"))));
        yield return ("comments", n => Utf8(string.Concat(Enumerable.Repeat("# a\n", n / 4)) + Job));
        yield return ("quote that stays open", n => Utf8("job: \"" + string.Concat(Enumerable.Repeat("a\n ", n / 3))));
        yield return ("anchors", n => Utf8("job: [" + string.Concat(Enumerable.Range(0, n / 8).Select(i => $"&a{i} x, ")) + "]"));
        yield return ("faults", n => Utf8(Job + "alerts:\n" + string.Concat(Enumerable.Repeat("  - { on: x }\n", n / 14))));
    }

    public override Verdict Read(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var set = JobFileReader.Parse(text, "a.yaml", KalturaCatalog.Shared, s_rules);
        if (set.Jobs.Count + set.Faults.Count == 0) throw new ViolationException("Neither a job nor a fault was found.");
        if (set.Jobs.Count > 0 && set.Faults.Count > 0) throw new ViolationException("A job with faults was accepted.");
        foreach (var fault in set.Faults)
            if (fault.Message.Length is < 5 or > 700 || fault.Message.Any(char.IsControl) || fault.Line < 0 || fault.Column < 0) throw new ViolationException($"A fault is told badly: '{fault}'.");
        return set.Jobs.Count > 0 ? Verdict.Accepted(set.Jobs[0].Name) : Verdict.Refused("job");
    }
}

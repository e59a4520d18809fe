using Etl.Core.Exports;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Landing.Tests.Exports.Joining;

/// <summary>The join gives the leads that a plain model gives, whatever rows landed.</summary>
public sealed class LeadPropertyTests
{
    private static readonly string[] s_sources = ["people", "clicks", "plays"];

    private static readonly Gen<string?> s_mail = Gen.Elements(
        null, "", "Unknown", "Error", "none", "a@x.com", " A@X.com", "b@x.com", "B@x.COM ", "c@y.org", "d@y.org", "e@our.com", "f@dev.our.com", "g@your.com", "h@x.com");

    private static readonly Gen<string?> s_user = Gen.Elements(null, "", " ", "Unknown", "u1", " u1 ", "U1", "u2", "u3", "u4", "u5", "x@our.com");

    private static readonly Gen<ModelRow> s_row =
        from source in Gen.Choose(0, 2)
        from day in Gen.Choose(1, 4)
        from mail in s_mail
        from user in s_user
        from city in Gen.Elements(null, "", "Rome", "Oslo", "Bonn")
        from points in Gen.Elements<long?>(null, 0, 1, 7, -3)
        from ok in Gen.Frequency((3, Gen.Constant<string?>("yes")), (1, Gen.Elements(null, "", "no", "maybe")))
        select new ModelRow(source, $"2026-11-0{day}", 0, mail, user, city, points, ok);

    private static readonly Gen<(ModelRow[] Rows, LeadBy By, DuplicateRule Rule)> s_case =
        from rows in Gen.ListOf(s_row)
        from kind in Gen.Elements(LeadBy.Email, LeadBy.User)
        from rule in Gen.Elements(DuplicateRule.Latest, DuplicateRule.First)
        select (rows.Select((r, i) => r with { Order = i }).ToArray(), kind, rule);

    [Fact]
    public void Leads_are_those_of_the_model() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(60),
        Prop.ForAll(s_case.ToArbitrary(), c => Compare(c.Rows, c.By, c.Rule).GetAwaiter().GetResult()));

    private static async Task Compare(ModelRow[] rows, LeadBy by, DuplicateRule rule)
    {
        using var bench = new LeadBench();
        Directory.CreateDirectory(bench.Folder["jobs"]);
        await File.WriteAllTextAsync(bench.Folder["jobs/no.txt"], "B@x.com\nu3\n");
        // Landed in an order that is none.
        foreach (var window in rows.GroupBy(r => (r.Source, r.Label)).OrderBy(g => g.Key.Label[^1] * 7 % 5).ThenBy(g => g.Key.Source))
            await bench.LandAsync(
                "leads", s_sources[window.Key.Source], window.Key.Label, "mail,user,city,points:Int64,ok",
                [.. window.Select(r => new object?[] { r.Mail, r.User, r.City, r.Points, r.Ok })]);
        var export = Export(by, rule);
        var (lines, counts) = new LeadModel(export, rows).Leads();

        using var table = await bench.JoinAsync(export);
        var joined = LeadBench.Lines(table);

        Assert.Equal(lines, joined.Order(StringComparer.Ordinal));
        Assert.Equal(counts, table.Counts);
        // And again the same, in the same order.
        using var again = await bench.JoinAsync(export);
        Assert.Equal(joined, LeadBench.Lines(again));
        Assert.Equal(table.Read().Select(l => l.Key), again.Read().Select(l => l.Key));
    }

    private static ExportSpec Export(LeadBy by, DuplicateRule rule) => LeadBench.Spec(
        [new("people", "mail", "user"), new("clicks", "mail", null), new("plays", null, "user")],
        ("Own", new LeadValue(by == LeadBy.Email ? LeadField.Email : LeadField.User)),
        ("Other", new LeadValue(by == LeadBy.Email ? LeadField.User : LeadField.Email)),
        ("City", new SourceValue("people", "city")),
        ("Town", new SourceValue("clicks", "city")),
        ("Points", new MeasureValue("points")),
        ("Romans", new MeasureValue("romans")),
        ("Least", new MeasureValue("least")),
        ("Most", new MeasureValue("most"))) with
    {
        By = by,
        Duplicates = rule,
        Measures =
        [
            new("points", MeasureKind.Sum, "clicks", "points"), new("romans", MeasureKind.Count, "clicks", null) { Where = ("city", ["Rome"]) },
            new("least", MeasureKind.Min, "clicks", "points"), new("most", MeasureKind.Max, "clicks", "points"),
        ],
        Leave = new LeadFilter { Domains = ["our.com"], Suppression = "no.txt", Consent = new SourceValue("people", "ok") },
    };
}

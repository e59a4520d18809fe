using System.Globalization;
using System.Text;
using Etl.Core.Checks;
using Etl.Core.Columns;

namespace Etl.Landing.Audit.Report;

/// <summary>
/// The report of a snapshot for people: one HTML file without script or anything to load, that prints well. The same pull gives the same bytes. It tells no more of
/// people than the rows that landed do.
/// </summary>
internal static class HtmlReport
{
    /// <summary>The most places that are listed.</summary>
    private const int MostPlaces = 40;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    public static byte[] Write(ReportFacts facts)
    {
        var page = new Html();
        page.Raw("<!doctype html>").Raw("<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Raw($"<title>{Html.Escape($"{facts.Job.Name}, {facts.Order.Key.Label}: audit report")}</title>")
            .Raw($"<style>\n{ReportStyle.Css}\n</style></head><body>");
        Head(page, facts);
        Watched(page, facts.Rows);
        Completion(page, facts.Rows);
        Places(page, facts.Rows);
        Totals(page, facts);
        Obtained(page, facts);
        Checked(page, facts);
        Files(page, facts);
        page.Raw($"<p class=\"foot\">{Html.Escape($"Written by etl {facts.Version} from pull {facts.Record.Pull}. This file is part of the snapshot, and its hash stands in the signed manifest.")}</p>");
        page.Raw("</body></html>");
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private static void Head(Html page, ReportFacts facts)
    {
        var (key, window, record) = (facts.Order.Key, facts.Order.Window, facts.Record);
        page.Raw("<header><p class=\"kicker\">Audit snapshot</p>");
        page.Raw($"<h1>{Html.Escape($"{facts.Job.Name}, {key.Label}")}</h1>");
        if (facts.Job.About.Length > 0) page.Paragraph(facts.Job.About, "about");
        page.Raw("</header>");
        List<(string, string)> figures = [("Rows", Whole(facts.Rows.Rows))];
        if (facts.Rows.Columns.People.Count > 0) figures.Add(("People", Whole(facts.Rows.People)));
        if (facts.Rows.Columns.Content.Count > 0) figures.Add(("Titles", Whole(facts.Rows.Content)));
        if (facts.Rows.Columns.Plays >= 0) figures.Add(("Plays", Sum(facts, facts.Rows.Columns.Plays)));
        if (facts.Rows.Columns.Minutes >= 0) figures.Add(("Minutes watched", Sum(facts, facts.Rows.Columns.Minutes)));
        page.Facts(figures.Where(f => f.Item2.Length > 0), "figures");
        page.Facts(
        [
            ("Window", $"{key.Label} ({window.Unit.ToString().ToLowerInvariant()}, {facts.Job.Window.TimeZone})"),
            ("From (UTC)", Time(window.From)),
            ("To (UTC, not included)", Time(window.To)),
            ("Account", key.Account),
            ("Service", facts.Service.Length > 0 ? facts.Service : "not recorded"),
            ("Source", key.Source),
            ("Pulled (UTC)", $"{Time(record.StartedAt)} to {Time(record.EndedAt)}"),
            ("Pull", record.Pull),
        ]);
    }

    private static void Watched(Html page, ReportRows rows)
    {
        page.Heading(rows.Columns.Title);
        if (rows.Rows == 0)
        {
            page.Paragraph("The service has no rows for this window.");
            return;
        }
        var listed = rows.Listed();
        var about = rows.Rows > listed.Count
            ? string.Create(s_invariant, $"The first {listed.Count:#,0} of {rows.Rows:#,0} rows in the order of their labels. All rows are in rows.parquet.")
            : string.Create(s_invariant, $"All {rows.Rows:#,0} rows.");
        var headers = rows.Headers;
        int[] numbers = [.. Enumerable.Range(0, headers.Count).Where(i => headers[i].Role == ColumnRole.Metric)];
        page.Table(about, [.. headers.Select(h => h.Name == "name" && rows.Columns.People.Count > 0 ? "User" : Label(h.Name))], listed.Select(r => (IReadOnlyList<string>)[.. r.Select((c, i) => numbers.Contains(i) ? Pretty(c) : c)]), numbers);
    }

    private static void Completion(Html page, ReportRows rows)
    {
        string[] quarters = ["25 %", "50 %", "75 %", "100 %"];
        if (rows.Columns.Quartiles.Count == 4)
        {
            page.Heading("Completion");
            var plays = rows.Quartiles.Max();
            page.Bars("Plays that reached each quarter of the content.", quarters.Select((q, i) => ($"reached {q}", rows.Quartiles[i], Whole(rows.Quartiles[i]))), plays);
        }
        // Where rows are people, how far each of them got says more than plays do; where they are places it says nothing.
        if (rows.Bands.Sum() is > 0 and var known && (rows.Columns.Quartiles.Count != 4 || rows.Columns.People.Count > 0))
        {
            if (rows.Columns.Quartiles.Count != 4) page.Heading("Completion");
            string[] bands = ["below 25 %", "25 % to below 50 %", "50 % to below 75 %", "75 % to below 100 %", "100 %"];
            page.Bars(
                $"Rows by how far they were watched{(known < rows.Rows ? $"; {Whole(rows.Rows - known)} rows do not say" : "")}.",
                bands.Select((b, i) => (b, (double)rows.Bands[i], string.Create(s_invariant, $"{rows.Bands[i]:#,0} ({(double)rows.Bands[i] / known * 100:0.#} %)"))), known);
        }
    }

    private static void Places(Html page, ReportRows rows)
    {
        if (rows.Columns.Places.Count == 0 || rows.Rows == 0) return;
        page.Heading("Geographic spread");
        var places = rows.Places();
        var (plays, minutes) = (rows.Columns.Plays >= 0, rows.Columns.Minutes >= 0);
        double Weight(Place place) => plays ? place.Plays : place.Rows;
        var about = string.Create(s_invariant, $"{places.Count:#,0} place{(places.Count == 1 ? "" : "s")}, by {(plays ? "plays" : "rows")}{(minutes ? ", with minutes watched" : "")}{(places.Count > MostPlaces ? $"; the first {MostPlaces}" : "")}.");
        page.Bars(about, places.Take(MostPlaces).Select(p => (p.Name, Weight(p), minutes ? $"{Whole(Weight(p))} ({Pretty(CanonicalNumber(p.Minutes))} min)" : Whole(Weight(p)))), places.Sum(Weight));
    }

    private static void Totals(Html page, ReportFacts facts)
    {
        if (facts.Sums.Count == 0) return;
        page.Heading("Totals");
        var totals = facts.Proof.Totals;
        page.Table(
            "Sums of the rows above, and what the service itself gives as the total of the same request.",
            ["Figure", "Sum of the rows", "Total of the service"],
            facts.Sums.Select(s => (IReadOnlyList<string>)[Label(s.Column), Pretty(s.Sum), totals?.TryGetValue(s.Column, out var total) == true ? Pretty(CanonicalNumber(total)) : "none"]),
            [1, 2]);
    }

    private static void Obtained(Html page, ReportFacts facts)
    {
        page.Heading("How the numbers were obtained");
        page.List(ProofWords.Of(facts.Proof));
        if (facts.Requests.Count > 0)
            page.Table("What was asked. The exact requests, without credentials, and the hash of each reply are in raw/replies.jsonl.", ["Request", "Times"], facts.Requests.Select(r => (IReadOnlyList<string>)[r.What, Whole(r.Times)]), [1], [0]);
        if (facts.Changes is { } changes) page.Paragraph(changes);
    }

    private static void Checked(Html page, ReportFacts facts)
    {
        page.Heading("How they were checked");
        page.Table(
            "Every pull is checked before it lands. A pull that is held lands only when a person releases it.",
            ["Check", "Verdict", "What it found"],
            facts.Record.Checks.Select(c => (IReadOnlyList<string>)[c.Name, c.Verdict switch { Verdict.Pass => "passed", Verdict.Warn => "warned", Verdict.Hold => "held, then released", _ => "not asked" }, c.Detail]));
        if (facts.Record.Quarantined > 0)
            page.Paragraph(string.Create(s_invariant, $"{facts.Record.Quarantined:#,0} row{(facts.Record.Quarantined == 1 ? "" : "s")} of the service could not be read as typed data and did not land. They are not counted above; the replies in raw/ hold them."));
    }

    private static void Files(Html page, ReportFacts facts)
    {
        page.Heading("Files and how to verify them");
        page.Table("Files of this snapshot beside this report.", ["File", "Bytes", "SHA-256"], facts.Files.Select(f => (IReadOnlyList<string>)[f.Path, Whole(f.Bytes), f.Sha256]), [1], [0, 2]);
        page.Facts(
        [
            ("Content hash (rows in any order)", facts.Record.ContentHash),
            ("SHA-256 of the job's text", facts.Job.TextHash.Length > 0 ? facts.Job.TextHash : "not recorded"),
        ]);
        page.Paragraph("manifest.json, one folder above, lists every file with its hash and is signed. With nothing but standard tools, in the folder of the snapshot and with the public key that you were given by another way than this folder:");
        page.Raw("<pre>openssl dgst -sha256 -verify KEY.pem -signature manifest.sig manifest.json\nsha256sum files/rows.parquet</pre>");
        page.Paragraph("'etl audit verify DIR --key KEY.pem' checks the whole log: every file, every signature, the order of all snapshots and that none is missing. What a snapshot shows is what this tool recorded; it cannot show that the service's own figures were right.", "small");
    }

    private static string Sum(ReportFacts facts, int column)
    {
        // A figure that may not be added has no sum to show.
        var name = facts.Rows.Columns.NameOf(column);
        return facts.Sums.FirstOrDefault(s => s.Column == name).Sum is { } sum ? Pretty(sum, "#,0.#") : "";
    }

    // What people call the figures that most reports have; any other goes by its own name.
    private static string Label(string column) => column switch
    {
        "user_id" or "kuser_id" => "User",
        "full_name" or "user_full_name" or "user_name" => "Name",
        "entry_id" or "Entry Id" => "Entry",
        "entry_name" or "Entry Name" => "Title",
        "country" or "country.name" => "Country",
        "count_plays" or "plays" or "play" => "Plays",
        "sum_time_viewed" or "view_time" => "Minutes watched",
        "total_completion_rate" => "Completion (%)",
        "avg_completion_rate" => "Average completion (%)",
        "avg_view_drop_off" => "Average share watched",
        "unique_viewers" or "unique_known_users" => "Viewers",
        "count_loads" => "Impressions",
        "count_plays_25" or "count_plays_50" or "count_plays_75" or "count_plays_100" => $"Plays that reached {column[12..]} %",
        _ => column.Replace('_', ' ') is { Length: > 0 } words ? char.ToUpperInvariant(words[0]) + words[1..] : column,
    };

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", s_invariant);

    private static string Whole(double number) => number.ToString("#,0", s_invariant);

    private static string CanonicalNumber(double number) => number.ToString("R", s_invariant);

    // Groups of thousands; parts of one to a thousandth. What is no plain number stays as it is.
    private static string Pretty(string number, string form = "#,0.###") =>
        decimal.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, s_invariant, out var value) ? value.ToString(form, s_invariant) : number;
}

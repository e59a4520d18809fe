using Etl.Core.Errors;
using Etl.Core.Exports;

namespace Etl.Landing.Tests.Exports.Joining;

public sealed class LeadJoinerTests : IDisposable
{
    private static readonly LeadValue s_email = new(LeadField.Email), s_user = new(LeadField.User);

    private readonly LeadBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private static ExportSpec People(params (string Header, ExportValue Value)[] columns) =>
        LeadBench.Spec([new ExportSource("people", "email", "user")], [("Email", s_email), .. columns]);

    private static ExportSpec Two(params (string Header, ExportValue Value)[] columns) =>
        LeadBench.Spec([new ExportSource("people", "email", "user"), new ExportSource("plays", null, "who")], [("Email", s_email), .. columns]);

    private Task People(string label, params object?[][] rows) => _bench.LandAsync("leads", "people", label, "email,user,city,seats:Int64", rows);

    private Task Plays(string label, params object?[][] rows) => _bench.LandAsync("leads", "plays", label, "who,minutes:Double,kind", rows);

    private async Task<LeadCounts> CountsAsync(ExportSpec export)
    {
        using var table = await _bench.JoinAsync(export);
        var counts = table.Counts;
        Assert.Equal(table.Read().LongCount(), counts.Leads);
        // Each row is of somebody, or of nobody and counted as such; each lead is there, or left out and counted as such.
        Assert.Equal(counts.Rows, counts.Anonymous + counts.Unresolved + counts.Merged + counts.Leads + counts.Internal + counts.Suppressed + counts.WithoutConsent);
        return counts;
    }

    [Fact]
    public async Task Spellings_of_one_address_are_one_lead()
    {
        await People("2026-11-01", ["Jane@Example.com", "u1", "Rome", 1], [" jane@example.com", "u1", null, 2], ["mailto:jane@example.com", null, null, 3], ["jane+x@example.com", null, "Oslo", 4]);

        Assert.Equal(["jane+x@example.com|Oslo", "jane@example.com|Rome"], await _bench.SortedAsync(People(("City", new SourceValue("people", "city")))));
        Assert.Equal(new LeadCounts(4, 2, 2, 0, 0, 0, 0, 0), await CountsAsync(People()));
    }

    [Fact]
    public async Task Rows_with_a_user_id_only_find_their_address_in_whichever_window_has_it()
    {
        await Plays("2026-11-01", ["u1", 2.5, "live"], ["u2", 1.0, "live"], ["u9", 4.0, "vod"]);
        await People("2026-11-02", ["jane@x.com", "u1", null, null]);
        await People("2026-11-05", ["joe@x.com", " u2 ", null, null]);
        var export = Two(("Minutes", new MeasureValue("minutes")), ("User", s_user)) with { Measures = [new LeadMeasure("minutes", MeasureKind.Sum, "plays", "minutes")] };

        Assert.Equal(["jane@x.com|2.5|u1", "joe@x.com|1|u2"], await _bench.SortedAsync(export));
        Assert.Equal(new LeadCounts(5, 2, 2, 0, 1, 0, 0, 0), await CountsAsync(export));
    }

    [Fact]
    public async Task Rows_of_nobody_and_rows_that_lead_nowhere_are_told_apart()
    {
        await People("2026-11-01", [null, null, null, null], ["", "", null, null], ["Unknown", "Error", null, null], ["  ", "Unknown", null, null], ["jane", null, null, null], ["jane@", "Unknown", null, null], [null, "u7", null, null]);

        Assert.Equal(new LeadCounts(7, 0, 0, 4, 3, 0, 0, 0), await CountsAsync(People()));
    }

    [Fact]
    public async Task Address_that_is_none_does_not_hide_a_user_id()
    {
        await People("2026-11-01", ["jane@x.com", "u1", null, null], ["n/a", "u1", "Rome", null]);

        Assert.Equal(["jane@x.com|Rome"], await _bench.LinesAsync(People(("City", new SourceValue("people", "city")))));
    }

    [Fact]
    public async Task Newest_window_with_a_value_decides_and_within_it_the_last_row()
    {
        await People("2026-11-03", ["a@x.com", null, null, null], ["b@x.com", null, "", 9]);
        await People("2026-11-02", ["a@x.com", null, "Rome", 1], ["a@x.com", null, "Oslo", 2], ["b@x.com", null, "Bonn", null]);
        await People("2026-11-01", ["a@x.com", null, "Lima", 3], ["b@x.com", null, "Kyiv", 4]);
        var export = People(("City", new SourceValue("people", "city")), ("Seats", new SourceValue("people", "seats")));

        Assert.Equal(["a@x.com|Oslo|2", "b@x.com|Bonn|9"], await _bench.SortedAsync(export));
        Assert.Equal(["a@x.com|Lima|3", "b@x.com|Kyiv|4"], await _bench.SortedAsync(export with { Duplicates = DuplicateRule.First }));
    }

    [Fact]
    public async Task One_user_with_two_addresses_goes_to_the_newest_one()
    {
        await People("2026-11-01", ["old@x.com", "u1", null, null]);
        await People("2026-11-02", ["new@x.com", "u1", null, null]);
        await Plays("2026-11-01", ["u1", 3.0, "vod"]);
        var export = Two(("Minutes", new MeasureValue("minutes"))) with { Measures = [new LeadMeasure("minutes", MeasureKind.Sum, "plays", "minutes")] };

        Assert.Equal(["new@x.com|3", "old@x.com|0"], await _bench.SortedAsync(export));
        Assert.Equal(["new@x.com|0", "old@x.com|3"], await _bench.SortedAsync(export with { Duplicates = DuplicateRule.First }));
    }

    [Fact]
    public async Task First_source_that_says_who_somebody_is_decides()
    {
        await _bench.LandAsync("leads", "vip", "2026-11-01", "mail,id", ["vip@x.com", "u1"]);
        await People("2026-11-02", ["people@x.com", "u1", null, null]);
        await Plays("2026-11-02", ["u1", 3.0, "vod"]);
        var export = LeadBench.Spec(
            [new ExportSource("vip", "mail", "id"), new ExportSource("people", "email", "user"), new ExportSource("plays", null, "who")],
            ("Email", s_email), ("Plays", new MeasureValue("n"))) with { Measures = [new LeadMeasure("n", MeasureKind.Count, "plays", null)] };

        Assert.Equal(["people@x.com|0", "vip@x.com|1"], await _bench.SortedAsync(export));
        Assert.Equal(["people@x.com|1", "vip@x.com|0"], await _bench.SortedAsync(export with { Sources = [export.Sources[1], export.Sources[0], export.Sources[2]] }));
    }

    [Fact]
    public async Task By_user_a_row_with_an_address_only_finds_its_user()
    {
        await People("2026-11-01", ["Jane@x.com", "u1", "Rome", 1], ["jane@x.com", null, null, 5], [null, "U1", "Oslo", 7], ["stray@x.com", null, null, 1]);
        var export = LeadBench.Spec(
            [new ExportSource("people", "email", "user")], ("User", s_user), ("Email", s_email), ("Seats", new MeasureValue("seats")))
            with { By = LeadBy.User, Measures = [new LeadMeasure("seats", MeasureKind.Sum, "people", "seats")] };

        Assert.Equal(["U1|-|7", "u1|jane@x.com|6"], await _bench.SortedAsync(export));
        Assert.Equal(new LeadCounts(4, 2, 1, 0, 1, 0, 0, 0), await CountsAsync(export));
    }

    [Fact]
    public async Task Measures_add_up_rows_that_match()
    {
        await People("2026-11-01", ["a@x.com", "u1", null, null], ["b@x.com", "u2", null, null]);
        await Plays("2026-11-01", ["u1", 0.1, "live"], ["u1", 0.2, "vod"], ["u1", null, "vod"], ["u1", 7.0, null]);
        await Plays("2026-11-04", ["u1", 0.3, "live"]);
        var export = Two([.. "sum live rows few most first last none".Split(' ').Select(m => (m, (ExportValue)new MeasureValue(m)))]) with
        {
            Measures =
            [
                new("sum", MeasureKind.Sum, "plays", "minutes"),
                new("live", MeasureKind.Sum, "plays", "minutes") { Where = ("kind", ["live", "LIVE"]) },
                new("rows", MeasureKind.Count, "plays", null) { Where = ("kind", ["vod", "live"]) },
                new("few", MeasureKind.Min, "plays", "minutes"),
                new("most", MeasureKind.Max, "plays", "minutes"),
                new("first", MeasureKind.Min, "plays", "_window"),
                new("last", MeasureKind.Max, "plays", "_window"),
                new("none", MeasureKind.Max, "plays", "kind") { Where = ("kind", ["other"]) },
            ],
        };

        Assert.Equal(["a@x.com|7.6|0.4|4|0.1|7|2026-11-01|2026-11-04|-", "b@x.com|0|0|0|-|-|-|-|-"], await _bench.SortedAsync(export));
    }

    [Fact]
    public async Task Sum_does_not_depend_on_the_order_of_rows()
    {
        double[] minutes = [1e16, 3.1, -1e16, 0.7, 1e-9, 12345.678];
        await Plays("2026-11-01", [.. minutes.Select(m => new object?[] { "u1", m, "x" })]);
        var export = LeadBench.Spec([new ExportSource("plays", null, "who")], ("Minutes", new MeasureValue("minutes")))
            with { By = LeadBy.User, Measures = [new LeadMeasure("minutes", MeasureKind.Sum, "plays", "minutes")] };
        var before = await _bench.LinesAsync(export);
        await Plays("2026-11-01", [.. minutes.Reverse().Select(m => new object?[] { "u1", m, "x" })]);

        Assert.Equal(before, await _bench.LinesAsync(export));
        Assert.Equal(["12349.478000001"], before);
    }

    [Fact]
    public async Task Numbers_that_came_as_text_are_summed_and_others_are_a_fault_that_names_them()
    {
        await _bench.LandAsync("leads", "polls", "2026-11-01", "mail,points", ["a@x.com", "3"], ["a@x.com", " 1.5 "], ["a@x.com", ""], ["a@x.com", null]);
        var export = LeadBench.Spec([new ExportSource("polls", "mail", null)], ("Points", new MeasureValue("points")))
            with { Measures = [new LeadMeasure("points", MeasureKind.Sum, "polls", "points")] };
        Assert.Equal(["4.5"], await _bench.LinesAsync(export));

        await _bench.LandAsync("leads", "polls", "2026-11-02", "mail,points", ["a@x.com", "many"]);
        var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(export));
        Assert.Equal("export-number", fault.Code);
        Assert.Equal(
            "Export 'leads' of job 'crm' cannot sum column 'polls.points': 'many' is no number, in window 'crm/polls/100/2026-11-02'. Leave such rows out with 'where', or measure another column. Nothing was written.",
            fault.Message);
    }

    [Fact]
    public async Task Sum_that_leaves_the_range_is_a_fault()
    {
        await People("2026-11-01", ["a@x.com", null, null, long.MaxValue], ["a@x.com", null, null, 1]);
        var export = People(("Seats", new MeasureValue("seats"))) with { Measures = [new LeadMeasure("seats", MeasureKind.Sum, "people", "seats")] };

        Assert.Equal("export-number", (await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(export))).Code);
    }

    [Theory]
    [InlineData("city", MeasureKind.Max, true, "asks for the weight of measure 'm', which is text and no number")]
    [InlineData("day", MeasureKind.Sum, false, "asks for the sum of 'people.day', which holds dates")]
    [InlineData("is_in", MeasureKind.Max, false, "asks for the max of 'people.is_in', which holds true or false")]
    [InlineData("day", MeasureKind.Min, true, "asks for the weight of measure 'm', which is dates and no number")]
    public async Task Measure_that_its_column_cannot_give_is_a_fault(string column, MeasureKind kind, bool weighted, string fault)
    {
        await _bench.LandAsync("leads", "people", "2026-11-01", "email,user,city,day:Date,is_in:Bool", ["a@x.com", null, "Rome", new DateOnly(2026, 11, 1), true]);
        var export = People(("M", new MeasureValue("m"))) with { Measures = [new LeadMeasure("m", kind, "people", column)], Score = weighted ? new ScoreSpec([new("m", 1)]) : null };

        Assert.Contains(fault, (await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(export))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_keep_their_types_and_a_column_whose_type_changed_is_widened()
    {
        await _bench.LandAsync("leads", "people", "2026-11-01", "email,user,day:Date,is_in:Bool,n:Int32,m:Int64", ["a@x.com", "u", new DateOnly(2026, 11, 1), true, 7, 8L]);
        await _bench.LandAsync("leads", "people", "2026-11-02", "email,user,n:Double,m", ["b@x.com", "u", 1.5, "x"]);
        var export = People([.. "day is_in n m".Split(' ').Select(c => (c, (ExportValue)new SourceValue("people", c))), ("C", new ConstantValue("Webinar"))]);

        Assert.Equal(["a@x.com|2026-11-01|true|7|8|Webinar", "b@x.com|-|-|1.5|x|Webinar"], await _bench.SortedAsync(export));
    }

    [Fact]
    public async Task Column_that_no_landed_row_has_is_a_fault_that_names_the_nearest()
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);

        var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People(("City", new SourceValue("people", "citty")))));
        Assert.Equal(("export-column", FaultKind.Usage), (fault.Code, fault.Kind));
        Assert.Equal(
            "Export 'leads' of job 'crm' names column 'people.citty', and no landed row of source 'people' has it. Did you mean 'city'? It has '_window', '_pull', '_pulled_at', 'email', 'user', 'city', 'seats'. Nothing was written.",
            fault.Message);
    }

    [Fact]
    public async Task Column_of_a_source_without_rows_is_not_judged()
    {
        await People("2026-11-01", ["a@x.com", "u1", null, null]);
        await _bench.LandAsync("leads", "plays", "2026-11-01", "nothing");

        Assert.Equal(["a@x.com|-|0"], await _bench.LinesAsync(
            Two(("Kind", new SourceValue("plays", "kind")), ("N", new MeasureValue("n"))) with { Measures = [new LeadMeasure("n", MeasureKind.Sum, "plays", "minutes")] }));
    }

    [Fact]
    public async Task Nothing_landed_is_a_table_without_leads()
    {
        Assert.Null(await _bench.Joiner.InputsAsync(_bench.Job, People(), default));
        using var table = await _bench.JoinAsync(People() with { Measures = [new LeadMeasure("n", MeasureKind.Count, "people", null)], Score = new ScoreSpec([new("n", 1)]) });
        Assert.Empty(table.Read());
        Assert.Equal(new LeadCounts(0, 0, 0, 0, 0, 0, 0, 0), table.Counts);
    }

    [Fact]
    public async Task Score_without_weights_or_with_one_of_no_measure_is_a_fault()
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);

        Assert.Contains("its score has no weights", (await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People() with { Score = new ScoreSpec([]) }))).Message, StringComparison.Ordinal);
        Assert.Contains("'n' is weighted and is no measure", (await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People() with { Score = new ScoreSpec([new("n", 1)]) }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leads_are_scored_among_those_that_are_not_left_out()
    {
        object?[][] Rows(string mail, int rows) => [.. Enumerable.Repeat(0, rows).Select(_ => new object?[] { mail, null, null, 2L })];
        await People("2026-11-01", [.. Rows("boss@our.com", 9), .. Rows("a@x.com", 3), .. Rows("b@x.com", 2), .. Rows("c@x.com", 1)]);
        var export = People(("Score", new LeadValue(LeadField.Score)), ("Tier", new LeadValue(LeadField.Tier)), ("Why", new LeadValue(LeadField.ScoreParts))) with
        {
            Measures = [new("rows", MeasureKind.Count, "people", null), new("seats", MeasureKind.Sum, "people", "seats")],
            Score = new ScoreSpec([new("seats", 0.5), new("rows", 10)]) { Hot = 0.34, Warm = 0.67, Population = 3 },
            Leave = new LeadFilter { Domains = ["our.com"] },
        };

        Assert.Equal(
            [
                "a@x.com|33|Hot|seats 6 x 0.5 = 3; rows 3 x 10 = 30",
                "b@x.com|22|Warm|seats 4 x 0.5 = 2; rows 2 x 10 = 20",
                "c@x.com|11|Cold|seats 2 x 0.5 = 1; rows 1 x 10 = 10",
            ],
            await _bench.SortedAsync(export));
        Assert.All(await _bench.LinesAsync(export with { Score = export.Score! with { Population = 4 } }), line => Assert.Equal("-", line.Split('|')[2]));
    }

    [Fact]
    public async Task Own_people_suppressed_ones_and_those_without_consent_are_left_out_and_counted()
    {
        Directory.CreateDirectory(_bench.Folder["jobs/lists"]);
        await File.WriteAllTextAsync(_bench.Folder["jobs/lists/no.txt"], "\ufeff# nobody of these\r\n  Gone@X.com \r\n@partner.org\r\n\r\nu66\r\nid@as.address\r\n");
        await _bench.LandAsync(
            "leads", "people", "2026-11-01", "email,user,ok",
            ["a@our.com", null, "yes"], ["b@dev.our.com", null, "yes"], ["c@notour.com", null, "YES"], ["gone@x.com", null, "yes"], ["d@sub.partner.org", null, "yes"],
            ["e@x.com", "u66", "yes"], ["f@x.com", "id@as.address", "1"], ["g@x.com", null, "no"], ["h@x.com", null, null], ["i@x.com", null, "opt-in"], ["j@x.com", "me@our.com", "true"]);
        await _bench.LandAsync("leads", "people", "2026-11-02", "email,user,ok", ["c@notour.com", null, ""], ["i@x.com", null, "No"], ["g@x.com", null, " True "]);
        var export = People() with
        {
            Leave = new LeadFilter { Domains = ["our.com"], Suppression = "lists/no.txt", Consent = new SourceValue("people", "ok") },
            Duplicates = DuplicateRule.First,
        };

        Assert.Equal(["c@notour.com", "g@x.com"], await _bench.SortedAsync(export));
        Assert.Equal(new LeadCounts(14, 2, 3, 0, 0, 3, 4, 2), await CountsAsync(export));
    }

    [Theory]
    [InlineData("jane @x.com", "Line 2 of the suppression list")]
    [InlineData("@", "Line 2 of the suppression list")]
    [InlineData(null, "cannot be read")]
    public async Task Suppression_list_that_might_keep_nobody_out_is_a_fault(string? line, string fault)
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);
        Directory.CreateDirectory(_bench.Folder["jobs"]);
        if (line is not null) await File.WriteAllTextAsync(_bench.Folder["jobs/no.txt"], "a@x.com\n" + line);
        var thrown = await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People() with { Leave = new LeadFilter { Suppression = "no.txt" } }));

        Assert.Equal(("suppression", FaultKind.Usage), (thrown.Code, thrown.Kind));
        Assert.Contains(fault, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suppression_list_in_another_encoding_is_a_fault()
    {
        Directory.CreateDirectory(_bench.Folder["jobs"]);
        await File.WriteAllBytesAsync(_bench.Folder["jobs/no.txt"], System.Text.Encoding.Latin1.GetBytes("josé@x.com"));

        var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People() with { Leave = new LeadFilter { Suppression = "no.txt" } }));
        Assert.Contains("is not UTF-8", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_user_an_address_leaves_its_user_out()
    {
        Directory.CreateDirectory(_bench.Folder["jobs"]);
        await File.WriteAllTextAsync(_bench.Folder["jobs/no.txt"], "gone@x.com");
        await People("2026-11-01", ["gone@x.com", "u1", null, null], ["other@x.com", "u1", null, null], ["a@our.com", "u2", null, null], ["b@x.com", "u3", null, null]);
        var export = LeadBench.Spec([new ExportSource("people", "email", "user")], ("User", s_user))
            with { By = LeadBy.User, Leave = new LeadFilter { Domains = ["our.com"], Suppression = "no.txt" } };

        Assert.Equal(["u3"], await _bench.LinesAsync(export));
        Assert.Equal(new LeadCounts(4, 1, 1, 0, 0, 1, 1, 0), await CountsAsync(export));
    }

    [Fact]
    public async Task Latest_windows_are_counted_by_the_calendar_up_to_the_newest_that_landed()
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);
        await People("2026-11-05", ["b@x.com", null, null, null]);
        await Plays("2026-11-06", ["u", 1.0, "x"]);

        Assert.Equal(["b@x.com"], await _bench.LinesAsync(Two() with { Windows = 5 }));
        Assert.Equal(["a@x.com", "b@x.com"], await _bench.SortedAsync(Two() with { Windows = 6 }));
        Assert.Equal(["a@x.com", "b@x.com"], await _bench.SortedAsync(Two()));
    }

    [Fact]
    public async Task One_person_over_all_accounts_is_one_lead()
    {
        await _bench.LandAsync("leads", "people", "2026-11-01", "200", "email,user,n:Int64", ["a@x.com", null, 2L]);
        await _bench.LandAsync("leads", "people", "2026-11-01", "100", "email,user,n:Int64", ["a@x.com", null, 1L], ["b@x.com", null, 5L]);
        var export = People(("N", new MeasureValue("n")), ("Account", new SourceValue("people", "_account"))) with { Measures = [new("n", MeasureKind.Sum, "people", "n")] };

        Assert.Equal(["a@x.com|3|200", "b@x.com|5|100"], await _bench.SortedAsync(export));
    }

    [Fact]
    public async Task Pull_that_landed_anew_speaks_in_place_of_the_one_before()
    {
        await People("2026-11-01", ["a@x.com", null, "Rome", 1], ["b@x.com", null, null, null]);
        await People("2026-11-01", ["a@x.com", null, "Oslo", 1]);

        Assert.Equal(["a@x.com|Oslo"], await _bench.LinesAsync(People(("City", new SourceValue("people", "city")))));
    }

    [Fact]
    public async Task Keys_are_stable_unique_and_in_order()
    {
        await People("2026-11-01", [.. Enumerable.Range(0, 500).Select(i => new object?[] { $"u{i}@x.com", $"u{i}@x.com", null, null })]);
        using var table = await _bench.JoinAsync(People(("Key", new LeadValue(LeadField.Key))));
        var keys = table.Read().Select(l => (l.Key, Email: l.Cells[0].Text, Cell: l.Cells[1].Text)).ToList();

        Assert.Equal(keys.Select(k => k.Key).Order(StringComparer.Ordinal), keys.Select(k => k.Key));
        Assert.Equal(500, keys.Select(k => k.Key).Distinct().Count());
        Assert.All(keys, k => Assert.Matches("^[0-9a-f]{32}$", k.Key));
        Assert.All(keys, k => Assert.Equal(k.Key, k.Cell));
        // SHA-256 of "email", a zero byte and the address: another build must not give people other keys.
        Assert.Equal(Hash("email\0u7@x.com"), keys.Single(k => k.Email == "u7@x.com").Key);
        using var users = await _bench.JoinAsync(People() with { By = LeadBy.User });
        Assert.Contains(Hash("user\0u7@x.com"), users.Read().Select(l => l.Key));

        static string Hash(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..32];
    }

    [Fact]
    public async Task Inputs_name_pulls_definition_and_suppression_list_and_nothing_else()
    {
        Directory.CreateDirectory(_bench.Folder["jobs"]);
        await File.WriteAllTextAsync(_bench.Folder["jobs/no.txt"], "x@x.com");
        await People("2026-11-01", ["a@x.com", null, null, null]);
        var export = People() with { Leave = new LeadFilter { Suppression = "no.txt" } };
        Task<string?> Inputs(ExportSpec spec) => _bench.Joiner.InputsAsync(_bench.Job, spec, default);
        var inputs = await Inputs(export);
        using (var table = await _bench.JoinAsync(export)) Assert.Equal(inputs, table.Inputs);
        Assert.Matches("^[0-9a-f]{32}$", inputs);

        Assert.Equal(inputs, await Inputs(export));
        Assert.Equal(inputs, await Inputs(export with { Delta = false, AcceptAtOnce = false, Deliver = new StoreDelivery("lake") }));
        ExportSpec[] others =
        [
            export with { By = LeadBy.User },
            export with { Duplicates = DuplicateRule.First },
            export with { Windows = 1 },
            export with { Profile = "other" },
            export with { Raw = true },
            export with { Sources = [new ExportSource("people", "email", null)] },
            export with { Columns = [new ExportColumn("Email", new ConstantValue("email"))] },
            export with { Columns = [new ExportColumn("E-mail", s_email)] },
            export with { Measures = [new LeadMeasure("n", MeasureKind.Count, "people", null)] },
            export with { Measures = [new LeadMeasure("n", MeasureKind.Count, "people", null) { Where = ("city", ["x"]) }] },
            export with { Score = new ScoreSpec([new("n", 1)]) },
            export with { Score = new ScoreSpec([new("n", 2)]) },
            export with { Leave = export.Leave with { Domains = ["our.com"] } },
            export with { Leave = export.Leave with { Consent = new SourceValue("people", "city") } },
        ];
        var names = new List<string?>();
        foreach (var other in others) names.Add(await Inputs(other));
        Assert.Equal(others.Length + 1, names.Append(inputs).Distinct().Count());

        await File.WriteAllTextAsync(_bench.Folder["jobs/no.txt"], "y@x.com");
        var listed = await Inputs(export);
        Assert.NotEqual(inputs, listed);
        await People("2026-11-01", ["a@x.com", null, null, null]);
        Assert.NotEqual(listed, await Inputs(export));
    }

    [Fact]
    public async Task Damaged_rows_are_a_fault_that_names_the_file()
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);
        var file = Path.Combine(_bench.Folder.Path, _bench.Folder.Files().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(file, "no parquet");

        var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.JoinAsync(People()));
        Assert.Equal("export-rows", fault.Code);
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_lie_apart_from_all_else_and_have_neither_lineage_nor_restatements_beside_them()
    {
        await People("2026-11-01", ["a@x.com", null, null, null]);
        await People("2026-11-01", ["b@x.com", null, null, null]);

        Assert.Equal(
            ["exports/.rows/crm/leads/people/.lock", "exports/.rows/crm/leads/people/date=2026-11-01/data.parquet"],
            _bench.Folder.Files().Select(f => f.Replace('\\', '/')));
    }
}

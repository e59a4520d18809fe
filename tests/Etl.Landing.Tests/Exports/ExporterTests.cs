using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Testing.Exports;

namespace Etl.Landing.Tests.Exports;

/// <summary>What comes into files of an export, what counts as sent, and what happens when something is lost or wrong.</summary>
public sealed class ExporterTests : IAsyncLifetime
{
    private ExportBench _bench = null!;

    public async Task InitializeAsync() => _bench = await ExportBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private string[] Lines(ExportOutcome outcome) => [.. _bench.Text(outcome).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task First_file_has_all_leads_and_the_next_what_is_new_or_changed()
    {
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"), ("c@x.com", null));
        var first = await _bench.RunAsync();
        Assert.Equal(["Email,Company", "a@x.com,A", "b@x.com,B", "c@x.com,"], Lines(first));
        Assert.Equal((new ExportCounts(3, 0, 0, 0, 0), 1L, ExportState.Accepted, 3L), (first.Written, first.Record!.Sequence, first.Record.State, first.Record.Rows));

        _bench.Have("2", ("a@x.com", "A"), ("b@x.com", "B2"), ("d@x.com", "D"));
        var second = await _bench.RunAsync();
        Assert.Equal(["Email,Company", "b@x.com,B2", "d@x.com,D"], Lines(second));
        Assert.Equal((new ExportCounts(2, 1, 1, 0, 0), 2L), (second.Written, second.Record!.Sequence));
    }

    [Fact]
    public async Task Ok_file_says_what_is_in_the_file()
    {
        _bench.Have("1", ("a@x.com", "=A"), ("b@x.com", "B"));
        await _bench.RunAsync();
        _bench.Have("2", ("a@x.com", "=A2"));
        var record = (await _bench.RunAsync()).Record!;
        Assert.Matches("^leads-0000000002-[0-9a-f]{8}\\.csv$", record.File);
        using var ok = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_bench.Here, record.File + ".ok")));
        var facts = ok.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString());
        var bytes = File.ReadAllBytes(Path.Combine(_bench.Here, record.File));
        var expected = new Dictionary<string, string>
        {
            ["file"] = record.File, ["bytes"] = $"{bytes.Length}", ["rows"] = "1", ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), ["job"] = "crm", ["export"] = "leads",
            ["profile"] = "csv", ["sequence"] = "2", ["part"] = "1", ["parts"] = "1", ["kind"] = "delta", ["since"] = "1", ["sent"] = "1", ["unchanged"] = "0", ["gone"] = "1", ["rejected"] = "0", ["defused"] = "1",
            ["leads"] = "1", ["raw"] = "False", ["inputs"] = record.Inputs, ["state"] = record.Leads, ["madeAt"] = "2026-11-20T02:15:00+00:00",
        };
        foreach (var (name, value) in expected) Assert.Equal((name, value), (name, facts[name]));
        Assert.Equal(expected["sha256"], record.Sha256);
        Assert.Equal(2, ok.RootElement.GetProperty("source").GetProperty("rows").GetInt64());
    }

    [Fact]
    public async Task Nothing_new_makes_no_file_and_the_same_rows_are_not_joined_again()
    {
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        var again = await _bench.RunAsync();
        Assert.Equal((null, null, null), (again.Record, again.Counts, again.Fault));
        Assert.Equal(1, _bench.Joiner.Joins);
        // Other pulls, the same leads.
        _bench.Have("2", ("a@x.com", "A"));
        var same = await _bench.RunAsync();
        Assert.Equal((null, new ExportCounts(0, 1, 0, 0, 0)), (same.Record, same.Written));
        Assert.Null((await _bench.RunAsync()).Counts);
        Assert.Equal(2, _bench.Joiner.Joins);
        Assert.Equal(2, ExportBench.Finished(_bench.Here).Count);
        Assert.Empty(_bench.Temporaries());
        Assert.Single(await _bench.Store.ExportsAsync("crm", "leads", 0, default));
    }

    [Fact]
    public async Task Nothing_landed_exports_nothing()
    {
        var outcome = await _bench.RunAsync();
        Assert.Equal((null, null), (outcome.Record, outcome.Fault));
        Assert.Equal(0, _bench.Joiner.Joins);
    }

    [Fact]
    public async Task Full_export_has_everybody_again()
    {
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"));
        await _bench.RunAsync();
        var full = await _bench.RunAsync(full: true);
        Assert.Equal(["Email,Company", "a@x.com,A", "b@x.com,B"], Lines(full));
        Assert.Equal((new ExportCounts(2, 0, 0, 0, 0), 2L), (full.Written, full.Record!.Sequence));
        Assert.Null((await _bench.RunAsync()).Record);
    }

    [Fact]
    public async Task Export_without_delta_has_everybody_whenever_something_landed()
    {
        _bench.Export = _bench.Export with { Delta = false };
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"));
        await _bench.RunAsync();
        Assert.Null((await _bench.RunAsync()).Record);
        _bench.Have("2", ("a@x.com", "A2"), ("b@x.com", "B"));
        Assert.Equal(["Email,Company", "a@x.com,A2", "b@x.com,B"], Lines(await _bench.RunAsync()));
    }

    [Fact]
    public async Task Other_header_over_the_same_cells_is_a_change()
    {
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        _bench.Leads = () => new LeadRows([LeadRows.Text("Email"), LeadRows.Text("Firm")], new Dictionary<string, LeadCell[]> { ["a@x.com"] = [LeadCell.Of("a@x.com"), LeadCell.Of("A")] }, "2");
        Assert.Equal(["Email,Firm", "a@x.com,A"], Lines(await _bench.RunAsync()));
    }

    [Fact]
    public async Task Unaccepted_file_comes_again_with_the_next_one_until_somebody_accepts()
    {
        _bench.Export = _bench.Export with { AcceptAtOnce = false };
        _bench.Have("1", ("a@x.com", "A"));
        Assert.Equal(ExportState.Delivered, (await _bench.RunAsync()).Record!.State);
        Assert.Null((await _bench.RunAsync()).Record);
        _bench.Have("2", ("a@x.com", "A"), ("b@x.com", "B"));
        Assert.Equal(["Email,Company", "a@x.com,A", "b@x.com,B"], Lines(await _bench.RunAsync()));

        var accepted = await _bench.Exporter.AcceptAsync("crm", "leads", null, default);
        Assert.Equal((2L, ExportState.Accepted, _bench.Clock.GetUtcNow()), (accepted.Sequence, accepted.State, accepted.AcceptedAt));
        Assert.Equal([ExportState.Dropped, ExportState.Accepted], (await _bench.Store.ExportsAsync("crm", "leads", 0, default)).Select(r => r.State));
        Assert.Equal(2, (await _bench.Exporter.AcceptAsync("crm", "leads", 2, default)).Sequence);

        _bench.Have("3", ("a@x.com", "A"), ("b@x.com", "B3"));
        Assert.Equal(["Email,Company", "b@x.com,B3"], Lines(await _bench.RunAsync()));
    }

    [Fact]
    public async Task Older_file_that_is_accepted_is_what_the_next_one_goes_on_from()
    {
        _bench.Export = _bench.Export with { AcceptAtOnce = false };
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        _bench.Have("2", ("a@x.com", "A"), ("b@x.com", "B"));
        await _bench.RunAsync();
        await _bench.Exporter.AcceptAsync("crm", "leads", 1, default);
        _bench.Have("3", ("a@x.com", "A"), ("b@x.com", "B"), ("c@x.com", "C"));
        Assert.Equal(["Email,Company", "b@x.com,B", "c@x.com,C"], Lines(await _bench.RunAsync()));
    }

    [Theory]
    [InlineData(null, "No file of export 'crm/leads' waits to be accepted. 'etl export list crm' shows how they stand.")]
    [InlineData(1L, "File 1 of export 'crm/leads' was dropped: file 2, which was accepted, covers it.")]
    [InlineData(9L, "Export 'crm/leads' has no file 9; it has 1 to 2.")]
    public async Task What_cannot_be_accepted_says_why(long? sequence, string message)
    {
        _bench.Export = _bench.Export with { AcceptAtOnce = false };
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        _bench.Have("2", ("a@x.com", "A2"));
        await _bench.RunAsync();
        await _bench.Exporter.AcceptAsync("crm", "leads", 2, default);
        Assert.Equal(message, (await Assert.ThrowsAsync<EtlException>(() => _bench.Exporter.AcceptAsync("crm", "leads", sequence, default))).Message);
        Assert.Equal("Nothing was exported as 'crm/others' yet.", (await Assert.ThrowsAsync<EtlException>(() => _bench.Exporter.AcceptAsync("crm", "others", null, default))).Message);
    }

    [Fact]
    public async Task Row_that_the_importer_would_not_take_is_listed_with_its_reason_and_comes_when_it_can()
    {
        _bench.Export = ExportJobs.Export("salesforce-lead");
        Have("1", ("a@x.com", "A", "Hot"), ("b@x.com", null, "Cold"), ("c@x.com", new string('C', 256), "Warm"), ("=d@x.com", "D", "Lukewarm"), ("e", "E", null));
        var outcome = await _bench.RunAsync();
        Assert.Equal(new ExportCounts(1, 0, 0, 4, 0), outcome.Written);
        var listed = Rejected();
        Assert.Equal(5, listed.Length);
        Assert.StartsWith("\uFEFFreason,Email,LastName,Company,Rating", listed[0], StringComparison.Ordinal);
        Assert.Contains(listed, l => l.StartsWith("\"'Company' has no value, and salesforce-lead requires one.\",b@x.com,", StringComparison.Ordinal));
        Assert.Contains(listed, l => l.StartsWith("\"'Company' has 256 characters, and salesforce-lead takes at most 255.\",c@x.com,", StringComparison.Ordinal));
        Assert.Contains(listed, l => l.Contains("'Rating' is 'Lukewarm', which is none of the values of salesforce-lead: Hot, Warm, Cold.\",\"'=d@x.com\",", StringComparison.Ordinal));
        Assert.Contains(listed, l => l.StartsWith("\"'Email' is 'e', which is no e-mail address.\",e,", StringComparison.Ordinal));

        Have("2", ("a@x.com", "A", "Hot"), ("b@x.com", "B", "Cold"), ("c@x.com", "C", "Warm"));
        var next = await _bench.RunAsync();
        Assert.Equal(new ExportCounts(2, 1, 0, 0, 0), next.Written);
        Assert.False(File.Exists(Path.Combine(_bench.Here, "rejected", "leads-rejected.csv")));
    }

    [Fact]
    public async Task Rejected_lead_that_goes_back_to_what_was_accepted_is_not_sent_again()
    {
        _bench.Export = ExportJobs.Export("salesforce-lead");
        Have("1", ("a@x.com", "A", "Hot"), ("b@x.com", "B", "Hot"));
        await _bench.RunAsync();
        Have("2", ("a@x.com", null, "Hot"), ("b@x.com", "B2", "Hot"));
        Assert.Equal(new ExportCounts(1, 0, 0, 1, 0), (await _bench.RunAsync()).Written);
        Have("3", ("a@x.com", "A", "Hot"), ("b@x.com", "B2", "Hot"));
        Assert.Equal(new ExportCounts(0, 2, 0, 0, 0), (await _bench.RunAsync()).Written);
    }

    [Fact]
    public async Task Raw_leaves_cells_and_headers_as_they_are()
    {
        _bench.Export = _bench.Export with { Raw = true };
        _bench.Leads = () => new LeadRows([LeadRows.Text("=Email")], new Dictionary<string, LeadCell[]> { ["a"] = [LeadCell.Of("=1+1")] }, "1");
        var outcome = await _bench.RunAsync();
        Assert.Equal(("=Email\r\n=1+1\r\n", 0L), (_bench.Text(outcome), outcome.Written!.Defused));
    }

    [Fact]
    public async Task Half_a_surrogate_becomes_a_replacement_character()
    {
        _bench.Have("1", ("a@x.com", "x\uD83Dy"));
        Assert.Equal("Email,Company\r\na@x.com,x\uFFFDy\r\n", _bench.Text(await _bench.RunAsync()));
    }

    [Theory]
    [InlineData("salesforce-lead", "Export 'leads' has no column 'LastName', without which salesforce-lead takes no row. Add it to 'columns'.")]
    [InlineData("salesforce-campaign-member", "Export 'leads' has no column 'CampaignId', without which salesforce-campaign-member takes no row. Add it to 'columns'.")]
    [InlineData("sales-force-lead", "Export 'crm/leads' names the profile 'sales-force-lead', which there is not. Did you mean 'salesforce-lead'?")]
    public async Task What_cannot_be_exported_is_told_before_anything_is_made(string profile, string message)
    {
        _bench.Export = ExportJobs.Export(profile);
        _bench.Have("1", ("a@x.com", "A"));
        var outcome = await _bench.RunAsync();
        Assert.Equal((message, FaultKind.Usage), (outcome.Fault!.Message, outcome.Fault.Kind));
        Assert.Empty(ExportBench.Finished(_bench.Here));
        Assert.Empty(_bench.Temporaries());
        Assert.Empty(await _bench.Store.ExportsAsync(null, null, 0, default));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("shorter")]
    [InlineData("changed")]
    public async Task List_of_what_was_accepted_that_is_lost_is_told_and_a_full_export_is_the_way_out(string loss)
    {
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"));
        await _bench.RunAsync();
        var path = Path.Combine(_bench.Here, ".state", "0000000001.leads");
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(64, bytes.Length);
        if (loss == "gone") File.Delete(path);
        else if (loss == "shorter") File.WriteAllBytes(path, bytes[..32]);
        else
        {
            bytes[40] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
        _bench.Have("2", ("a@x.com", "A2"), ("b@x.com", "B"));
        var fault = (await _bench.RunAsync()).Fault!;
        Assert.Equal(
            $"The list '{path}' of what was last accepted of export 'crm/leads' is {(loss == "gone" ? "gone" : "damaged")}, so it cannot be told what is new since. Nothing was made. "
            + "'etl export make crm --export leads --full' sends all leads once more, and goes on from there.",
            fault.Message);
        Assert.Single(await _bench.Store.ExportsAsync("crm", "leads", 0, default));
        Assert.Empty(_bench.Temporaries());
        Assert.Equal(new ExportCounts(2, 0, 0, 0, 0), (await _bench.RunAsync(full: true)).Written);
        _bench.Have("3", ("a@x.com", "A3"), ("b@x.com", "B"));
        Assert.Equal(["Email,Company", "a@x.com,A3"], Lines(await _bench.RunAsync()));
    }

    [Fact]
    public async Task Fault_of_one_export_does_not_keep_the_next_from_being_made()
    {
        _bench.Have("1", ("a@x.com", "A"));
        var outcomes = await _bench.Exporter.ExportAsync(ExportJobs.Job(_bench.Export with { Name = "bad", Profile = "none" }, _bench.Export), full: false, default);
        Assert.Equal([("bad", true), ("leads", false)], outcomes.Select(o => (o.Export, o.Fault is not null)));
        Assert.Equal("leads", Assert.Single(await _bench.Exporter.ExportAsync(ExportJobs.Job(_bench.Export with { Name = "bad" }, _bench.Export), "leads", full: false, default)).Export);
    }

    [Fact]
    public async Task File_with_other_content_under_the_name_is_never_rewritten()
    {
        _bench.Have("1", ("a@x.com", "A"));
        var first = (await _bench.RunAsync()).Record!;
        var other = _bench.Folder["other"];
        Directory.CreateDirectory(other);
        File.WriteAllText(Path.Combine(other, first.File.Replace("0000000001", "0000000002", StringComparison.Ordinal)), "somebody's");
        _bench.Export = _bench.Export with { Deliver = new FolderDelivery("other") };
        var fault = (await _bench.RunAsync(full: true)).Fault!;
        Assert.Equal("export-name-taken", fault.Code);
        Assert.Equal("somebody's", File.ReadAllText(Path.Combine(other, Assert.Single(ExportBench.Finished(other)))));
    }

    [Fact]
    public async Task Big_export_is_cut_into_parts_of_one_number()
    {
        var profiles = Path.Combine(_bench.Folder["jobs"], "schemas", "crm");
        Directory.CreateDirectory(profiles);
        File.WriteAllText(Path.Combine(profiles, "own.json"), """{ "about": "Small files.", "line-end": "lf", "max-rows": 2, "max-bytes": 40, "headers": [{ "name": "Email" }] }""");
        _bench.Export = ExportJobs.Export("own");
        _bench.Have("1", [.. Enumerable.Range(1, 5).Select(n => ($"p{n}@x.com", (string?)"A")), ("long@x.com", new string('L', 30))]);
        var outcome = await _bench.RunAsync();
        Assert.Equal((new ExportCounts(5, 0, 0, 1, 0), 5L), (outcome.Written, outcome.Record!.Rows));
        var files = ExportBench.Finished(_bench.Here).Where(f => f.EndsWith(".csv", StringComparison.Ordinal)).ToList();
        Assert.Equal(["leads-0000000001-1of3-", "leads-0000000001-2of3-", "leads-0000000001-3of3-"], files.Select(f => f[..22]));
        Assert.Equal(outcome.Record.File, files[0]);
        var texts = files.Select(f => File.ReadAllText(Path.Combine(_bench.Here, f))).ToList();
        Assert.All(texts, t => Assert.True(t.StartsWith("Email,Company\n", StringComparison.Ordinal) && t.Length <= 40));
        Assert.Equal(5, texts.SelectMany(t => t.Split('\n')[1..]).Distinct().Count(l => l.EndsWith("@x.com,A", StringComparison.Ordinal)));
        Assert.Equal(["1", "2", "3"], files.Select(f => JsonDocument.Parse(File.ReadAllText(Path.Combine(_bench.Here, f + ".ok"))).RootElement.GetProperty("part").ToString()));
        Assert.Contains(Rejected(), l => l.Contains("it is longer than the 40 that a file of own may have.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changed_profile_looks_at_the_same_rows_again()
    {
        var profiles = Path.Combine(_bench.Folder["jobs"], "schemas", "crm");
        Directory.CreateDirectory(profiles);
        void Write(int length) => File.WriteAllText(Path.Combine(profiles, "own.json"), $$"""{ "about": "Own.", "headers": [{ "name": "Company", "max-length": {{length}} }] }""");
        Write(3);
        _bench.Export = ExportJobs.Export("own");
        _bench.Have("1", ("a@x.com", "ABC"), ("b@x.com", "ABCD"));
        Assert.Equal(new ExportCounts(1, 0, 0, 1, 0), (await _bench.RunAsync()).Written);
        Write(4);
        Assert.Equal(new ExportCounts(1, 1, 0, 0, 0), (await _bench.RunAsync()).Written);
    }

    private string[] Rejected() => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(_bench.Here, "rejected", "leads-rejected.csv"))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private void Have(string inputs, params (string Email, string? Company, string? Rating)[] leads) => _bench.Leads = () => new LeadRows(
        [LeadRows.Text("Email"), LeadRows.Text("LastName"), LeadRows.Text("Company"), LeadRows.Text("Rating")],
        leads.ToDictionary(l => l.Email, l => new[] { LeadCell.Of(l.Email), LeadCell.Of("Lee"), LeadRows.Cell(l.Company), LeadRows.Cell(l.Rating) }), inputs);
}

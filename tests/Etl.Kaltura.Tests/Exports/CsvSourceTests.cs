using System.Text;
using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>A report pulled as a file: what is asked, what lands, what counts as none.</summary>
public class CsvSourceTests
{
    [Fact]
    public async Task File_lands_with_the_servers_own_columns_as_labels()
    {
        await using var service = new CsvService();

        var outcome = await service.PullAsync();

        Assert.Equal([["1_a", "One", "3"], ["1_b", "Two", "4"]], service.Rig.Sink.Rows);
        Assert.Equal(7, outcome.Totals!["count_plays"]);
        var ask = Assert.Single(service.AddressCalls);
        Assert.Equal("count_plays;object_id,entry_name,count_plays", ask.Form["headers"]);
        Assert.Equal(("60000", "1"), (ask.Form["pager[pageSize]"], ask.Form["pager[pageIndex]"]));
        Assert.Equal("1", Assert.Single(service.Rig.Server.Tables).Form["pager[pageSize]"]);
        Assert.All(service.Rig.Server.Calls.Where(c => c.Form.Count > 0), c => Assert.Equal(ask.Filter("fromDate"), c.Filter("fromDate")));
    }

    [Fact]
    public async Task Proof_has_one_chain_with_one_page_per_file()
    {
        await using var service = new CsvService();

        var proof = (await service.PullAsync()).Proof;

        var chain = Assert.Single(proof.Chains);
        var page = Assert.Single(chain.Pages);
        var file = service.Whole().Bytes;
        Assert.Equal(("file-rows-match-count", 2L, 2L, (long)file.Length), (chain.Stop, page.Rows, page.TotalCount, page.Bytes));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)), page.Sha256);
        Assert.Equal(3, proof.Calls);
        Assert.Equal(service.Whole().Text, service.Rig.Sink.Raw["get-1"]);
    }

    [Fact]
    public async Task Guards_are_taken_off_and_typed_numbers_stay_numbers()
    {
        await using var service = new CsvService
        {
            Columns = ["object_id", "entry_name", "count_plays"],
            Rows = [["00123", "=SUM(A1)", "-4"], ["1_b", "@handle", "5"], ["1_2e3", "two\nlines; \"x\", y", "6"], ["nan", "-12.5", "0"], ["", "'quoted'", "1"]],
        };

        await service.PullAsync();

        Assert.Equal(["00123", "1_b", "1_2e3", "nan", ""], service.Rig.Sink.Column("object_id"));
        Assert.Equal(["=SUM(A1)", "@handle", "two\nlines; \"x\", y", "-12.5", "'quoted'"], service.Rig.Sink.Column("entry_name"));
        Assert.Equal(["-4", "5", "6", "0", "1"], service.Rig.Sink.Column("count_plays"));
    }

    [Fact]
    public async Task Row_with_a_cell_that_is_no_number_is_refused_with_its_raw_text()
    {
        await using var service = new CsvService { Rows = [["1_a", "One", "3"], ["1_b", "Two", "4"]] };
        service.Answers.Enqueue(ReportFile.Send(Encoding.UTF8.GetBytes("x")));
        service.File = _ => ReportFile.Send(Encoding.UTF8.GetBytes(service.Whole().Text.Replace("\"Two\",\"4\"", "\"Two\",\"four\"", StringComparison.Ordinal)));

        await service.PullAsync();

        var note = Assert.Single(service.Rig.Sink.Notes);
        Assert.Equal((2L, "count_plays", "four"), (note.Row, note.Column, note.Raw));
        Assert.Equal("""{"object_id":"1_b","entry_name":"Two","count_plays":"four"}""", Assert.Single(service.Rig.Sink.Refused).Raw);
    }

    [Fact]
    public async Task Empty_table_request_with_empty_totals_is_known_empty_without_a_file()
    {
        await using var service = new CsvService { Rows = [] };

        var outcome = await service.PullAsync();

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal(0, outcome.Rows);
        Assert.Equal(1, service.Rig.Sink.Starts);
        Assert.Empty(service.AddressCalls);
    }

    [Fact]
    public async Task Empty_table_request_with_totals_is_asked_again_and_then_fails()
    {
        await using var service = new CsvService { Total = _ => Bodies.Plays(7) };
        service.Table = _ => Bodies.Absent;

        var failure = await service.FailAsync();

        Assert.Equal(("empty-unproven", true), (failure.Code, failure.IsTransient));
        Assert.Equal(4, service.Rig.Server.Tables.Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    public async Task File_without_a_table_is_known_empty_when_all_totals_are_empty_or_zero(string total)
    {
        await using var service = new CsvService { Rows = [] };
        service.Table = _ => Bodies.Table([], 0, "object_id|entry_name|count_plays");
        service.Total = _ => Bodies.Total("count_plays", total);

        var outcome = await service.PullAsync();

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal("known-empty", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Equal(1, service.Rig.Sink.Starts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task File_without_a_table_fails_when_any_totals_say_otherwise(bool inFile)
    {
        await using var service = new CsvService();
        service.File = _ => service.Whole() with { Rows = [], Totals = [inFile ? "7" : ""] };
        if (inFile) service.Total = _ => Bodies.Total("count_plays", "");

        var failure = await service.FailAsync();

        Assert.Equal(("empty-unproven", true), (failure.Code, failure.IsTransient));
        Assert.Equal(4, service.AddressCalls.Count());
    }

    [Fact]
    public async Task Repeated_keys_within_the_file_are_left_to_the_jobs_check()
    {
        await using var service = new CsvService { Rows = [["1_a", "One", "3"], ["1_a", "One", "3"]] };

        var outcome = await service.PullAsync();

        Assert.Equal(2, outcome.Rows);
        Assert.Contains(outcome.Proof.Notes, n => n.StartsWith("1 key(s) stand twice", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("object_id|Avg Storage (GB)|count_plays")]
    [InlineData("object_id|name, first|count_plays")]
    public async Task Column_that_cannot_be_a_label_fails_and_names_it(string header)
    {
        await using var service = new CsvService();
        service.Table = _ => Bodies.Table(["1_a|x|3"], 1, header);

        var failure = await service.FailAsync();

        Assert.Equal((FaultKind.Window, "bad-header"), (failure.Kind, failure.Code));
        Assert.Contains(header.Split('|')[1], failure.Message, StringComparison.Ordinal);
        Assert.Empty(service.AddressCalls);
    }

    [Fact]
    public async Task Unknown_column_follows_the_schema_policy()
    {
        await using var service = new CsvService { Columns = ["object_id", "brand_new", "count_plays"], Rows = [["1_a", "x", "3"]] };

        await service.PullAsync();

        Assert.False(service.Rig.Sink.Schema!.Columns[1].Known);
        Assert.Equal(["x"], service.Rig.Sink.Column("brand_new"));
    }

    [Fact]
    public async Task Too_general_search_is_final()
    {
        await using var service = new CsvService { Address = _ => Bodies.Error("SEARCH_TOO_GENERAL", "Unable to create report. Query produced too many results") };

        Assert.Equal(("SEARCH_TOO_GENERAL", false), ((await service.FailAsync()).Code, false));
        Assert.Single(service.AddressCalls);
    }
}

using System.Text;
using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Parsing.Tests;

/// <summary>Every answer of the vector files is read to the values beside it.</summary>
public class VectorTests
{
    public static IEnumerable<object[]> Tables => Vector.Of("getTable");

    public static IEnumerable<object[]> Totals => Vector.Of("getTotal");

    public static IEnumerable<object[]> Graphs => Vector.Of("getGraphs");

    public static IEnumerable<object[]> Reports => Vector.Of("csv");

    public static IEnumerable<object[]> CustomFiles => Vector.Of("csvParams");

    [Fact]
    public void Vectors_are_all_there() => Assert.Equal(80, Vector.All.Count);

    [Theory]
    [MemberData(nameof(Tables))]
    public void Table_vector_reads_as_expected_in_chunks_of_any_size(string id)
    {
        var vector = Vector.Get(id);
        foreach (var chunk in (int[])[1, 3, 7, 64, int.MaxValue])
        {
            if (vector.IsUnsplittable || vector.IsAmbiguous)
            {
                Assert.ThrowsAny<Exception>(() => Etl.Parsing.Tests.Tables.Read(vector.Body, new ReportTableOptions { Delimiter = vector.Delimiter }, chunk: chunk));
                continue;
            }
            var read = Etl.Parsing.Tests.Tables.Read(vector.Body, new ReportTableOptions { Delimiter = vector.Delimiter }, chunk: chunk);
            if (vector.Error is { } code)
            {
                if (code == "DATA_NULL") Assert.True(read.Reply.DataIsNull);
                else Assert.Equal(code, read.Reply.Error!.Code);
                Assert.Empty(read.Rows);
                continue;
            }
            Assert.Null(read.Reply.Error);
            Assert.Equal(Vector.Names(vector.Expected.GetProperty("header")), read.Reply.Header);
            Assert.Equal(Vector.Rows(vector.Expected.GetProperty("rows")), read.Rows);
            var count = vector.Expected.GetProperty("total_count");
            Assert.Equal(count.ValueKind == JsonValueKind.Null ? null : count.GetInt64(), read.Reply.TotalCount);
            Assert.Equal(read.Reply.Header is null, read.Reply.IsAllAbsent);
            Assert.Equal(read.Rows.Count, read.Reply.Rows);
            Assert.Equal(vector.Body.Length, read.Reply.Bytes);
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(vector.Body)), read.Reply.Sha256);
        }
    }

    [Theory]
    [MemberData(nameof(Totals))]
    public void Total_vector_reads_as_expected(string id)
    {
        var vector = Vector.Get(id);
        var total = ReportTotalReader.Read(vector.Body, vector.Delimiter);
        if (vector.Error is { } code)
        {
            Assert.Equal(code, total.Error!.Code);
            return;
        }
        Assert.Equal(Vector.Names(vector.Expected.GetProperty("header")), total.Header);
        Assert.Equal(Vector.Rows(vector.Expected.GetProperty("rows")).Single(), total.Cells);
        Assert.Equal(id.Contains("empty", StringComparison.Ordinal), total.IsEmptyOrZero);
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Graph_vector_reads_as_expected(string id)
    {
        var vector = Vector.Get(id);
        var graphs = ReportGraphReader.Read(vector.Body, vector.Delimiter);
        if (vector.Error is { } code)
        {
            Assert.Equal(code, graphs.Error!.Code);
            return;
        }
        Assert.Equal(Vector.Rows(vector.Expected.GetProperty("rows")), graphs.Points.Select(p => new[] { p.Graph, p.X, p.Y }));
    }

    [Fact]
    public async Task Multirequest_vector_reads_position_by_position()
    {
        var vector = Vector.Get("multirequest-total-graphs-table-error");
        var parts = await Multirequests.CutAsync(vector.Body);
        var expected = vector.Expected.GetProperty("results");
        Assert.Equal(4, parts.Count);
        var total = ReportTotalReader.Read(parts[0], "|");
        Assert.Equal(Vector.Names(expected[0].GetProperty("header")), total.Header);
        Assert.Equal(Vector.Rows(expected[0].GetProperty("rows")).Single(), total.Cells);
        var graphs = ReportGraphReader.Read(parts[1], "|");
        Assert.Equal(Vector.Rows(expected[1].GetProperty("rows")), graphs.Points.Select(p => new[] { p.Graph, p.X, p.Y }));
        var table = Etl.Parsing.Tests.Tables.Read(parts[2]);
        Assert.Equal(Vector.Names(expected[2].GetProperty("header")), table.Reply.Header);
        Assert.Equal(Vector.Rows(expected[2].GetProperty("rows")), table.Rows);
        Assert.Equal(expected[3].GetProperty("error").GetString(), ServiceErrorReader.TryRead(parts[3])!.Code);
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void Report_file_vector_reads_as_expected(string id)
    {
        var vector = Vector.Get(id);
        if (!vector.HasFile)
        {
            Assert.Equal(vector.Error, ServiceErrorReader.TryRead(vector.Body)!.Code);
            return;
        }
        foreach (var chunk in (int[])[1, 3, 7, int.MaxValue])
        {
            foreach (var unguard in (bool[])[true, false])
            {
                var (report, rows, _) = CsvFiles.ReadReport(vector.File, new CsvReadOptions { Unguard = unguard }, chunk);
                var csv = vector.Expected.GetProperty("csv");
                Assert.Equal(csv.GetProperty("title").GetString(), report.Title);
                Assert.Equal(csv.GetProperty("from").GetString(), report.From);
                Assert.Equal(csv.GetProperty("to").GetString(), report.To);
                Assert.Equal(csv.GetProperty("text").GetString(), report.Text);
                Assert.Equal(csv.GetProperty("graph").ValueKind == JsonValueKind.Null, report.Graph is null);
                var totals = csv.GetProperty("totals");
                Assert.Equal(totals.ValueKind == JsonValueKind.Null ? null : Vector.Names(totals.GetProperty("header")), report.Totals?.Header);
                Assert.Equal(totals.ValueKind == JsonValueKind.Null ? null : Vector.Names(totals.GetProperty("row")), report.Totals?.Row);
                var table = csv.GetProperty("table");
                var isMissing = table.ValueKind == JsonValueKind.Null;
                Assert.Equal(isMissing ? null : Vector.Names(table.GetProperty("header")), report.Header);
                Assert.Equal(isMissing ? null : table.GetProperty("total_count").GetInt64(), report.AnnouncedRows);
                Assert.Equal(isMissing ? [] : Vector.Rows(table.GetProperty(unguard ? "rows_unguarded" : "rows")), rows);
                Assert.Equal(rows.Count, report.Rows);
            }
        }
    }

    [Theory]
    [MemberData(nameof(CustomFiles))]
    public void Custom_file_vector_reads_as_expected(string id)
    {
        var vector = Vector.Get(id);
        foreach (var chunk in (int[])[1, 3, 7, int.MaxValue])
        {
            var (file, rows, _) = CsvFiles.ReadCustom(vector.File, chunk: chunk);
            Assert.Equal(Vector.Names(vector.Expected.GetProperty("header")), file.Header);
            Assert.Equal(Vector.Rows(vector.Expected.GetProperty("rows")), rows);
        }
    }

    [Fact]
    public void Table_vectors_hold_as_numbers_where_the_catalogue_says_numbers()
    {
        // Metric columns of the vectors: count_ is whole, sum_ and avg_ are not. None of them may be refused.
        foreach (var vector in Vector.All.Where(v => v.Action == "getTable" && v.Error is null && !v.IsAmbiguous))
        {
            var read = Etl.Parsing.Tests.Tables.Read(vector.Body, new ReportTableOptions { Delimiter = vector.Delimiter }, header =>
                Etl.Parsing.Tests.Tables.Plan(header, [.. header.Select(Format)], vector.OffsetMinutes));
            Assert.Empty(read.Faults);
        }

        static CellFormat Format(string name) =>
            name.StartsWith("count_", StringComparison.Ordinal) ? CellFormat.Integer
            : name.StartsWith("sum_", StringComparison.Ordinal) || name.StartsWith("avg_", StringComparison.Ordinal) ? CellFormat.Number
            : CellFormat.Text;
    }
}

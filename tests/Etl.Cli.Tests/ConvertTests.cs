using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Parquet;
using Etl.Pipeline.Converting;
using Etl.Testing;

namespace Etl.Cli.Tests;

/// <summary><c>etl convert</c> on plain files and on reports.</summary>
public sealed class ConvertTests : IDisposable
{
    private const string Dashes = "\"# ------------------------------------\"\n";

    private const string Countries =
        "\uFEFF\"Countries\"\n\"Tuesday, July 1, 2025\",\"Tuesday, July 1, 2025\"\n\"\"\n" + Dashes + "\"\"\n"
        + "\"\"\n" + Dashes + "\"# Total\"\n" + Dashes + "\"count_plays\"\n\"12\"\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("etl-convert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Out => PathOf("out.parquet");

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text, new UTF8Encoding(false));
        return PathOf(name);
    }

    private string[] Names => [.. Directory.EnumerateFileSystemEntries(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static (string[] Columns, List<string?[]> Rows) Read(string path)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var rows = new List<string?[]>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++) rows.Add([.. Enumerable.Range(0, batch.ColumnCount).Select(c => Cell(batch[c], r))]);
        return ([.. reader.Schema.Columns.Select(c => $"{c.Name} {c.Type}")], rows);
    }

    private static string? Cell(ParquetColumnData cells, int row)
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return cells.IsNull(row) ? null : cells.Type switch
        {
            ParquetType.Bool => cells.Bools[row] ? "true" : "false",
            ParquetType.Date => cells.Int32s[row].ToString(culture),
            ParquetType.Int64 or ParquetType.Timestamp => cells.Int64s[row].ToString(culture),
            ParquetType.Double => cells.Doubles[row].ToString("R", culture),
            _ => Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
        };
    }

    [Fact]
    public async Task Columns_are_copied_in_the_order_asked_for_with_their_cells_as_they_stand()
    {
        var input = Write("in.csv", "\uFEFFid,n,note\r\n001,1e5,\"a \"\"b\"\", c\nd\"\r\n\"x\",,é\r\n");
        var (exit, text, error) = await Shell.RunAsync("convert", input, PathOf("out.csv"), "--columns", "note,id");
        Assert.True(exit == 0, error);
        Assert.Contains("2 rows", text, StringComparison.Ordinal);
        Assert.Equal("note,id\n\"a \"\"b\"\", c\nd\",001\né,x\n", await File.ReadAllTextAsync(PathOf("out.csv")));
        // One empty cell is a row too.
        Assert.Equal(0, (await Shell.RunAsync("convert", input, PathOf("one.csv"), "--columns", "n")).Exit);
        Assert.Equal("n\n1e5\n\"\"\n", await File.ReadAllTextAsync(PathOf("one.csv")));
    }

    [Fact]
    public async Task The_first_row_of_each_value_is_kept_and_none_without_one()
    {
        var input = Write("in.csv", "mail,n\nA@x.org,1\nb@x.org,2\na@X.ORG,3\n,4\nÉ@x.org,5\né@x.org,6\nb@x.org,7\n[q@x.org,8\n{q@x.org,9\n@`Z,10\n``z,11\n`@z,12\n@`z,13\n");
        var (exit, text, _) = await Shell.RunAsync("convert", input, PathOf("out.csv"), "--columns", "n", "--distinct-by", "mail", "--json");
        Assert.Equal(0, exit);
        Assert.Contains("\"leftOut\":4", text, StringComparison.Ordinal);
        Assert.Equal("n\n1\n2\n5\n6\n8\n9\n10\n11\n12\n", await File.ReadAllTextAsync(PathOf("out.csv")));
    }

    [Fact]
    public async Task A_copy_of_a_damaged_file_leaves_nothing()
    {
        var (exit, _, error) = await Shell.RunAsync("convert", Write("in.csv", "a,b\n1,2\n3\n"), PathOf("out.csv"));
        Assert.NotEqual(0, exit);
        Assert.Contains("The row in line 3 has 1 cells", error, StringComparison.Ordinal);
        Assert.Equal(["in.csv"], Names);
    }

    [Fact]
    public async Task A_long_copy_holds_every_cell()
    {
        // Past the writer's buffer, with cells longer than it.
        var rows = Enumerable.Range(0, 3000).Select(i => i % 1000 == 7 ? $"{i},\"{new string('"', 2 * 200_000)},\"" : $"{i},{new string('x', i % 300)}");
        var input = Write("in.csv", "a,b\n" + string.Join('\n', rows) + "\n");
        Assert.Equal(0, (await Shell.RunAsync("convert", input, PathOf("out.csv"))).Exit);
        Assert.Equal(await File.ReadAllTextAsync(input), await File.ReadAllTextAsync(PathOf("out.csv")));
    }

    [Fact]
    public async Task Saved_replies_of_a_folder_are_one_table_in_the_order_of_their_names()
    {
        Directory.CreateDirectory(PathOf("pages"));
        Write("pages/b.json", """{"header":"id|n","data":"3|x;4|;","totalCount":5}""");
        Write("pages/a.json", """{"objectType":"KalturaReportTable","header":"id|n","data":"1|7;\u00e9\/|8;","totalCount":5}""");
        var schema = Write("schema.yaml", "columns:\n  - { name: n, type: int64 }\n");
        var (exit, _, error) = await Shell.RunAsync("convert", PathOf("pages"), Out, "--schema", schema);
        Assert.True(exit == 0, error);
        Assert.Contains("announce 5 rows and hold 4", error, StringComparison.Ordinal);
        Assert.Equal([["1", "7"], ["é/", "8"], ["3", null], ["4", null]], Read(Out).Rows);
        Assert.Contains("\"row\":3,\"column\":\"n\",\"raw\":\"x\"", await File.ReadAllTextAsync(Out + ".quarantine.jsonl"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"header":"id|m","data":"3|1;"}""", "its columns are not those of the replies before it")]
    [InlineData("""{"code":"INVALID_KS","message":"no","objectType":"KalturaAPIException"}""", "the service's error INVALID_KS")]
    [InlineData("""{"header":"id|n","data":null,"totalCount":5}""", "its rows are null")]
    [InlineData("""{"header":"id|n","data":"3|1;""", "b.json")]
    public async Task Saved_replies_that_are_no_whole_table_are_refused_by_name(string second, string words)
    {
        Directory.CreateDirectory(PathOf("pages"));
        Write("pages/a.json", """{"header":"id|n","data":"1|7;"}""");
        Write("pages/b.json", second);
        var (exit, _, error) = await Shell.RunAsync("convert", PathOf("pages"), Out);
        Assert.NotEqual(0, exit);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Contains("b.json", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Out));
    }

    [Fact]
    public async Task Threads_change_nothing_in_the_file_and_its_notes()
    {
        var input = Write("in.csv", "id,n\n" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i % 977},{(i % 5000 == 17 ? "x" : i)}\n")));
        var schema = Write("schema.yaml", "columns:\n  - { name: n, type: int64 }\n");
        List<(byte[] File, string Notes)> files = [];
        foreach (var threads in new[] { "1", "2" })
        {
            var (exit, _, error) = await Shell.RunAsync("convert", input, Out, "--schema", schema, "--threads", threads);
            Assert.True(exit == 0, error);
            files.Add((await File.ReadAllBytesAsync(Out), await File.ReadAllTextAsync(Out + ".quarantine.jsonl")));
        }
        Assert.Equal(files[0].File, files[1].File);
        Assert.Equal(files[0].Notes, files[1].Notes);
        Assert.Equal(10, files[0].Notes.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Without_a_schema_every_column_is_text_as_it_stands()
    {
        var input = Write("in.csv", "id,n,note\n00123,1e5,\"a \"\"b\"\", c\nd\"\nnan,,é\n");
        var (exit, text, error) = await Shell.RunAsync("convert", input, Out);
        Assert.True(exit == 0, error);
        Assert.Contains("2 rows", text, StringComparison.Ordinal);
        var (columns, rows) = Read(Out);
        Assert.Equal(["id Text", "n Text", "note Text"], columns);
        Assert.Equal([["00123", "1e5", "a \"b\", c\nd"], ["nan", "", "é"]], rows);
        Assert.Equal(["in.csv", "out.parquet"], Names);
    }

    [Theory]
    [InlineData("schema.yaml", "columns:\n  - { name: b, type: bool }\n  - { name: i, type: int64 }\n  - { name: d, type: double }\n  - { name: day, type: date }\n  - { name: at, type: timestamp }\n  - { name: id, type: date-id }\n  - { name: u, type: unix-seconds }\n  - { name: t, type: text }\n")]
    [InlineData("schema.json", "{\"columns\":[{\"name\":\"t\",\"type\":\"text\"},{\"name\":\"b\",\"type\":\"bool\"},{\"name\":\"i\",\"type\":\"int64\"},{\"name\":\"d\",\"type\":\"double\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"timestamp\"},{\"name\":\"id\",\"type\":\"date-id\"},{\"name\":\"u\",\"type\":\"unix-seconds\"}]}")]
    public async Task Schema_file_types_the_columns(string name, string schema)
    {
        var input = Write("in.csv", "t,b,i,d,day,at,id,u\r\nx,true,-7,2.5,2026-11-19,2026-11-19T01:00:00+01:00,20261119,1795046400\r\n,,,,,,,\r\n");
        var (exit, _, error) = await Shell.RunAsync("convert", input, Out, "--schema", Write(name, schema));
        Assert.True(exit == 0, error);
        var (columns, rows) = Read(Out);
        Assert.Equal(["t Text", "b Bool", "i Int64", "d Double", "day Date", "at Timestamp", "id Date", "u Timestamp"], columns);
        Assert.Equal([["x", "true", "-7", "2.5", "20776", "1795046400000000", "20776", "1795046400000000"], ["", null, null, null, null, null, null, null]], rows);
    }

    [Fact]
    public async Task Cells_that_cannot_be_typed_are_null_noted_with_their_line_counted_and_printed()
    {
        var schema = Write("schema.yaml", "columns: [{ name: n, type: int64 }]");
        var input = Write("in.csv", "name,n\n\"a\nb\",1\nc,x7\nd,\n");
        var (exit, text, _) = await Shell.RunAsync("convert", input, Out, "--schema", schema, "--json");
        Assert.Equal(0, exit);
        var line = JsonDocument.Parse(text).RootElement;
        Assert.Equal((3, 1, new FileInfo(Out).Length), (line.GetProperty("rows").GetInt32(), line.GetProperty("quarantined").GetInt32(), line.GetProperty("bytes").GetInt64()));
        Assert.Equal([["a\nb", "1"], ["c", null], ["d", null]], Read(Out).Rows);
        var note = JsonDocument.Parse(Assert.Single(File.ReadAllLines(Out + ".quarantine.jsonl"))).RootElement;
        Assert.Equal("""{"line":4,"row":2,"column":"n","raw":"x7","reason":"is not a whole number of 64 bits"}""", note.GetRawText());
        Assert.Contains("1 cell could not be typed", (await Shell.RunAsync("convert", input, Out, "--schema", schema)).Out, StringComparison.Ordinal);

        // Of a file without such cells no old notes are left.
        Write("in.csv", "name,n\na,1\n");
        Assert.Equal(0, (await Shell.RunAsync("convert", input, Out, "--schema", schema)).Exit);
        Assert.Equal(["in.csv", "out.parquet", "schema.yaml"], Names);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3\n", "line 3")]
    [InlineData("a,b\n1,x\"y\n", "line 2, column 2")]
    [InlineData("a,b\n1,\"x\n", "opened in line 2")]
    [InlineData("", "is empty")]
    public async Task Unsound_file_is_refused_with_its_place_and_the_old_file_stays(string csv, string words)
    {
        Assert.Equal(0, (await Shell.RunAsync("convert", Write("in.csv", "a,b\n1,2\n"), Out)).Exit);
        var before = File.ReadAllBytes(Out);
        var (exit, _, error) = await Shell.RunAsync("convert", Write("in.csv", csv), Out);
        Assert.Equal(ExitCode.WindowFailed, exit);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Contains("in.csv", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Out));
        Assert.Equal(["in.csv", "out.parquet"], Names);
    }

    [Fact]
    public async Task Same_input_gives_the_same_bytes_and_each_codec_the_same_rows()
    {
        var text = new StringBuilder("id,plays,name\n");
        for (var i = 0; i < 30_000; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"1_{i % 700},{i * 7 % 1000},\"Name, {i}\"\n");
        var input = Write("in.csv", text.ToString());
        var schema = Write("schema.yaml", "columns: [{ name: plays, type: int64 }]");
        var files = new List<byte[]>();
        foreach (var codec in new[] { "snappy", "snappy", "gzip", "none" })
        {
            Assert.Equal(0, (await Shell.RunAsync("convert", input, Out, "--schema", schema, "--codec", codec)).Exit);
            files.Add(File.ReadAllBytes(Out));
            Assert.Equal(30_000, Read(Out).Rows.Count);
        }
        Assert.Equal(files[0], files[1]);
        Assert.True(files[2].Length < files[0].Length && files[0].Length < files[3].Length);
    }

    [Fact]
    public async Task Report_file_is_typed_by_the_catalogue_with_its_guards_taken_off()
    {
        var input = Write("in.csv", Countries + "\"\"\n" + Dashes + "\"# Table\",\"\",\"Total Count\",\"2\"\n" + Dashes
            + "\"object_id\",\"country\",\"count_plays\",\"avg_completion_rate\",\"extra\"\n\"US\",\"United States\",\"7\",\"0.5\",\"'-4\"\n\"DE\",\"Germany\",\"5\",\"\",\"'=x\"\n");
        var (exit, _, error) = await Shell.RunAsync("convert", input, Out, "--report", "36");
        Assert.True(exit == 0, error);
        var (columns, rows) = Read(Out);
        Assert.Equal(["object_id Text", "country Text", "count_plays Int64", "avg_completion_rate Double", "extra Text"], columns);
        Assert.Equal([["US", "United States", "7", "0.5", "-4"], ["DE", "Germany", "5", null, "=x"]], rows);

        // No table: no rows, and the columns that the catalogue expects.
        (exit, _, _) = await Shell.RunAsync("convert", Write("in.csv", Countries), Out, "--report", "MAP_OVERLAY_COUNTRY");
        Assert.Equal(0, exit);
        Assert.Empty(Read(Out).Rows);
        Assert.Contains("count_plays Int64", Read(Out).Columns);
    }

    [Fact]
    public async Task Custom_report_file_is_typed_by_the_catalogue()
    {
        var input = Write("in.csv", "\uFEFFuser_id,entry_id,view_time,play,note\n00123,1_a,2.5,3,x \"y\" z\n");
        var (exit, _, error) = await Shell.RunAsync("convert", input, Out, "--report", "3007");
        Assert.True(exit == 0, error);
        var (columns, rows) = Read(Out);
        Assert.Equal(["user_id Text", "entry_id Text", "view_time Double", "play Int64", "note Text"], columns);
        Assert.Equal([["00123", "1_a", "2.5", "3", "x \"y\" z"]], rows);
    }

    [Theory]
    [InlineData("columns: [{ name: n, type: integer }]", "schema.yaml:1:28: 'integer' is not a value of 'type'")]
    [InlineData("columns: [{ nam: n, type: int64 }]", "schema.yaml:1:13: 'nam' is not a key of a column. Did you mean 'name'?")]
    [InlineData("columns: [{ name: n, type: int64 }, { name: n, type: text }]", "The column 'n' stands twice")]
    [InlineData("columns: [{ name: m, type: int64 }]", "has a column 'm' that the CSV file does not have")]
    [InlineData("columns: []", "'columns' takes a list of columns")]
    [InlineData("[a]", "A schema file is a map, not a list.")]
    [InlineData("", "The file is empty.")]
    public async Task Faulty_schema_is_refused_with_its_place_and_nothing_is_written(string schema, string words)
    {
        var (exit, _, error) = await Shell.RunAsync("convert", Write("in.csv", "n\n1\n"), Out, "--schema", Write("schema.yaml", schema));
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal(["in.csv", "schema.yaml"], Names);
    }

    [Fact]
    public void Schema_for_editors_knows_the_same_types()
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("schemas", "convert.schema.json")));
        var types = schema.RootElement.GetProperty("properties").GetProperty("columns").GetProperty("items").GetProperty("properties").GetProperty("type").GetProperty("enum");
        Assert.Equal(SchemaFile.Types, types.EnumerateArray().Select(t => t.GetString()));
    }

    [Fact]
    public async Task Bad_usage_is_refused_before_anything_is_touched()
    {
        var input = Write("in.csv", "n\n1\n");
        foreach (var (words, arguments) in new (string, string[])[]
        {
            ("There is no file", [PathOf("none.csv"), Out]),
            ("is a folder without replies", [_folder, Out]),
            ("is a folder. Name the file", [input, _folder]),
            ("There is no folder", [input, PathOf("sub/out.parquet")]),
            ("would replace the file that is read", [input, input]),
            ("There is no report 'MAP_OVERLAY_CONTRY'. Near: MAP_OVERLAY_COUNTRY", [input, Out, "--report", "MAP_OVERLAY_CONTRY"]),
            ("'--codec' takes snappy, gzip or none, not 'zstd'.", [input, Out, "--codec", "zstd"]),
            ("cells of a CSV file stay as they stand", [input, PathOf("out.csv"), "--schema", "x.yaml"]),
            ("are for a CSV file as output", [input, Out, "--columns", "n"]),
            ("names a column twice", [input, PathOf("out.csv"), "--columns", "n,n"]),
            ("has no column 'm'", [input, PathOf("out.csv"), "--columns", "m"]),
            ("has no column 'mail'", [input, PathOf("out.csv"), "--distinct-by", "mail"]),
            ("'--threads' takes 1 or 2.", [input, Out, "--threads", "3"]),
            ("'--threads' is for plain CSV files", [input, Out, "--threads", "1", "--report", "38"]),
            ("'--schema' and '--report' both say", [input, Out, "--schema", "x.yaml", "--report", "38"]),
            ("There is no such file", [input, Out, "--schema", PathOf("none.yaml")]),
        })
        {
            var (exit, _, error) = await Shell.RunAsync(["convert", .. arguments]);
            Assert.True(exit == ExitCode.Usage && error.Contains(words, StringComparison.Ordinal), $"{words}: exit {exit}, {error}");
        }
        Assert.Equal(["in.csv"], Names);
    }
}

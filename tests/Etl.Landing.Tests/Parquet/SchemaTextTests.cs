using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Columns;
using Etl.Landing.Parquet;

namespace Etl.Landing.Tests.Parquet;

/// <summary>The schema in a file's footer: the form in which the framework's serializer wrote it for files that are published already.</summary>
public sealed class SchemaTextTests
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static TheoryData<string> Damaged =>
    [
        "", "null", "[]", "3", "{", "{}", """{"columns":null,"key":[]}""", """{"columns":{},"key":[]}""", """{"columns":[null],"key":[]}""", """{"columns":["a"],"key":[]}""",
        Column("\"name\":null"), Column("\"name\":3"), Column("\"type\":\"99\""), Column("\"type\":\"int64\""), Column("\"type\":\"Int64, Text\""), Column("\"type\":null"), Column("\"role\":\"\""),
        Column("\"additivity\":\"full\""), Column("\"unit\":5"), Column("\"known\":\"true\""), Column("\"known\":1"), Column("\"name\":\"\\uD800\""), Column("\"name\":\"\""),
        """{"columns":[],"key":"a"}""", """{"columns":[],"key":[null]}""", """{"columns":[],"key":[3]}""", """{"columns":[],"key":["a"]}""", new string('[', 10_000),
    ];

    [Fact]
    public void Every_word_is_written_as_it_was_and_read_again()
    {
        var columns = Enum.GetValues<ColumnType>().SelectMany(t => Enum.GetValues<ColumnRole>().SelectMany(r => Enum.GetValues<Additivity>().Select(a => (t, r, a))))
            .Select((c, i) => new Column($"c{i}", c.t, c.r, c.a, i % 3 == 0 ? null : i % 3 == 1 ? "min" : "", i % 2 == 0)).ToList();
        columns.Add(new Column("Länder \"<&'>\" 田中 \U0001F600 \t", ColumnType.Text, Unit: "°"));
        AssertSame(new TableSchema(columns, ["c7", "Länder \"<&'>\" 田中 \U0001F600 \t"]));
        AssertSame(new TableSchema([new Column("a", ColumnType.Text)]));
    }

    [Fact]
    public void What_another_build_adds_or_leaves_out_does_not_matter()
    {
        var schema = SchemaText.Read("""{"later":[{}],"columns":[{"known":null,"name":"a","role":"Metric","unit":null,"additivity":"Full","type":"Int64","later":{"x":1}}]}""");
        Assert.Equal(new Column("a", ColumnType.Int64, ColumnRole.Metric, Additivity.Full, null, Known: false), Assert.Single(schema.Columns));
        Assert.Empty(schema.Key);
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_text_that_is_no_schema_is_refused(string text)
    {
        var fault = Record.Exception(() => SchemaText.Read(text));
        Assert.True(fault is JsonException or ArgumentException, $"'{fault}' was thrown.");
    }

    private static string Column(string member) => $$"""{"columns":[{"name":"a","type":"Int64","role":"Metric","additivity":"Full","known":true,{{member}}}],"key":[]}""";

    private static void AssertSame(TableSchema schema)
    {
        var written = SchemaText.Write(schema);
        var columns = schema.Columns.Select(c => new { c.Name, Type = $"{c.Type}", Role = $"{c.Role}", Additivity = $"{c.Additivity}", c.Unit, c.Known });
        Assert.Equal(JsonSerializer.Serialize(new { Columns = columns, schema.Key }, s_options), written);
        var read = SchemaText.Read(written);
        Assert.Equal(schema.Columns, read.Columns);
        Assert.Equal(schema.Key, read.Key);
    }
}

using System.Text.Json;
using Etl.Cli.Demo;
using Etl.Core.Columns;

namespace Etl.Cli.Tests;

/// <summary>The demo's verification must be able to fail.</summary>
public class RowComparerTests
{
    private static readonly Dictionary<string, ColumnType> s_types = new()
    {
        ["id"] = ColumnType.Text, ["plays"] = ColumnType.Int64, ["minutes"] = ColumnType.Double, ["day"] = ColumnType.Date, ["at"] = ColumnType.Timestamp,
    };

    [Fact]
    public void Equal_rows_in_any_order_do_not_differ() =>
        Assert.Null(Compare([Truth("a", 1), Truth("b", 2)], [Landed("b", 2), Landed("a", 1)]));

    [Fact]
    public void Lost_delimiters_and_semicolons_are_expected() =>
        Assert.Null(Compare([Truth("a|b;c", 1)], [Landed("a b c", 1)]));

    [Theory]
    [InlineData("x", 1)]
    [InlineData("a", 2)]
    public void Changed_value_differs(string id, long plays) =>
        Assert.NotNull(Compare([Truth("a", 1)], [Landed(id, plays)]));

    [Fact]
    public void Missing_row_differs() => Assert.Equal("2 rows expected, 1 landed", Compare([Truth("a", 1), Truth("b", 2)], [Landed("a", 1)]));

    [Fact]
    public void Repeated_row_in_place_of_another_differs() =>
        Assert.NotNull(Compare([Truth("a", 1), Truth("b", 2)], [Landed("a", 1), Landed("a", 1)]));

    [Fact]
    public void Missing_column_differs()
    {
        var row = Landed("a", 1);
        row.Remove("minutes");
        Assert.StartsWith("columns expected", Compare([Truth("a", 1)], [row]), StringComparison.Ordinal);
    }

    private static string? Compare(IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> truth, IReadOnlyList<Dictionary<string, object?>> landed) =>
        RowComparer.Difference(truth, landed, s_types, "|");

    private static Dictionary<string, JsonElement> Truth(string id, long plays) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(
        $$"""{"id":"{{id}}","plays":{{plays}},"minutes":0.5,"day":"20261119","at":1772323200}""")!;

    private static Dictionary<string, object?> Landed(string id, long plays) => new()
    {
        ["id"] = id, ["plays"] = plays, ["minutes"] = 0.5, ["day"] = 20776L, ["at"] = 1772323200_000000L,
    };
}

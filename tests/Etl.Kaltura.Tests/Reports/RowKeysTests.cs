using System.Text;
using Etl.Core.Columns;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Reports;

public class RowKeysTests
{
    private static readonly TableSchema s_schema = new([new Column("country", ColumnType.Text), new Column("city", ColumnType.Text)]);
    private static readonly int[] s_key = [0, 1];

    private static RowBatch Batch(params (string Country, string City)[] rows)
    {
        var batch = new RowBatch(s_schema);
        foreach (var (country, city) in rows)
        {
            batch.Text(0).Append(Encoding.UTF8.GetBytes(country));
            batch.Text(1).Append(Encoding.UTF8.GetBytes(city));
        }
        return batch;
    }

    [Fact]
    public void Key_of_another_page_is_seen_and_one_of_the_same_page_is_counted()
    {
        var keys = new RowKeys();

        Assert.True(keys.Add(Batch(("a", "b"), ("a", "c"), ("a", "b")), s_key, 1));
        Assert.Equal(1, keys.RepeatedInPage);
        Assert.True(keys.Add(Batch(("b", "a")), s_key, 2));
        Assert.False(keys.Add(Batch(("a", "c")), s_key, 2));
    }

    [Fact]
    public void Key_cells_do_not_run_together() => Assert.True(Added(("ab", "c"), ("a", "bc")));

    [Theory]
    [InlineData("", "x")]
    [InlineData("x", "")]
    [InlineData("Unknown", "x")]
    [InlineData("x", "Error")]
    public void Unresolved_keys_are_exempt(string country, string city) => Assert.True(Added((country, city), (country, city)));

    [Theory]
    [InlineData("unknown", "x")]
    [InlineData("Errors", "x")]
    [InlineData(" ", "x")]
    public void Other_words_are_keys(string country, string city) => Assert.False(Added((country, city), (country, city)));

    [Fact]
    public void Parts_with_a_common_key_are_seen()
    {
        RowKeys all = new(), one = new(), two = new();
        one.Add(Batch(("a", "b")), s_key, 1);
        two.Add(Batch(("a", "b")), s_key, 1);

        Assert.True(all.Take(one));
        Assert.False(all.Take(two));
    }

    private static bool Added((string, string) first, (string, string) second)
    {
        var keys = new RowKeys();
        return keys.Add(Batch(first), s_key, 1) && keys.Add(Batch(second), s_key, 2);
    }
}

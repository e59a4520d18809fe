using Etl.Core.Columns;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Audit.Snapshots;

/// <summary>A table of who watched what, as a training report has it, with names that mean no good.</summary>
internal static class TrainingRows
{
    public const string Hostile = "<script>alert('x')</script>\"&\u202Egnp.exe";

    public static readonly TableSchema Schema = new(
    [
        new Column("user_id", ColumnType.Text),
        new Column("full_name", ColumnType.Text),
        new Column("entry_id", ColumnType.Text),
        new Column("entry_name", ColumnType.Text),
        new Column("country", ColumnType.Text),
        new Column("count_plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full, "plays"),
        new Column("sum_time_viewed", ColumnType.Double, ColumnRole.Metric, Additivity.Full, "min"),
        new Column("total_completion_rate", ColumnType.Double, ColumnRole.Metric, Additivity.Ratio, "% (0-100)"),
    ], ["user_id", "entry_id"]);

    private static readonly string[] s_names = ["Amara Okafor", "Benoît Lefèvre", "Chen Wei", "Dana Al-Masri", "Elif Yılmaz", "Freja Holm", "Grace O'Neil", Hostile];
    private static readonly string[] s_titles = ["Code of conduct 2026", "Information security basics", "Fair disclosure for finance"];
    private static readonly string[] s_countries = ["United States", "Germany", "France", "Taiwan, Province of China", ""];

    public static RowBatch Batch(int rows)
    {
        var batch = new RowBatch(Schema);
        for (var row = 0; row < rows; row++)
        {
            var person = row / s_titles.Length;
            AllTypes.Text(batch, 0, $"employee-{person:000}");
            AllTypes.Text(batch, 1, s_names[person % s_names.Length]);
            AllTypes.Text(batch, 2, $"1_train{row % s_titles.Length}");
            AllTypes.Text(batch, 3, s_titles[row % s_titles.Length]);
            AllTypes.Text(batch, 4, s_countries[person % s_countries.Length]);
            AllTypes.Fixed<long>(batch, 5, 1L + row % 4);
            AllTypes.Fixed<double>(batch, 6, 3.25 * (row % 9));
            AllTypes.Fixed<double>(batch, 7, (row * 7 % 11) * 10.0);
        }
        return batch;
    }
}

using Etl.Core.Columns;
using Etl.Landing.Parquet;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Parquet;

/// <summary>Reads some columns of our Parquet files as text.</summary>
internal static class Lines
{
    /// <summary>The named cells of each row in order, joined by bars.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="columns">Which cells.</param>
    public static IReadOnlyList<string> Of(byte[] bytes, string name, params string[] columns)
    {
        var file = LandedFile.Look(new MemoryStream(bytes));
        Assert.True(file.Condition == FileCondition.Good, $"{name}: {file.Why}");
        var schema = file.Record!.Schema;
        var lines = new List<string>();
        foreach (var batch in LandedFile.Read(new MemoryStream(bytes), schema))
            for (var row = 0; row < batch.RowCount; row++)
            {
                var cells = RowText.Line(batch, row).Split('|').Select(c => c.Split('=', 2)).ToDictionary(c => c[0], c => c[1]);
                lines.Add(string.Join('|', columns.Select(c => cells[c])));
            }
        return lines;
    }
}

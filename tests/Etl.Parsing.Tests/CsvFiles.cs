namespace Etl.Parsing.Tests;

/// <summary>Short ways to read report files in tests.</summary>
public static class CsvFiles
{
    public static (CsvReport Report, List<string?[]> Rows, List<CellFault> Faults) ReadReport(
        byte[] file, CsvReadOptions? options = null, int chunk = int.MaxValue, Func<IReadOnlyList<string>, TablePlan>? bind = null)
    {
        var rows = new List<string?[]>();
        var faults = new List<CellFault>();
        var report = CsvReportReader.ReadAsync(
            new ChunkedStream(file, chunk), options ?? new CsvReadOptions(), bind ?? Tables.AllText, (batch, _) => Take(batch, rows, faults), CancellationToken.None)
            .GetAwaiter().GetResult();
        return (report, rows, faults);
    }

    public static (CustomCsv File, List<string?[]> Rows, List<CellFault> Faults) ReadCustom(
        byte[] file, CsvReadOptions? options = null, int chunk = int.MaxValue, Func<IReadOnlyList<string>, TablePlan>? bind = null)
    {
        var rows = new List<string?[]>();
        var faults = new List<CellFault>();
        var read = CustomCsvReader.ReadAsync(
            new ChunkedStream(file, chunk), options ?? new CsvReadOptions(), bind ?? Tables.AllText, (batch, _) => Take(batch, rows, faults), CancellationToken.None)
            .GetAwaiter().GetResult();
        return (read, rows, faults);
    }

    public static (CustomCsv File, List<string?[]> Rows) ReadBackground(byte[] file, CsvReadOptions? options = null, int chunk = int.MaxValue)
    {
        var rows = new List<string?[]>();
        var read = BackgroundCsvReader.ReadAsync(
            new ChunkedStream(file, chunk), options ?? new CsvReadOptions(), Tables.AllText, (batch, _) => Take(batch, rows, []), CancellationToken.None)
            .GetAwaiter().GetResult();
        return (read, rows);
    }

    public static (CsvFile File, List<string?[]> Rows, List<CellFault> Faults) ReadFile(
        byte[] file, CsvReadOptions? options = null, int chunk = int.MaxValue, Func<IReadOnlyList<string>, TablePlan>? bind = null) =>
        ReadFile(new ChunkedStream(file, chunk), options, bind);

    public static (CsvFile File, List<string?[]> Rows, List<CellFault> Faults) ReadFile(
        Stream file, CsvReadOptions? options = null, Func<IReadOnlyList<string>, TablePlan>? bind = null)
    {
        var rows = new List<string?[]>();
        var faults = new List<CellFault>();
        var read = CsvFileReader.ReadAsync(file, options ?? new CsvReadOptions(), bind ?? Tables.AllText, (batch, _) => Take(batch, rows, faults), CancellationToken.None)
            .GetAwaiter().GetResult();
        return (read, rows, faults);
    }

    private static ValueTask Take(Etl.Core.Columns.RowBatch batch, List<string?[]> rows, List<CellFault> faults)
    {
        faults.AddRange(CellFault.Of(batch));
        for (var row = 0; row < batch.RowCount; row++) rows.Add([.. Enumerable.Range(0, batch.Schema.Columns.Count).Select(c => Tables.Cell(batch, c, row))]);
        return ValueTask.CompletedTask;
    }
}

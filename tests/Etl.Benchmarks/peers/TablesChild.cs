using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Staging;
using Npgsql;
using NpgsqlTypes;

namespace Etl.Benchmarks;

/// <summary>
/// What is done with a staged pull in a process of its own: <c>land</c> it in the warehouse, or COPY it to PostgreSQL <c>raw</c> (as it is read), from <c>memory</c>, or
/// from memory through the driver's own <c>importer</c>.
/// </summary>
internal static class TablesChild
{
    /// <summary>What this program is called with; then how, the folder and the number of the pull.</summary>
    internal const string Verb = "table-child";

    /// <summary>The variable that holds the connection string.</summary>
    internal const string Connection = "ETL_PEERS_POSTGRES";

    /// <summary>Table that pulls land in.</summary>
    internal const string Table = "plays";

    internal static int Run(string[] args)
    {
        var (how, folder, round) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
        using var staged = new ParquetStagingArea(folder).Open(StagedRows.Pull(round))!;
        if (how == "land") return Land(folder, staged);
        using var connection = new NpgsqlConnection(PostgresSettings.OfRows(Environment.GetEnvironmentVariable(Connection)!, Connection).ConnectionString);
        connection.Open();
        if (how == "raw")
        {
            Copy(connection, staged.Schema, staged.Read);
            return 0;
        }
        var held = staged.Read().Select(Hold).ToList();
        Action copy = how == "memory" ? () => Copy(connection, staged.Schema, () => held) : Import(connection, staged.Schema, held);
        var (cpu, clock) = (Machine.CpuSeconds(), Stopwatch.StartNew());
        copy();
        File.WriteAllText(Path.Combine(folder, "client.txt"), string.Create(CultureInfo.InvariantCulture, $"{Machine.CpuSeconds() - cpu} {clock.Elapsed.TotalSeconds}"));
        return 0;
    }

    private static int Land(string folder, IStagedPull staged)
    {
        var settings = new ConnectionSettings(Environment.GetEnvironmentVariable, folder);
        var target = new TargetFactory(folder, settings, TimeProvider.System).Create(new TableLandSpec { Table = Table, Key = ["_window", "entry_id"] }, severalAccounts: false);
        var receipt = target.LandAsync(new LandingOrder(StagedRows.Key, StagedRows.Window, staged.Stamp), staged, default).GetAwaiter().GetResult();
        return receipt.Outcome == LandingOutcome.Landed ? 0 : 1;
    }

    private static void Copy(NpgsqlConnection connection, TableSchema schema, Func<IEnumerable<RowBatch>> read) => PostgresCopy.WriteAsync(
        connection, "copied", new SqlRows(new SqlTable(null, "copied"), schema, [.. schema.Columns.Select(c => c.Name)], 0, read), new PostgresDialect(), default).GetAwaiter().GetResult();

    private static RowBatch Hold(RowBatch batch)
    {
        var held = new RowBatch(batch.Schema);
        for (var column = 0; column < batch.Schema.Columns.Count; column++) held[column].AppendAll(batch[column]);
        return held;
    }

    // The objects are made before: making strings is not the importer's work.
    private static Action Import(NpgsqlConnection connection, TableSchema schema, List<RowBatch> batches)
    {
        var texts = batches.Select(b => Enumerable.Range(0, schema.Columns.Count).Select(c => Texts(b[c])).ToArray()).ToList();
        return () =>
        {
            using var writer = connection.BeginBinaryImport($"COPY imported ({string.Join(", ", schema.Columns.Select(c => $"\"{c.Name}\""))}) FROM STDIN (FORMAT BINARY)");
            for (var i = 0; i < batches.Count; i++)
            {
                for (var row = 0; row < batches[i].RowCount; row++)
                {
                    writer.StartRow();
                    for (var column = 0; column < schema.Columns.Count; column++) Write(writer, batches[i][column], schema.Columns[column].Type, texts[i][column], row);
                }
            }
            writer.Complete();
        };
    }

    private static string[]? Texts(ColumnBuffer cells) =>
        cells is TextBuffer text ? [.. Enumerable.Range(0, text.Count).Select(row => Encoding.UTF8.GetString(text[row]))] : null;

    private static void Write(NpgsqlBinaryImporter writer, ColumnBuffer cells, ColumnType type, string[]? texts, int row)
    {
        if (cells.IsNull(row))
        {
            writer.WriteNull();
            return;
        }
        switch (type)
        {
            case ColumnType.Text: writer.Write(texts![row], NpgsqlDbType.Text); break;
            case ColumnType.Int64: writer.Write(((FixedBuffer<long>)cells).Values[row], NpgsqlDbType.Bigint); break;
            case ColumnType.Int32: writer.Write(((FixedBuffer<int>)cells).Values[row], NpgsqlDbType.Integer); break;
            case ColumnType.Double: writer.Write(((FixedBuffer<double>)cells).Values[row], NpgsqlDbType.Double); break;
            case ColumnType.Date: writer.Write(DateOnly.FromDayNumber(((FixedBuffer<int>)cells).Values[row] + 719_162), NpgsqlDbType.Date); break;
            case ColumnType.Timestamp: writer.Write(DateTime.UnixEpoch.AddTicks(((FixedBuffer<long>)cells).Values[row] * 10), NpgsqlDbType.TimestampTz); break;
            default: writer.Write(((FixedBuffer<bool>)cells).Values[row], NpgsqlDbType.Boolean); break;
        }
    }
}

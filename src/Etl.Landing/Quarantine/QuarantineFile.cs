using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Quarantine;

/// <summary>
/// The form of a file of quarantine: a Parquet file with a row per row that cannot be typed, so that any tool can look at several at once.
/// <c>raw</c> is a JSON object of column name to raw cell; <c>reasons</c> a JSON list of <c>{"column","text","reason"}</c>.
/// The footer says whose rows they are, so that a list needs no rows.
/// </summary>
internal static class QuarantineFile
{
    public const int Job = 0, Source = 1, Account = 2, Window = 3, Pull = 4, Part = 5, Page = 6, Row = 7, Raw = 8, Reasons = 9, At = 10;

    private const int BatchRows = 1024;
    private const string JobName = "etl.job", SourceName = "etl.source", AccountName = "etl.account", WindowName = "etl.window", PullName = "etl.pull", AtName = "etl.pulled_at";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static TableSchema Schema { get; } = new(
    [
        new Column("job", ColumnType.Text), new Column("source", ColumnType.Text), new Column("account", ColumnType.Text), new Column("window", ColumnType.Text),
        new Column("pull", ColumnType.Text), new Column("part", ColumnType.Text), new Column("page", ColumnType.Int64), new Column("row", ColumnType.Int64),
        new Column("raw", ColumnType.Text), new Column("reasons", ColumnType.Text), new Column("at", ColumnType.Timestamp),
    ]);

    /// <summary>Appends a row as it stands in the file.</summary>
    public static void Append(RowBatch batch, WindowKey key, string pull, DateTimeOffset at, RefusedRow row)
    {
        Text(Job, key.Job);
        Text(Source, key.Source);
        Text(Account, key.Account);
        Text(Window, key.Label);
        Text(Pull, pull);
        Text(Part, row.Part);
        batch.Fixed<long>(Page).Append(row.Page);
        batch.Fixed<long>(Row).Append(row.Number);
        Text(Raw, row.Raw);
        Text(Reasons, JsonSerializer.Serialize(row.Cells, s_json));
        batch.Fixed<long>(At).Append((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

        void Text(int column, string text) => batch.Text(column).Append(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>What the footer says.</summary>
    public static Dictionary<string, string> Footer(WindowKey key, string pull, DateTimeOffset at) => new()
    {
        [JobName] = key.Job,
        [SourceName] = key.Source,
        [AccountName] = key.Account,
        [WindowName] = key.Label,
        [PullName] = pull,
        [AtName] = at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
    };

    /// <summary>Looks at a file by its footer; null when it has gone.</summary>
    /// <exception cref="EtlException">It is damaged.</exception>
    public static QuarantinedPull? Look(string path)
    {
        using var reader = Open(path);
        if (reader is null) return null;
        var footer = reader.Metadata;
        if (!footer.TryGetValue(JobName, out var job) || !footer.TryGetValue(SourceName, out var source) || !footer.TryGetValue(AccountName, out var account)
            || !footer.TryGetValue(WindowName, out var label) || !footer.TryGetValue(PullName, out var pull)
            || !DateTimeOffset.TryParse(footer.GetValueOrDefault(AtName), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            throw Damaged(path, "its footer does not say whose rows it holds");
        }
        return new QuarantinedPull(new WindowKey(job, source, account, label), pull, at, reader.RowCount, path);
    }

    /// <summary>Reads the rows; none when the file has gone.</summary>
    /// <exception cref="EtlException">It is damaged.</exception>
    public static IEnumerable<RefusedRow> Read(string path)
    {
        using var reader = Open(path);
        if (reader is null) yield break;
        if (!reader.Schema.Columns.SequenceEqual(ParquetRows.Schema(Schema).Columns)) throw Damaged(path, "its columns are not those of a quarantine");
        var columns = new ParquetBatch(reader.Schema);
        var batch = new RowBatch(Schema);
        var index = 0;
        while (Next(reader, columns, path))
        {
            ParquetRows.Load(batch, columns);
            for (var row = 0; row < batch.RowCount; row++) yield return Refused(batch, row, index++, path);
        }
    }

    private static RefusedRow Refused(RowBatch batch, int row, int index, string path)
    {
        try
        {
            return new RefusedRow(index, batch.Fixed<long>(Row).Values[row], Text(Raw), JsonSerializer.Deserialize<List<RefusedCell>>(Text(Reasons), s_json)!)
            {
                Page = (int)batch.Fixed<long>(Page).Values[row],
                Part = Text(Part),
            };
        }
        catch (JsonException)
        {
            throw Damaged(path, "its reasons cannot be read");
        }

        string Text(int column) => Encoding.UTF8.GetString(batch.Text(column)[row]);
    }

    private static bool Next(ParquetReader reader, ParquetBatch columns, string path)
    {
        try
        {
            return reader.Read(columns, BatchRows) > 0;
        }
        catch (ParquetFormatException fault)
        {
            throw Damaged(path, fault.Message);
        }
    }

    private static ParquetReader? Open(string path)
    {
        try
        {
            return ParquetReader.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "read the quarantine", path);
        }
        catch (ParquetFormatException fault)
        {
            throw Damaged(path, fault.Message);
        }
    }

    private static EtlException Damaged(string path, string why) => new(
        FaultKind.Window, $"The quarantine file '{path}' is damaged: {why.TrimEnd('.')}. Delete it; its rows come again when its window is pulled again with --force.")
    { Code = "quarantine-damaged" };
}

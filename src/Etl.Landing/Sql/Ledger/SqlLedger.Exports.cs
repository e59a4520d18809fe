using Dapper;
using Etl.Core.Exports;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : IExportStore
{
    /// <summary>Makes the row that an export's numbers are taken from, unless it is there.</summary>
    private protected virtual string InsertExportNumber =>
        "INSERT INTO etl_export_number (job, export, last_number) VALUES (@job, @export, 0) ON CONFLICT (job, export) DO NOTHING";

    /// <inheritdoc/>
    public Task<ExportRecord> BeginExportAsync(string job, string export, CancellationToken cancellation) =>
        WriteAsync($"number a file of export '{job}/{export}'", async (connection, transaction) =>
        {
            await connection.ExecuteAsync(InsertExportNumber, new { job, export }, transaction);
            // The row stays locked until the commit, so nobody else reads the same number.
            await connection.ExecuteAsync("UPDATE etl_export_number SET last_number = last_number + 1 WHERE job = @job AND export = @export", new { job, export }, transaction);
            await connection.ExecuteAsync(
                $"""
                INSERT INTO etl_export (job, export, number, state, made_at, file_name, byte_count, row_count, sha256, inputs, leads, batches)
                SELECT job, export, last_number, 'begun', {NowText}, '', 0, 0, '', '', '', 0 FROM etl_export_number WHERE job = @job AND export = @export
                """,
                new { job, export }, transaction);
            var row = await connection.QuerySingleAsync<ExportRow>(
                $"SELECT {ExportRow.Columns} FROM etl_export WHERE job = @job AND export = @export AND number = (SELECT last_number FROM etl_export_number WHERE job = @job AND export = @export)",
                new { job, export }, transaction);
            return row.ToRecord();
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> ChangeExportAsync(ExportRecord record, ExportState from, CancellationToken cancellation) =>
        WriteAsync($"store how file {record.Sequence} of export '{record.Job}/{record.Export}' stands", async (connection, transaction) =>
        {
            var changed = await connection.ExecuteAsync(
                """
                UPDATE etl_export SET state = @state, made_at = @madeAt, file_name = @File, byte_count = @Bytes, row_count = @Rows, sha256 = @Sha256,
                    inputs = @Inputs, leads = @Leads, batches = @Batches, accepted_at = @acceptedAt
                WHERE job = @Job AND export = @Export AND number = @Sequence AND state = @from
                """,
                new
                {
                    record.Job, record.Export, record.Sequence, record.File, record.Bytes, record.Rows, record.Sha256, record.Inputs, record.Leads, record.Batches,
                    state = LedgerText.Of(record.State), from = LedgerText.Of(from), madeAt = LedgerText.Of(record.MadeAt),
                    acceptedAt = record.AcceptedAt is { } at ? LedgerText.Of(at) : null,
                },
                transaction);
            return changed == 1;
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExportRecord>> ExportsAsync(string? job, string? export, long since, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<ExportRecord>>("list exports", async connection =>
        {
            var only = (job is null ? "" : " AND job = @job") + (export is null ? "" : " AND export = @export");
            var rows = await connection.QueryAsync<ExportRow>($"SELECT {ExportRow.Columns} FROM etl_export WHERE number >= @since{only}", new { job, export, since });
            return
            [
                .. rows.Select(r => r.ToRecord())
                    .OrderBy(r => r.Job, StringComparer.Ordinal).ThenBy(r => r.Export, StringComparer.Ordinal).ThenBy(r => r.Sequence),
            ];
        }, cancellation);

    /// <inheritdoc/>
    public Task<ExportRecord?> LastAcceptedAsync(string job, string export, CancellationToken cancellation) =>
        ReadAsync($"read the last accepted file of export '{job}/{export}'", async connection =>
        {
            const string ofExport = "FROM etl_export WHERE job = @job AND export = @export AND state = 'accepted'";
            var row = await connection.QuerySingleOrDefaultAsync<ExportRow>(
                $"SELECT {ExportRow.Columns} {ofExport} AND number = (SELECT MAX(number) {ofExport})", new { job, export });
            return row?.ToRecord();
        }, cancellation);

    private sealed class ExportRow
    {
        public const string Columns = """
            job AS Job, export AS Export, number AS Sequence, state AS State, made_at AS MadeAt, file_name AS FileName, byte_count AS ByteTotal, row_count AS RowTotal,
            sha256 AS Sha256, inputs AS Inputs, leads AS Leads, batches AS Batches, accepted_at AS AcceptedAt
            """;

        public string Job { get; set; } = "";
        public string Export { get; set; } = "";
        public long Sequence { get; set; }
        public string State { get; set; } = "";
        public string MadeAt { get; set; } = "";
        public string FileName { get; set; } = "";
        public long ByteTotal { get; set; }
        public long RowTotal { get; set; }
        public string Sha256 { get; set; } = "";
        public string Inputs { get; set; } = "";
        public string Leads { get; set; } = "";
        public long Batches { get; set; }
        public string? AcceptedAt { get; set; }

        public ExportRecord ToRecord() => new()
        {
            Job = Job, Export = Export, Sequence = Sequence, State = LedgerText.Read<ExportState>(State), MadeAt = LedgerText.Instant(MadeAt), File = FileName, Bytes = ByteTotal,
            Rows = RowTotal, Sha256 = Sha256, Inputs = Inputs, Leads = Leads, Batches = (int)Batches, AcceptedAt = LedgerText.InstantOrNull(AcceptedAt),
        };
    }
}

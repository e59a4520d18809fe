using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Pulls one question as one report file: a chain of one page. Whatever is wrong with a file, the next try is a new file
/// from a new address; rows of two files never mix. That the file is whole is known from its own count, from its totals, and
/// from its last byte: a server that ran out of space writes a short file and answers 200 (reliability K8).
/// </summary>
internal sealed class CsvChain(PullContext pull, CsvLabels labels) : IChainRunner
{
    /// <summary>Rows beyond which no file reaches: page size times page number (wire facts 3.7).</summary>
    public const int Cap = 60_000;

    private readonly DownloadGate _gate = new(pull.Connection.Settings, pull.Connection.Api.Mask);
    private int _files;

    /// <inheritdoc/>
    public async Task<ChainResult> RunAsync(ReportQuery query, IRowTarget target, string part, CancellationToken cancellation)
    {
        var rowsBefore = pull.Log.Rows;
        for (var before = 0; ; before++)
        {
            pull.Log.Rows = rowsBefore;
            try
            {
                return await OnceAsync(query, target, part, cancellation).ConfigureAwait(false);
            }
            catch (RestartException e)
            {
                if (before >= (e.Fault.IsTransient ? pull.Connection.Settings.Retry.MaxRestarts : 1)) throw ChainRunner.Failed(pull, e);
                pull.Log.Restarts.Add(e.Fault.Message);
                await Task.Delay(pull.Connection.Retry.Wait(before, e.Fault), pull.Connection.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<ChainResult> OnceAsync(ReportQuery query, IRowTarget target, string part, CancellationToken cancellation)
    {
        var request = query.Csv($"Report {query.Report.Id} {pull.Request.Window.Label}", labels.Text, Cap);
        var url = await ExportUrl.AskAsync(pull, _gate, request, cancellation).ConfigureAwait(false);
        var kept = new ChainRows(pull, target, part);
        var ordinal = ++_files;
        var report = await ReadAsync(url, kept, ordinal, cancellation).ConfigureAwait(false);
        if (report.Error is { } error) throw Restart(part, Error(error));
        var proof = new PageProof(1, Cap, report.Rows, report.AnnouncedRows, report.Bytes, report.Sha256);
        var totals = report.Totals is { } sums ? new TotalReply(sums.Header, sums.Unguarded, null) : null;
        var facts = FactsOf(report, totals, request);
        var end = CompletenessRule.Judge(facts);
        if (end.Step == Step.Totals)
        {
            totals = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
            end = CompletenessRule.Judge(facts with { Totals = TotalsFacts.Of(totals) });
        }
        if (end.Step is Step.Restart or Step.Refuse) throw end.Fault(pull, part);
        if (end.Note is { } note) pull.Note(note);
        var table = report.Header is null ? pull.Binder.ExpectedTable() : pull.Bind(labels.Table);
        await kept.StartAsync(table, cancellation).ConfigureAwait(false);
        return new ChainResult(ChainResult.EndOf(end), new ChainProof(part, [proof], end.Word), kept.Count, kept.Keys, kept.Sums)
        {
            Table = report.Rows == 0 ? null : table,
            Unresolved = kept.Unresolved,
            Totals = totals,
        };
    }

    private async Task<CsvReport> ReadAsync(DownloadUrl url, ChainRows kept, int ordinal, CancellationToken cancellation)
    {
        const string What = "report file";
        var limits = pull.Connection.Settings.Downloads;
        try
        {
            var file = await pull.Files.OpenAsync(What, url, pull.Log.Meter, cancellation).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                BoundTable? table = null;
                var report = await CsvReportReader.ReadAsync(
                    file.Body,
                    new CsvReadOptions { MaxFileBytes = limits.MaxFileBytes },
                    header => (table = Bind(header)).Plan,
                    async (batch, token) =>
                    {
                        // One file is one page: keys that stand twice in it are left to the job's own check.
                        await kept.TryKeepAsync(table!, batch, ordinal, token).ConfigureAwait(false);
                        pull.Progress("report file");
                    },
                    cancellation).ConfigureAwait(false);
                if (file.Resumed > 0) pull.Note($"The connection of file {ordinal} broke {file.Resumed} time(s); the rest was asked for by range.");
                pull.Log.Bytes += report.Bytes;
                return report;
            }
        }
        catch (ReportFormatException e) when (e.Code != ReportFormatException.TooLarge)
        {
            throw new RestartException(RestartKind.Unsound, PageReader.Unsound(What, e));
        }
        catch (ApiException e) when (e.IsTransient)
        {
            throw new RestartException(RestartKind.Unsound, e);
        }
    }

    private BoundTable Bind(IReadOnlyList<string> header) =>
        header.SequenceEqual(labels.Table, StringComparer.Ordinal) ? pull.Bind(labels.Table)
            : throw new ReportFormatException(ReportFormatException.BadHeader, "The table of the file has other labels than were asked for.");

    private ChainFacts FactsOf(CsvReport report, TotalReply? totals, ApiRequest request)
    {
        var file = new PageFacts(1, Cap, report.Rows)
        {
            TotalCount = report.AnnouncedRows,
            HasOtherTitle = report.Title != request.Fields.First(f => f.Key == "reportTitle").Value,
            LacksTotals = labels.Totals.Count > 0 && !(report.Totals?.Header ?? []).SequenceEqual(labels.Totals, StringComparer.Ordinal),
            Bytes = report.Bytes,
            Sha256 = report.Sha256,
        };
        return new ChainFacts(Route.ReportFile, Cap)
        {
            HasTotals = pull.Report.SupportsTotal,
            Pages = [file],
            TotalsInFile = totals is null ? null : TotalsFacts.Of(totals),
        };
    }

    private ApiException Error(ServiceError error)
    {
        var fault = ErrorRules.Exception("report file", error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
        // The session in the address is not ours to renew: a new address has a new one.
        return new ApiException(fault.Kind, fault.Message) { Code = fault.Code, IsTransient = true, MaxAttempts = 1 };
    }

    private static RestartException Restart(string part, EtlException fault) => new(RestartKind.Unsound, part.Length == 0 ? fault
        : new EtlException(fault.Kind, $"Part {part}: {fault.Message}") { Code = fault.Code, IsTransient = fault.IsTransient, IsOfWindow = fault.IsOfWindow });
}

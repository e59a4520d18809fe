using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Microservice;

/// <summary>
/// Fetches the file of a background report. Nothing announces its rows: the transport's length and the last line feed tell that
/// it is whole. A file without rows, or without the last line feed, is fetched a second time and has to be the same.
/// </summary>
internal sealed class BackgroundFile(PullContext pull, IRowTarget target)
{
    /// <summary>Reads the file into the target, again from the beginning where that helps.</summary>
    /// <returns>Its table and its rows.</returns>
    public async Task<(BoundTable Table, long Rows)> RunAsync(string handle, CancellationToken cancellation)
    {
        var rowsBefore = pull.Log.Rows;
        for (var before = 0; ; before++)
        {
            pull.Log.Rows = rowsBefore;
            try
            {
                return await OnceAsync(handle, cancellation).ConfigureAwait(false);
            }
            catch (RestartException e)
            {
                if (before >= pull.Connection.Settings.Retry.MaxRestarts) throw ChainRunner.Failed(pull, e);
                pull.Log.Restarts.Add(e.Fault.Message);
                await Task.Delay(pull.Connection.Retry.Wait(before, e.Fault), pull.Connection.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<(BoundTable Table, long Rows)> OnceAsync(string handle, CancellationToken cancellation)
    {
        pull.Progress("fetching the report");
        var kept = new ChainRows(pull, target, part: "");
        List<PageProof> proofs = [];
        var file = await ReadAsync(handle, proofs, (table, batch, token) => KeepAsync(kept, table, batch, token), cancellation).ConfigureAwait(false);
        var facts = new ChainFacts(Route.BackgroundFile, int.MaxValue) { Pages = [FactsOf(file)] };
        var end = CompletenessRule.Judge(facts);
        if (end.Step == Step.Again)
        {
            var again = await ReadAsync(handle, proofs, (_, _, _) => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
            end = CompletenessRule.Judge(facts with { Again = FactsOf(again) });
        }
        if (end.Step == Step.Restart) throw end.Fault(pull, "");
        if (end.Note is { } note) pull.Note(note);
        var bound = pull.Bind(file.Header!);
        await kept.StartAsync(bound, cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(new ChainProof("", proofs, end.Word));
        return (bound, file.Rows);
    }

    private static PageFacts FactsOf(CustomCsv file) => new(1, 0, file.Rows) { HasOpenEnd = file.HasOpenEnd, Bytes = file.Bytes, Sha256 = file.Sha256 };

    private static async ValueTask KeepAsync(ChainRows kept, BoundTable table, RowBatch batch, CancellationToken cancellation) =>
        await kept.TryKeepAsync(table, batch, 1, cancellation).ConfigureAwait(false);

    private Task<CustomCsv> ReadAsync(
        string handle, List<PageProof> proofs, Func<BoundTable, RowBatch, CancellationToken, ValueTask> take, CancellationToken cancellation)
    {
        var request = MicroserviceQuery.File(handle);
        return pull.CallAsync(request, async (body, token) =>
        {
            var handedOn = false;
            BoundTable? table = null;
            CustomCsv file;
            try
            {
                file = await BackgroundCsvReader.ReadAsync(
                    body,
                    new CsvReadOptions { MaxFileBytes = pull.Connection.Settings.Downloads.MaxFileBytes },
                    header => (table = pull.Bind(header)).Plan,
                    async (batch, t) =>
                    {
                        handedOn = true;
                        await take(table!, batch, t).ConfigureAwait(false);
                    },
                    token).ConfigureAwait(false);
            }
            catch (EtlException e) when (e is ReportFormatException or { IsTransient: true })
            {
                var fault = e is ReportFormatException format ? PageReader.Unsound(request.What, format) : e;
                throw handedOn && fault.IsTransient ? new RestartException(RestartKind.Unsound, fault) : fault;
            }
            if (file.Error is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
            pull.Log.Bytes += file.Bytes;
            // A file is asked for whole: no number of rows.
            proofs.Add(new PageProof(1, 0, file.Rows, null, file.Bytes, file.Sha256));
            pull.Progress("report fetched");
            return file;
        }, cancellation);
    }
}

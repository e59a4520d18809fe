using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>Pulls one question to a custom report as one file. Nothing announces its rows: the transport's length and the last line feed tell that it is whole.</summary>
internal sealed class CustomChain(PullContext pull)
{
    /// <summary>Rows at which the service cuts a file without a mark (wire facts 4.3).</summary>
    public const int Cap = 100_000;

    private int _files;

    /// <summary>Runs the question into a target, again from the beginning where that helps.</summary>
    public async Task<ChainResult> RunAsync(CustomQuery query, IRowTarget target, string part, CancellationToken cancellation)
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
                if (before >= pull.Connection.Settings.Retry.MaxRestarts) throw ChainRunner.Failed(pull, e);
                pull.Log.Restarts.Add(e.Fault.Message);
                await Task.Delay(pull.Connection.Retry.Wait(before, e.Fault), pull.Connection.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<ChainResult> OnceAsync(CustomQuery query, IRowTarget target, string part, CancellationToken cancellation)
    {
        var kept = new ChainRows(pull, target, part);
        List<PageProof> proofs = [];
        var file = await ReadAsync(query, kept, proofs, cancellation).ConfigureAwait(false);
        var table = pull.Bind(file.Header!);
        var facts = new ChainFacts(Route.CustomFile, Cap) { Pages = [FactsOf(file)] };
        var end = CompletenessRule.Judge(facts);
        if (end.Step == Step.Again) end = CompletenessRule.Judge(facts with { Again = FactsOf(await ReadAsync(query, kept, proofs, cancellation).ConfigureAwait(false)) });
        if (end.Step is Step.Restart or Step.Refuse) throw end.Fault(pull, "");
        if (end.Note is { } note) pull.Note(note);
        await kept.StartAsync(table, cancellation).ConfigureAwait(false);
        return new ChainResult(ChainResult.EndOf(end), new ChainProof(part, proofs, end.Word), kept.Count, kept.Keys, kept.Sums) { Table = table };
    }

    private static PageFacts FactsOf(CustomCsv file) => new(1, Cap, file.Rows) { HasOpenEnd = file.HasOpenEnd, Bytes = file.Bytes, Sha256 = file.Sha256 };

    private Task<CustomCsv> ReadAsync(CustomQuery query, ChainRows kept, List<PageProof> proofs, CancellationToken cancellation)
    {
        var request = query.Request();
        return pull.CallAsync(request, async (body, token) =>
        {
            var ordinal = ++_files;
            var handedOn = false;
            BoundTable? table = null;
            CustomCsv file;
            try
            {
                file = await CustomCsvReader.ReadAsync(
                    body,
                    new CsvReadOptions { MaxFileBytes = pull.Connection.Settings.Limits.MaxBodyBytes },
                    header => (table = Bind(header)).Plan,
                    async (batch, t) =>
                    {
                        handedOn = true;
                        await kept.TryKeepAsync(table!, batch, ordinal, t).ConfigureAwait(false);
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
            proofs.Add(new PageProof(1, Cap, file.Rows, null, file.Bytes, file.Sha256));
            pull.Progress("custom report");
            return file;
        }, cancellation);
    }

    private BoundTable Bind(IReadOnlyList<string> header)
    {
        if (header.FirstOrDefault(h => pull.Spec.Exclude.Contains(h, StringComparer.Ordinal)) is { } kept)
            throw pull.Fault("excluded-column", $"the service sent the column '{kept}', which the job excludes.");
        return pull.Bind(header);
    }
}

using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Raw;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>What all requests of one pull share: connection, sink, the reader, and the proof as it grows.</summary>
internal sealed class PullContext
{
    /// <summary>Rank beyond which no request of a table reaches, unless the catalogue knows a lower one (wire facts 3.7).</summary>
    public const int ServiceCap = 12_000;

    private readonly List<string> _notes = [];
    private readonly List<BoundTable> _bound = [];
    private KalturaApiClient? _api;
    private IReportFiles? _files;

    public required KalturaConnection Connection { get; init; }
    public required SourceSpec Spec { get; init; }
    public required ReportType Report { get; init; }
    public required PullRequest Request { get; init; }
    public required IPullSink Sink { get; init; }
    public required TableBinder Binder { get; init; }
    public required ReportTableReader Reader { get; init; }
    public required string Account { get; init; }

    /// <summary>What other sources of the job will ask for this window: asked along with the first call.</summary>
    public IReadOnlyList<ApiRequest> Siblings { get; init; } = [];

    /// <summary>What was done so far; shared with the listing of another report's values.</summary>
    public PullLog Log { get; init; } = new();

    /// <summary>Rows to ask per page now: the job's, until the server clamps or times out.</summary>
    public int PageSize { get; set; }

    /// <summary>True when the server gives no larger pages than <see cref="PageSize"/>, or cannot compute them in time.</summary>
    public bool LargePagesFail { get; set; }

    /// <summary>
    /// Rows that a full answer of the report can hold. A lower hint of the catalogue that is a fixed number of rows
    /// (percentiles) is no cap.
    /// </summary>
    public int Cap => FileCap ?? (Report.MaxRows is { } rows and >= 1000 and < ServiceCap ? rows : ServiceCap);

    /// <summary>Rows that a full file of an export holds; null for tables.</summary>
    public int? FileCap { get; init; }

    /// <summary>What a source pulls a window with.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="catalog">What is known of columns.</param>
    /// <param name="spec">The source.</param>
    /// <param name="report">Its report.</param>
    /// <param name="request">The window.</param>
    /// <param name="sink">Takes the rows.</param>
    /// <param name="account">The account.</param>
    /// <param name="interval">Interval of its dates.</param>
    /// <param name="fileCap">Rows of a full file; null for tables.</param>
    /// <param name="siblings">What is asked along; nothing by default.</param>
    public static PullContext Of(
        KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, PullRequest request, IPullSink sink, string account,
        string interval = "days", int? fileCap = null, IReadOnlyList<ApiRequest>? siblings = null) => new()
        {
            Connection = connection,
            Spec = spec,
            Report = report,
            Request = request,
            Sink = sink,
            Binder = new TableBinder(catalog, report, interval, request.SchemaPolicy, request.TimeZoneOffsetMinutes)
            {
                IsVariant = report.HasVariant(spec, interval),
                StaysText = request.StaysText,
            },
            Reader = new ReportTableReader(new ReportTableOptions { Delimiter = spec.Delimiter, MaxBodyBytes = connection.Settings.Limits.MaxBodyBytes }),
            Account = account,
            FileCap = fileCap,
            Siblings = siblings ?? [],
        };

    /// <summary>Binds a header; the same header gives the same object, so that readers keep their batches.</summary>
    public BoundTable Bind(IReadOnlyList<string> header)
    {
        if (_bound.Find(b => b.Header.SequenceEqual(header, StringComparer.Ordinal)) is { } known) return known;
        var table = Binder.Table(header);
        // Objects leave such fields out; a column of a table cannot be.
        if (table.Schema.Columns.FirstOrDefault(c => !c.Known && SystemColumns.IsOne(c.Name)) is { } taken)
            throw Fault("bad-header", $"the service sent a column '{taken.Name}', a name that etl gives to a column of its own. 'schema: ignore' lands it in '{SystemColumns.Extra.Name}'.");
        _bound.Add(table);
        foreach (var note in table.Notes) Note(note);
        return table;
    }

    /// <summary>Adds a note once.</summary>
    public void Note(string note)
    {
        if (!_notes.Contains(note)) _notes.Add(note);
    }

    /// <summary>Calls the service for this pull's account, with the source's privileges; what comes back is captured.</summary>
    public Task<T> CallAsync<T>(ApiRequest request, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        Log.Meter.Tell ??= Progress;
        _api ??= Connection.Api.Over(t => new CapturingTransport(t, Sink, Connection.Api.Mask));
        return _api.CallAsync(request, Account, Spec.Privileges, read, Log.Meter, cancellation);
    }

    /// <summary>
    /// The same in one round trip with other questions, whose answers wait on the shelf.
    /// </summary>
    /// <param name="request">The call.</param>
    /// <param name="along">The other ones; may be empty.</param>
    /// <param name="read">Reads the first answer to its end, and then the others by calling its second argument: damage there is damage of the whole.</param>
    /// <param name="cancellation">Stops waiting and reading.</param>
    public Task<T> CallAsync<T>(
        ApiRequest request, IReadOnlyList<ApiRequest> along, Func<Stream, Func<Task>, CancellationToken, Task<T>> read, CancellationToken cancellation) =>
        along.Count == 0
            ? CallAsync(request, (body, token) => read(body, () => Task.CompletedTask, token), cancellation)
            : CallAsync(Multirequest.Of([request, .. along]), async (body, token) =>
            {
                var parts = new MultirequestBody(body);
                var first = await parts.NextAsync(token).ConfigureAwait(false) ?? Stream.Null;
                return await read(first, () => Connection.Shelf.FillAsync(Request, along, parts, token), token).ConfigureAwait(false);
            }, cancellation);

    /// <summary>The body of an answer from the shelf; captured where it came with another pull, whose recording is not this one's.</summary>
    public Stream Shelved(ApiRequest request, ShelvedAnswer answer)
    {
        var body = new MemoryStream(answer.Body, writable: false);
        return answer.Pull == Request.PullId ? body : new CapturedBody(body, body, Sink.OpenRaw(RawRequests.Shelved(request, Connection.Api.Mask)), Connection.Api.Mask, request.Secrets);
    }

    /// <summary>Fetches report files; they are captured.</summary>
    public IReportFiles Files => _files ??= new CapturingFiles(Connection.Files, Sink, Connection.Api.Mask);

    /// <summary>The same pull, asking another report.</summary>
    public PullContext For(ReportType report, TableBinder binder) => new()
    {
        Connection = Connection,
        Spec = Spec,
        Report = report,
        Request = Request,
        Sink = Sink,
        Binder = binder,
        Reader = Reader,
        Account = Account,
        Log = Log,
        PageSize = PageSize,
        LargePagesFail = LargePagesFail,
    };

    /// <summary>Tells how far the pull is.</summary>
    public void Progress(string doing) => Sink.Report(new PullProgress(Log.Meter.Calls, Log.Rows, Log.Bytes, doing));

    /// <summary>Report and window, for messages.</summary>
    public string Name => $"Report {Report.Id}{(Report.Name == Report.Id ? "" : $" ({Report.Name})")}, window {Request.Window.Label}";

    /// <summary>Makes a fault of this pull's data, naming report and window.</summary>
    public EtlException Fault(string code, string found, bool transient = false, int? page = null) =>
        new(FaultKind.Window, $"{Name}: {found}") { Code = code, IsTransient = transient, IsOfWindow = true, Page = page };

    /// <summary>The proof so far.</summary>
    public PullProof Proof(bool knownEmpty) => new()
    {
        Chains = [.. Log.Chains],
        Restarts = [.. Log.Restarts],
        Splits = [.. Log.Splits],
        Notes = [.. _notes],
        KnownEmpty = knownEmpty,
        Calls = Log.Meter.Calls,
        Bytes = Log.Bytes,
    };
}

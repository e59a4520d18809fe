using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Microservice;

/// <summary>
/// Pulls a background report of the reports microservice (<c>action: microservice</c>; guide 004, section 10; wire facts 9). Its columns
/// are not published: known names are typed as in other reports, others follow the job's schema policy.
/// </summary>
internal sealed class MicroserviceSource : ISource
{
    private readonly KalturaConnection _connection;
    private readonly ICatalog _catalog;
    private readonly SourceSpec _spec;
    private readonly ReportType _report;
    private readonly BackgroundRequest _facts;
    private readonly string _account;

    public MicroserviceSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    {
        (_connection, _catalog, _spec, _account) = (connection, catalog, spec, account);
        var listed = MicroserviceRules.ReportOf(spec, catalog);
        _facts = MicroserviceRules.FactsOf(spec, listed);
        _report = listed ?? new ReportType { Id = spec.Background!, Name = spec.Background! };
    }

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var handles = request.Handles ?? throw new InvalidOperationException("A background report needs a place for its handle.");
        // Before a session is asked for.
        _ = SideService.Reports.Root(_connection.Settings);
        var pull = PullContext.Of(_connection, _catalog, _spec, _report, request, sink, _account);
        var query = new MicroserviceQuery(_spec, _facts, request);
        CheckDays(pull, query);
        var file = new BackgroundFile(pull, new SinkTarget(sink));
        var (table, rows) = await new BackgroundReport(pull, query, handles).RunAsync(file.RunAsync, cancellation).ConfigureAwait(false);
        return new PullOutcome(table.Schema, rows, null, pull.Proof(knownEmpty: rows == 0));
    }

    public PullForecast Forecast(PullRequest request) => new(3, _facts.Dates == BackgroundDates.None
        ? "none known; takes no dates, so each window holds all there is; written in the background, often for 10 to 15 minutes"
        : "none known; written in the background, often for 10 to 15 minutes");

    // Days are sent without a zone, and are taken as UTC.
    private void CheckDays(PullContext pull, MicroserviceQuery query)
    {
        var window = pull.Request.Window;
        if (_facts.Dates == BackgroundDates.None) pull.Note("The report takes no dates: it holds all there is, whatever the window.");
        if (_facts.Dates != BackgroundDates.Iso) return;
        if (window.Unit is not (WindowUnit.Day or WindowUnit.Month))
        {
            throw new EtlException(FaultKind.Usage, $"{pull.Name}: the report takes whole days only, and the window is shorter. Write 'window: {{ every: day }}'.")
            { Code = "bad-window" };
        }
        var over = new DateTimeOffset(query.LastDay.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
        if (_connection.Clock.GetUtcNow() < over)
        {
            throw pull.Fault("too-early", string.Create(CultureInfo.InvariantCulture,
                $"the report counts days in UTC, and {query.LastDay:yyyy-MM-dd} ends there at {over:yyyy-MM-dd HH:mm} UTC. Run again then, or raise 'settle' by {(over - window.To).TotalHours:0.#} h or more."));
        }
        if (pull.Request.TimeZone is not ("UTC" or "Etc/UTC")) pull.Note("The report takes days without a time zone: they are the service's own, taken as UTC, and not the job's.");
    }
}

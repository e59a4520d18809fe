using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Events.Source;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Lists;
using Etl.Kaltura.Live;
using Etl.Kaltura.Microservice;

namespace Etl.Kaltura.Reports;

/// <summary>Makes sources of the report service over one connection.</summary>
/// <param name="connection">The connection.</param>
/// <param name="catalog">What is known of reports.</param>
/// <param name="looksAhead">True for planning: the service is not asked.</param>
public sealed class KalturaSourceFactory(KalturaConnection connection, ICatalog catalog, bool looksAhead = false) : ISourceFactory, ILiveSourceFactory
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) => spec switch
    {
        { AccountsFrom: { } report } => looksAhead ? null : await AccountList.FindAsync(connection, catalog, report, from, to, cancellation).ConfigureAwait(false),
        { Accounts.Count: > 0 } => spec.Accounts,
        _ => [connection.Settings.PartnerId],
    };

    /// <inheritdoc/>
    public ISource Create(SourceSpec spec, string account)
    {
        spec = Checked(spec);
        if (LiveRules.Actions.Contains(spec.Action))
        {
            throw new EtlException(FaultKind.Usage, $"Action '{spec.Action}' tells what is going on now and has no windows of the past. Run the job with '--for'.")
            { Code = "live-source" };
        }
        if (spec.Action == CustomRules.Action) return new CustomCsvSource(connection, catalog, spec, account);
        if (spec.Action == MicroserviceRules.Action) return new MicroserviceSource(connection, catalog, spec, account);
        if (spec.Action == ListRules.Entries) return new EntrySource(connection, catalog, spec, account);
        if (spec.Action == ListRules.Captions) return new CaptionSource(connection, catalog, spec, account);
        if (spec.Action == ListRules.Events) return new EventsSource(connection, catalog, spec, account);
        var report = catalog.FindReport(spec.Report!)!;
        return spec.Action switch
        {
            SourceSpecRules.Total => new TotalSource(connection, catalog, spec, report, account),
            SourceSpecRules.Graphs => new GraphSource(connection, catalog, spec, report, account),
            SourceSpecRules.BaseTotal => new BaseTotalSource(connection, catalog, spec, report, account),
            SourceSpecRules.Csv => new CsvSource(connection, catalog, spec, report, account),
            _ => new TableSource(connection, catalog, spec, report, account),
        };
    }

    /// <inheritdoc/>
    public ILiveSource CreateLive(SourceSpec spec, string account)
    {
        spec = Checked(spec);
        if (LiveRules.CheckLive(spec, live: true).FirstOrDefault() is { Message: { } fault })
            throw new EtlException(FaultKind.Usage, fault) { Code = "bad-source" };
        return spec.Action switch
        {
            LiveRules.Events => new LiveEvents(connection, catalog, spec, account),
            LiveRules.Beacons => new Beacons(connection, catalog, spec, account),
            LiveRules.StreamStatus => new StreamStatus(connection, catalog, spec, account),
            _ => new RealtimeTable(connection, catalog, spec, catalog.FindReport(spec.Report!)!, account),
        };
    }

    private SourceSpec Checked(SourceSpec spec)
    {
        if (SourceSpecRules.Check(spec, catalog) is [var fault, ..])
            throw new EtlException(FaultKind.Usage, $"source.{fault.Path}: {fault.Message}") { Code = "bad-source" };
        if (spec.Action == CustomRules.Action) spec = spec with { Privileges = CustomRules.PrivilegesOf(spec, CustomRules.FactsOf(spec, catalog)) };
        if (spec.Action == MicroserviceRules.Action) spec = spec with { Privileges = MicroserviceRules.PrivilegesOf(spec, MicroserviceRules.ReportOf(spec, catalog)) };
        if (spec.Privileges.Count > 0 && !connection.Sessions.CanRenew)
        {
            throw new EtlException(FaultKind.Usage,
                $"The source asks for the privilege '{spec.Privileges[0]}', but only a ready-made session is configured (KALTURA_KS), which cannot be changed. Make that session with the privilege and take it out of the job, or set KALTURA_ADMIN_SECRET or an app token.")
            { Code = "privileges" };
        }
        return spec;
    }

    /// <inheritdoc/>
    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind)
    {
        var (path, fault) = SecondPaths.Find(spec, kind, catalog);
        return path ?? throw new EtlException(FaultKind.Usage, $"checks.second-path: {fault}") { Code = "bad-second-path" };
    }
}

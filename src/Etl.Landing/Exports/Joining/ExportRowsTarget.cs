using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;

namespace Etl.Landing.Exports.Joining;

/// <summary>
/// The rows of one source that an export joins, as a dataset of its own that only exports read: no lineage and no restatements stand beside it, since
/// nobody asks it what changed, and names and addresses lie in as few places as can be.
/// </summary>
internal sealed class ExportRowsTarget : ITarget
{
    private readonly ParquetTarget _rows;

    /// <summary>Makes the target.</summary>
    /// <param name="store">See <see cref="ExportRows.StoreOf"/>.</param>
    /// <param name="land">Its item in the job.</param>
    /// <param name="severalAccounts">True when windows of several accounts lie in it.</param>
    /// <param name="warn">Takes one sentence that a person should read.</param>
    public ExportRowsTarget(IObjectStore store, ExportRowsLandSpec land, bool severalAccounts, Action<string> warn)
    {
        Name = NameOf(land);
        _rows = new ParquetTarget(store, new ParquetLandSpec { Dataset = land.From, From = land.From }, severalAccounts, warn);
    }

    /// <inheritdoc/>
    public string Kind => "export";

    /// <inheritdoc/>
    public string Name { get; }

    public static string NameOf(ExportRowsLandSpec land) => $"export:{land.Job}:{land.Export}:{land.From}";

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _rows.Locate(key, window);

    /// <inheritdoc/>
    public Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
        _rows.PrepareAsync(order with { Record = null, Restatement = null }, staged, cancellation);

    /// <inheritdoc/>
    public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => _rows.FindAsync(key, window, cancellation);

    /// <inheritdoc/>
    public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => _rows.OpenPublishedAsync(key, window, cancellation);

    /// <inheritdoc/>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => _rows.SweepAsync(key, window, cancellation);
}

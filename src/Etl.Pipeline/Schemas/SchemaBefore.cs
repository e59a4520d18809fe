using Etl.Core.Columns;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Pipeline.Schemas;

/// <summary>What the ledger knows of the columns that landed before.</summary>
internal sealed record SchemaBefore
{
    /// <summary>Nothing landed yet.</summary>
    public static readonly SchemaBefore Nothing = new();

    /// <summary>Columns of the pull that landed last; null when none did, or when that one asked something else: an answer to another question has other columns.</summary>
    public IReadOnlyList<SchemaColumn>? Landed { get; init; }

    /// <summary>Columns that landed last, whatever was asked: the types that are there.</summary>
    public IReadOnlyList<SchemaColumn> Types { get; init; } = [];

    /// <summary>What the pull is shaped after: <see cref="Types"/> or, for a pull that is replayed, its own columns, so that it comes out as it was.</summary>
    public IReadOnlyList<SchemaColumn> Shape { get; init; } = [];

    /// <summary>Columns that landed as text because the catalogue did not know them.</summary>
    public IReadOnlyCollection<string> StaysText => [.. Shape.Where(c => c is { Known: false, Extra: false, Type: ColumnType.Text }).Select(c => c.Name)];

    /// <summary>Asks the ledger.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="key">The window to be pulled.</param>
    /// <param name="definition">Hash of what is asked now.</param>
    /// <param name="replayed">The pull that is replayed; null for a new one.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<SchemaBefore> AskAsync(ILedger ledger, WindowKey key, string definition, string? replayed, CancellationToken cancellation)
    {
        var last = await ledger.FindLandedSchemaAsync(new JobKey(key.Job, key.Source, key.Account), cancellation).ConfigureAwait(false);
        IReadOnlyList<SchemaColumn> landed = last is null ? [] : RecordedSchema.Read(last.SchemaJson);
        var own = replayed is null ? null : (await ledger.PullsAsync(key, cancellation).ConfigureAwait(false)).FirstOrDefault(p => p.Pull == replayed);
        return new SchemaBefore
        {
            Landed = last?.DefinitionHash == definition ? landed : null,
            Types = landed,
            Shape = own is not null ? RecordedSchema.Read(own.SchemaJson) : landed,
        };
    }
}

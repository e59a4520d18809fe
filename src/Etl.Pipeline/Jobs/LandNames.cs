using Etl.Core.Jobs;

namespace Etl.Pipeline.Jobs;

/// <summary>Names of landings over all jobs, as far as they are known without settings.</summary>
public static class LandNames
{
    /// <summary><c>parquet:content_daily</c>, <c>parquet:lake/content_daily</c> in a store, or <c>table:warehouse:content_daily</c>, or <c>export:nightly:leads:people</c>.</summary>
    public static string Of(LandSpec land) => land switch
    {
        ParquetLandSpec { Store: null } parquet => $"parquet:{parquet.Dataset}",
        ParquetLandSpec parquet => $"parquet:{parquet.Store}/{parquet.Dataset}",
        TableLandSpec table => $"table:{table.Connection}:{table.Table}",
        ExportRowsLandSpec rows => $"export:{rows.Job}:{rows.Export}:{rows.From}",
        AuditLandSpec { Store: null } audit => $"audit:{audit.Log}",
        AuditLandSpec audit => $"audit:{audit.Store}/{audit.Log}",
        _ => throw new ArgumentException($"'{land.GetType().Name}' is no landing that has a name.", nameof(land)),
    };
}

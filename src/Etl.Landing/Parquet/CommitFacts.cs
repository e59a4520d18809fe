using System.Globalization;
using Etl.Core.Targets;
using Etl.Landing.Stores;

namespace Etl.Landing.Parquet;

/// <summary>The facts of a commit record that stand beside an object as well, where its store has a place for them.</summary>
internal static class CommitFacts
{
    /// <summary>As registered for Parquet.</summary>
    public const string ContentType = "application/vnd.apache.parquet";

    public static ObjectFacts Of(LandingOrder order) => new(ContentType, new Dictionary<string, string>
    {
        ["etl_job"] = order.Key.Job,
        ["etl_source"] = order.Key.Source,
        ["etl_account"] = order.Key.Account,
        ["etl_window"] = order.Key.Label,
        ["etl_pull"] = order.Stamp.Pull,
        ["etl_fence"] = order.Stamp.Fence.ToString(CultureInfo.InvariantCulture),
        ["etl_rows"] = order.Stamp.Rows.ToString(CultureInfo.InvariantCulture),
        ["etl_content_hash"] = order.Stamp.ContentHash,
        ["etl_pulled_at"] = order.Stamp.PulledAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
        ["etl_definition"] = order.Stamp.DefinitionHash,
    });
}

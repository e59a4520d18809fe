using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Sqlite;

namespace Etl.Cli.Composition;

/// <summary>Opens the ledger that <c>ETL_LEDGER</c> names, by default <c>sqlite:&lt;data&gt;/ledger.db</c>.</summary>
internal static class LedgerFactory
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>Opens the ledger and makes it when it does not exist.</summary>
    public static async Task<ILedger> OpenAsync(string? setting, string dataFolder, CancellationToken cancellation) =>
        await SqliteLedger.OpenAsync(PathOf(setting, dataFolder), cancellation).ConfigureAwait(false);

    /// <summary>Opens the ledger for commands that must not touch anything: an empty one when there is none yet.</summary>
    public static async Task<ILedger> OpenForReadingAsync(string? setting, string dataFolder, CancellationToken cancellation)
    {
        var path = PathOf(setting, dataFolder);
        return File.Exists(path) ? await SqliteLedger.OpenAsync(path, cancellation).ConfigureAwait(false) : new EmptyLedger();
    }

    private static string PathOf(string? setting, string dataFolder)
    {
        if (setting is null) return Path.Combine(dataFolder, "ledger.db");
        if (setting.StartsWith(SqlitePrefix, StringComparison.Ordinal)) return Path.GetFullPath(setting[SqlitePrefix.Length..]);
        var kind = setting.Split(':')[0];
        throw new EtlException(FaultKind.Usage, $"'ETL_LEDGER' names a ledger of kind '{kind}'; this version knows 'sqlite:<path>'.");
    }
}

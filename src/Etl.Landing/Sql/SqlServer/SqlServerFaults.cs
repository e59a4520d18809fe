using Etl.Core.Errors;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>What the server's error numbers mean for us. Its own words are repeated only where they cannot hold a cell's value.</summary>
internal static class SqlServerFaults
{
    /// <summary>The server, or the way to it, is busy, moving or was lost: the same again has a good chance. A commit among them may have worked.</summary>
    private static readonly HashSet<int> s_passing =
    [
        Deadlock,
        20, 64, 121, 233, 10053, 10054, 10060, // connection lost
        615, 4221, 10928, 10929, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920, // Azure SQL: moving, throttled, too busy
    ];

    public const int LockTimeout = 1222, Deadlock = 1205;

    /// <summary>Of the client's words for a pool that had no connection to give in time, which is no fault of the server and has no number.</summary>
    private const string PoolTimeout = "prior to obtaining a connection from the pool";

    /// <summary>True when all connections of this process's pool were in use for as long as opening one may take.</summary>
    public static bool IsPoolTimeout(Exception fault) => fault is InvalidOperationException && fault.Message.Contains(PoolTimeout, StringComparison.Ordinal);

    /// <summary>Says in words that the pool had no connection to give.</summary>
    /// <param name="setting">The setting that a person would change.</param>
    /// <param name="fault">The cause.</param>
    public static EtlException ExplainPoolTimeout(string setting, Exception fault) => new(
        FaultKind.Window,
        $"Could not open a connection to the SQL Server of {setting}: all that this process may have were in use for too long. Run again; if it stays so, raise 'Max Pool Size' in it, or work on fewer windows at once.",
        fault) { IsTransient = true, Code = "sqlserver" };

    /// <summary>True for a fault after which the same work should be done again at once.</summary>
    public static bool IsPassing(IReadOnlyList<int> numbers) => numbers.Any(s_passing.Contains);

    public static bool IsLockTimeout(IReadOnlyList<int> numbers) => numbers.Contains(LockTimeout);

    /// <summary>Says a fault in words.</summary>
    /// <param name="numbers">Not empty.</param>
    /// <param name="message">The server's words.</param>
    /// <param name="doing">What was attempted.</param>
    /// <param name="setting">The setting that a person would change.</param>
    /// <param name="fault">The cause.</param>
    public static EtlException Explain(IReadOnlyList<int> numbers, string message, string doing, string setting, Exception fault)
    {
        var known = numbers.Select(Meaning).FirstOrDefault(m => m is not null);
        var (kind, transient, showsWords, help) = known ?? (FaultKind.Window, false, true, "This is not expected; the cause is attached.");
        var said = showsWords ? " " + message.ReplaceLineEndings(" ").Trim() : "";
        var words = FormattableString.Invariant($"Could not use the SQL Server of {setting} to {doing}:{said} (error {numbers[0]}) {help}");
        // A cause whose words hold a cell's value must not travel along.
        return new EtlException(kind, words, showsWords ? fault : null) { IsTransient = transient, Code = "sqlserver" };
    }

    private static (FaultKind Kind, bool Transient, bool ShowsWords, string Help)? Meaning(int number) => number switch
    {
        _ when s_passing.Contains(number) => (FaultKind.Window, true, true, "The connection or the server failed for a moment. Run again; a landing that had gone through is found."),
        LockTimeout => (FaultKind.Window, true, true, "Somebody held a lock on the table too long. Run again; if it stays so, look for long queries or READ_COMMITTED_SNAPSHOT being off."),
        -2 => (FaultKind.Window, true, true, "The server took too long. Run again; if it stays so, look at its load."),
        -1 or 0 or 2 or 53 or 258 or 10061 or 11001 => (FaultKind.Window, true, true, "The server cannot be reached. Check that it runs and that 'Server' is right."),
        701 or 802 or 8645 or 8651 => (FaultKind.Window, true, true, "The server is out of memory. Run again later."),
        1101 or 1105 or 9002 or 40544 => (FaultKind.Window, true, true, "The database or its log is full. Make room and run again; nothing was changed."),
        2714 or 1913 => (FaultKind.Window, true, true, "Somebody made the same object at the same time. Run again."),
        208 or 3701 or 4902 => (FaultKind.Window, true, true, "The table is not there any more. Run again."),
        18456 or 18452 or 18470 or 18487 or 18488 or 4060 or 4064 or 916 => (FaultKind.Usage, false, true, "Check the database and the login in the connection string."),
        229 or 230 or 262 or 297 or 300 or 1088 or 2760 or 2557 or 15247 or 15151 or 15135 or 3704 =>
            (FaultKind.Usage, false, true, "The login may not do this. It needs CREATE TABLE and CREATE VIEW in the database and ALTER on the schema. Nothing was changed."),
        1919 => (FaultKind.Usage, false, true, "A column of 'key' landed before without being one, and its type cannot be in an index. Land in a new table, or take it out of 'key'."),
        4922 or 5074 => (FaultKind.Usage, false, true, "A column has to become wider, and something else depends on it. Drop that, usually an index of 'key' that the next landing makes again, and run again."),
        3906 or 3908 or 978 => (FaultKind.Usage, false, true, "The database is read-only. Name another one."),
        1946 or 1908 => (FaultKind.Window, false, false, "The key of a row is too long for an index. Take long columns out of 'key' in the job and land in a new table."),
        2628 or 8152 => (FaultKind.Window, false, false, "A text is longer than its column. Make the column nvarchar(max), or land in a new table."),
        2601 or 2627 or 515 or 547 => (FaultKind.Window, false, false, "The table has a constraint that etl did not make and that a row breaks. Drop it, or land in a new table."),
        220 or 232 or 241 or 242 or 245 or 8115 => (FaultKind.Window, false, false, "A value does not fit its column. Land in a new table."),
        _ => null,
    };
}

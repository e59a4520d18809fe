using System.Collections.Concurrent;
using System.Diagnostics;
using Etl.Core.Errors;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// A database file: opens connections that commit durably (write-ahead log, <c>synchronous = FULL</c>) and wait for
/// other writers, and says the engine's faults in words. Local disks only: the log needs shared memory.
/// </summary>
internal sealed class SqliteDatabase
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> s_turns = [];

    private readonly string _connectionString;
    private readonly string _noun;
    private readonly string _setting;

    static SqliteDatabase() => Batteries_V2.Init();

    /// <param name="path">The file; its folder is made when missing.</param>
    /// <param name="noun">What messages call it: <c>ledger</c> or <c>database</c>.</param>
    /// <param name="setting">The setting that a person would change.</param>
    /// <param name="wait">How long a writer waits for another one; a landing may hold the file as long as it inserts.</param>
    public SqliteDatabase(string path, string noun, string setting, TimeSpan wait)
    {
        Path = System.IO.Path.GetFullPath(path);
        _noun = noun;
        _setting = setting;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = Math.Max(1, (int)wait.TotalSeconds),
        }.ToString();
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    public bool Exists => File.Exists(Path);

    /// <summary>Opens a connection, making the file and its folder when missing.</summary>
    /// <exception cref="EtlException">The file cannot be opened or is no database.</exception>
    public SqliteConnection Open()
    {
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            connection = new SqliteConnection(_connectionString);
            connection.Open();
            // Changing the journal mode needs the file for oneself, asking for it does not.
            if (Ask(connection, "PRAGMA journal_mode") != "wal") Ask(connection, "PRAGMA journal_mode = WAL");
            Ask(connection, "PRAGMA synchronous = FULL");
            return connection;
        }
        catch (Exception fault) when (fault is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection?.Dispose();
            throw Explain(fault, "open it");
        }
    }

    /// <summary>
    /// Waits for this process's turn to write; dispose the result to pass it on. Only saves time: between processes the
    /// file's own lock decides, but who waits for that asks only every 150 ms (and this engine's own wait sleeps whole
    /// seconds), so writers of one process queue here instead.
    /// </summary>
    public async Task<IDisposable> TurnAsync(CancellationToken cancellation)
    {
        var turn = s_turns.GetOrAdd(Path, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation);
        return new Turn(turn);
    }

    /// <summary>Closes the handles that the pool keeps.</summary>
    public void Release()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>
    /// Takes the write lock of the file. The engine's own wait cannot be cancelled, so it is cut into short ones: Ctrl-C is heard
    /// within a second or two however long another process writes.
    /// </summary>
    public static SqliteTransaction Begin(SqliteConnection connection, CancellationToken cancellation)
    {
        var wait = connection.DefaultTimeout;
        var clock = Stopwatch.StartNew();
        connection.DefaultTimeout = 1;
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    return connection.BeginTransaction(deferred: false);
                }
                catch (SqliteException fault) when (fault.SqliteErrorCode == raw.SQLITE_BUSY && clock.Elapsed.TotalSeconds < wait)
                {
                    // Another process writes: ask again.
                }
            }
        }
        finally
        {
            connection.DefaultTimeout = wait;
        }
    }

    /// <summary>
    /// Rolls a transaction back unless it is committed. Where the engine rolled back by itself, as it does on a full disk,
    /// a second rollback would be an error, here and when the connection closes, and hide the fault that led to it.
    /// </summary>
    public static void End(SqliteTransaction transaction)
    {
        if (transaction.Connection is { Handle: { } handle } connection && raw.sqlite3_get_autocommit(handle) != 0)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "BEGIN";
            command.ExecuteNonQuery();
        }
        transaction.Dispose();
    }

    /// <summary>Says what a fault means for a person.</summary>
    public EtlException Explain(Exception fault, string doing)
    {
        var code = (fault as SqliteException)?.SqliteErrorCode ?? raw.SQLITE_CANTOPEN;
        var (kind, transient, help) = code switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
                (FaultKind.Window, true, "Another process kept writing to it for too long. Try again; if it stays so, look for a hung etl process."),
            raw.SQLITE_FULL => (FaultKind.Window, true, "The disk is full. Free some space and run again; nothing was changed."),
            raw.SQLITE_IOERR => (FaultKind.Window, true, "The disk reported an error. Check the disk and its free space, then run again."),
            raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
                (FaultKind.Usage, false, $"The file or its folder cannot be written. Check that the folder exists and may be written, or set {_setting} to 'sqlite:<path>' of another file."),
            raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT =>
                (FaultKind.Usage, false, $"The file is not an SQLite database, or it is damaged. Restore it from a backup, or set {_setting} to 'sqlite:<path>' of another file."),
            _ => (FaultKind.Window, false, "This is not expected; the cause is attached."),
        };
        return new EtlException(kind, $"Could not use the {_noun} '{Path}' to {doing}: {fault.Message} {help}", fault)
        {
            IsTransient = transient,
            Code = "sqlite",
        };
    }

    private static string? Ask(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as string;
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}

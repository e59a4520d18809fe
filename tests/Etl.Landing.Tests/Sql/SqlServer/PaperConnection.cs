using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>A connection to the <see cref="PaperServer"/>.</summary>
internal sealed class PaperConnection(PaperServer server) : DbConnection
{
    private ConnectionState _state = ConnectionState.Open;

    public PaperServer Server => server;

    [AllowNull]
    public override string ConnectionString { get => ""; set => throw new NotSupportedException(); }

    public override string Database => "paper";

    public override string DataSource => "paper";

    public override string ServerVersion => "15.0";

    public override ConnectionState State => _state;

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    public override void Open() => throw new NotSupportedException();

    public override void Close() => _state = ConnectionState.Closed;

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel)
    {
        Assert.NotEqual(IsolationLevel.Unspecified, isolationLevel);
        server.Log.Add("BEGIN");
        return new PaperTransaction(this, isolationLevel);
    }

    protected override DbCommand CreateDbCommand() => new PaperCommand(this);

    protected override void Dispose(bool disposing)
    {
        Close();
        base.Dispose(disposing);
    }
}

internal sealed class PaperTransaction(PaperConnection connection, IsolationLevel isolation) : DbTransaction
{
    private bool _ended;

    public override IsolationLevel IsolationLevel => isolation;

    protected override DbConnection? DbConnection => _ended ? null : connection;

    public override void Commit() => End("COMMIT");

    public override void Rollback() => End("ROLLBACK");

    private void End(string how)
    {
        Assert.False(_ended);
        connection.Server.Log.Add(how);
        if (how == "COMMIT") connection.Server.Before(how);
        _ended = true;
    }
}

/// <summary>A command; its parameters are the real client's, so that what cannot be one shows.</summary>
internal sealed class PaperCommand(PaperConnection connection) : DbCommand
{
    private readonly SqlCommand _parameters = new();

    [AllowNull]
    public override string CommandText { get; set; } = "";

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType { get; set; } = CommandType.Text;

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection { get; set; } = connection;

    protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
    }

    public override void Prepare() => throw new NotSupportedException();

    public override int ExecuteNonQuery()
    {
        Run();
        return connection.Server.Changed(CommandText);
    }

    public override object? ExecuteScalar() => Run() is { Rows: [var row, ..] } ? row[0] : null;

    protected override DbParameter CreateDbParameter() => new SqlParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Run().CreateDataReader();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _parameters.Dispose();
        base.Dispose(disposing);
    }

    private DataTable Run()
    {
        Assert.True(CommandType == CommandType.Text && (DbTransaction is PaperTransaction { Connection: not null } || (DbTransaction is null && !connection.Server.NeedsTransaction)), "Statements run in the session's open transaction.");
        foreach (SqlParameter parameter in _parameters.Parameters) Assert.NotEqual(SqlDbType.DateTime, parameter.SqlDbType);
        return connection.Server.Run(CommandText, _parameters.Parameters);
    }
}

using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Outbound;

namespace Etl.Landing.Connections;

/// <summary>
/// Named places outside a job file. A value is <c>kind:rest</c>; the rest may hold a password and is never repeated in a
/// message. Names resolve through a lookup that the composition root gives (environment, then settings file).
/// </summary>
public sealed class ConnectionSettings
{
    private const string StoreForms = "local:<path>' or 'azure-blob:https://<account>.blob.core.windows.net/<container>";

    private const string AuditKeyVariable = "ETL_AUDIT_KEY";

    private readonly Func<string, string?> _lookup;
    private readonly string _dataFolder;

    /// <summary>Makes the settings.</summary>
    /// <param name="lookup">Value of an environment-style name such as <c>ETL_CONNECTION_WAREHOUSE</c>, or null.</param>
    /// <param name="dataFolder">The data folder, for defaults.</param>
    public ConnectionSettings(Func<string, string?> lookup, string dataFolder)
    {
        _lookup = lookup;
        _dataFolder = Path.GetFullPath(dataFolder);
    }

    /// <summary>The variable that sets a connection: <c>ETL_CONNECTION_</c> and the name in upper case, <c>-</c> as <c>_</c>.</summary>
    public static string VariableOf(string connection) => "ETL_CONNECTION_" + Upper(connection);

    /// <summary>The variable that sets a store for files.</summary>
    public static string StoreVariableOf(string store) => "ETL_STORE_" + Upper(store);

    /// <summary>A connection by name; <c>warehouse</c> is <c>sqlite:&lt;data&gt;/warehouse.db</c> unless set.</summary>
    /// <exception cref="EtlException">The name is not set, or its value has no kind.</exception>
    public ConnectionValue Connection(string name)
    {
        var variable = VariableOf(name);
        var fallback = name == TableLandSpec.DefaultConnection ? "sqlite:" + Path.Combine(_dataFolder, "warehouse.db") : null;
        return Parse(variable, Value(variable) ?? fallback ?? throw NotSet("Connection", name, variable, "sqlite:<path>"), "sqlite:<path>");
    }

    /// <summary>A store for files by name.</summary>
    /// <exception cref="EtlException">The name is not set, or its value has no kind.</exception>
    public ConnectionValue Store(string name)
    {
        var variable = StoreVariableOf(name);
        return Parse(variable, Value(variable) ?? throw NotSet("Store", name, variable, StoreForms), "local:<path>");
    }

    /// <summary>Where the ledger is: <c>ETL_LEDGER</c>, or <c>sqlite:&lt;data&gt;/ledger.db</c>.</summary>
    /// <exception cref="EtlException">The value has no kind.</exception>
    public ConnectionValue Ledger()
    {
        const string variable = "ETL_LEDGER";
        return Parse(variable, Value(variable) ?? "sqlite:" + Path.Combine(_dataFolder, "ledger.db"), "sqlite:<path>");
    }

    /// <summary>The variable that sets the key of one audit log.</summary>
    public static string AuditKeyVariableOf(string log) => $"{AuditKeyVariable}_{Upper(log).Replace('.', '_').Replace('+', '_')}";

    /// <summary>The key that signs an audit log: that of the log, or that of all logs.</summary>
    /// <exception cref="EtlException">None is set, or its value has no kind.</exception>
    public ConnectionValue AuditKey(string log)
    {
        var variable = Value(AuditKeyVariableOf(log)) is null ? AuditKeyVariable : AuditKeyVariableOf(log);
        return Parse(variable, Value(variable) ?? throw NoAuditKey(log), "file:<path>");
    }

    /// <summary>Where time stamps for audit logs are asked for (RFC 3161); null when nowhere.</summary>
    /// <exception cref="EtlException">The value is no http or https URL.</exception>
    public Uri? TimeStampAuthority()
    {
        const string variable = "ETL_AUDIT_TSA";
        if (Value(variable) is not { } value) return null;
        return WebAddress.TryRead(value, out var url)
            ? url
            : throw new EtlException(FaultKind.Usage, $"{variable} is not an http or https URL, such as 'https://tsa.example.com/tsr'.") { Code = "connection" };
    }

    private string? Value(string variable) => _lookup(variable) is { Length: > 0 } value ? value : null;

    private static ConnectionValue Parse(string variable, string value, string form)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == value.Length - 1)
            throw new EtlException(FaultKind.Usage, $"{variable} is set to something that is not 'kind:rest', such as '{form}'. Its value is not shown, it may hold a password.")
                { Code = "connection" };
        return new ConnectionValue(variable, value[..colon], value[(colon + 1)..]);
    }

    private static EtlException NotSet(string what, string name, string variable, string form) =>
        new(FaultKind.Usage, $"{what} '{name}' is not configured. Set {variable} to '{form}'.") { Code = "connection" };

    private static EtlException NoAuditKey(string log) => new(
        FaultKind.Usage,
        $"No key is configured that signs the audit log '{log}'. Make one with 'etl audit key new FILE' and set {AuditKeyVariable}, or {AuditKeyVariableOf(log)} for this log alone, to 'file:FILE' or to "
        + "'keyvault:https://<vault>.vault.azure.net/keys/<name>/<version>'.") { Code = "audit-key" };

    private static string Upper(string name) => name.ToUpperInvariant().Replace('-', '_');
}

/// <summary>A resolved setting.</summary>
/// <param name="Variable">The variable that sets it, for messages.</param>
/// <param name="Kind">What stands before the first colon.</param>
/// <param name="Rest">What stands behind it; may hold a password.</param>
public sealed record ConnectionValue(string Variable, string Kind, string Rest)
{
    /// <summary>Variable and kind only.</summary>
    public override string ToString() => $"{Variable}={Kind}:…";

    /// <summary>The fault of a kind that this build has no part for.</summary>
    internal EtlException Unknown(params string[] known) => new(
        FaultKind.Usage,
        $"{Variable} has kind '{Kind}', which this build does not know. Known kinds: {string.Join(", ", known.Select(k => $"'{k}'"))}.") { Code = "connection" };
}

using System.Text.RegularExpressions;

namespace Etl.Pipeline.Jobs;

/// <summary>What names may look like. They become file, table and environment names, so each rule is a list of safe characters.</summary>
internal static partial class Names
{
    /// <summary>Says the rule of <see cref="IsJob"/>.</summary>
    public const string JobRule = "Expected 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or a digit.";

    /// <summary>Says the rule of <see cref="IsDataset"/>.</summary>
    public const string DatasetRule = "Expected 1 to 100 letters, digits, '_', '-' and '.', not beginning or ending with '.' or beginning with '-'.";

    /// <summary>Says the rule of <see cref="IsTable"/>.</summary>
    public const string TableRule = "Expected letters, digits and '_' (at most 63, not beginning with a digit), optionally as 'schema.table'.";

    /// <summary>Says the rule of <see cref="IsSetting"/>.</summary>
    public const string SettingRule = "Expected a name from the settings: lower-case letters, digits and hyphens, beginning with a letter.";

    /// <summary>Says the rule of <see cref="IsExport"/>.</summary>
    public const string ExportRule = "Expected 1 to 63 letters, digits, '_' and '-', beginning with a letter or a digit.";

    /// <summary>Says the rule of <see cref="IsMeasure"/>.</summary>
    public const string MeasureRule = "Expected 1 to 63 letters, digits, '_' and '-', beginning with a letter.";

    /// <summary>Names of exports: one folder, and the beginning of file names.</summary>
    public static bool IsExport(string name) => Export().IsMatch(name);

    /// <summary>Names of measures.</summary>
    public static bool IsMeasure(string name) => Export().IsMatch(name) && char.IsAsciiLetter(name[0]);

    /// <summary>Says the rule of audit logs, which is that of <see cref="IsSetting"/>: a log's key is a setting.</summary>
    public const string LogRule = "Expected the name of a log: lower-case letters, digits and hyphens, beginning with a letter.";

    /// <summary>Job and source names: part of window keys.</summary>
    public static bool IsJob(string name) => Job().IsMatch(name);

    /// <summary>Dataset names: one folder.</summary>
    public static bool IsDataset(string name) => Dataset().IsMatch(name);

    /// <summary>Table names that need no quoting in any of the databases.</summary>
    public static bool IsTable(string name) => Table().IsMatch(name);

    /// <summary>Connection and store names: part of an environment variable's name, where a hyphen becomes an underscore.</summary>
    public static bool IsSetting(string name) => Setting().IsMatch(name);

    /// <summary>Account ids: positive numbers without leading zeros.</summary>
    public static bool IsAccount(string id) => Account().IsMatch(id);

    /// <summary>True for tables that databases or etl keep for themselves.</summary>
    public static bool IsReservedTable(string name)
    {
        var table = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return s_reserved.Any(p => table.StartsWith(p, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>True for datasets that etl keeps for itself: its lineage lies beside the data.</summary>
    public static bool IsReservedDataset(string name) => name.StartsWith(s_reserved[0], StringComparison.OrdinalIgnoreCase);

    private static readonly string[] s_reserved = ["etl_", "sqlite_", "pg_"];

    // \z and not $: the latter also matches before a line break at the end.
    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Job();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,62}\z")]
    private static partial Regex Export();

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?\z")]
    private static partial Regex Dataset();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?\z")]
    private static partial Regex Table();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\A[1-9][0-9]{0,9}\z")]
    private static partial Regex Account();
}

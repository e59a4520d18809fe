using System.Collections.Concurrent;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>Microsoft's own parser of T-SQL, for SQL Server 2019.</summary>
internal static class TSql
{
    // Most statements are the same for every report.
    private static readonly ConcurrentDictionary<string, (TSqlScript? Script, string Faults)> s_parsed = new();

    /// <summary>The statements of one batch.</summary>
    /// <exception cref="TSqlException">The parser refuses the text, or it is more than one batch.</exception>
    public static IList<TSqlStatement> Parse(string sql)
    {
        var (script, faults) = s_parsed.GetOrAdd(sql, Read);
        if (faults.Length > 0) throw new TSqlException($"{faults}\n{sql}");
        return script!.Batches.Count == 1 ? script.Batches[0].Statements : throw new TSqlException($"{script.Batches.Count} batches\n{sql}");
    }

    /// <summary>The text of a fragment.</summary>
    public static string Text(TSqlFragment fragment) =>
        string.Concat(fragment.ScriptTokenStream.Skip(fragment.FirstTokenIndex).Take(fragment.LastTokenIndex - fragment.FirstTokenIndex + 1).Select(t => t.Text));

    private static (TSqlScript?, string) Read(string sql)
    {
        using var reader = new StringReader(sql);
        var fragment = new TSql150Parser(initialQuotedIdentifiers: true).Parse(reader, out var errors);
        return (fragment as TSqlScript, string.Join('\n', errors.Select(e => $"line {e.Line}, column {e.Column}: {e.Message}")));
    }
}

/// <summary>A statement that SQL Server would refuse.</summary>
internal sealed class TSqlException(string message) : Exception(message);

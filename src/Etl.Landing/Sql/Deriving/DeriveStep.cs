using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Landing.Sql.Deriving;

/// <summary>A step of <c>derive:</c> as one kind of database gets it.</summary>
/// <param name="Table">The table that it makes.</param>
/// <param name="From">The tables that it reads.</param>
/// <param name="Sql">Its query.</param>
internal sealed record DeriveStep(SqlTable Table, IReadOnlyList<SqlTable> From, string Sql)
{
    /// <summary>The steps of a landing.</summary>
    /// <exception cref="EtlException">A step has no query for this kind of database, a name is not possible here, or a text is no query.</exception>
    public static IReadOnlyList<DeriveStep> Of(TableLandSpec land, SqlDialect dialect) => [.. land.Derive.Select(spec => Of(spec, dialect))];

    private static DeriveStep Of(DeriveSpec spec, SqlDialect dialect)
    {
        var sql = spec.SqlFor(dialect.Kind)
            ?? throw Fault($"Step '{spec.Table}' of 'derive' has no query for '{dialect.Kind}', which connection '{spec.Connection}' is. Give it one in the job.");
        return SelectText.FindFault(sql) is { } fault
            ? throw Fault($"The query of step '{spec.Table}' of 'derive' is refused: {fault}")
            : new DeriveStep(SqlNames.Table(spec.Table, dialect), [.. spec.From.Select(f => SqlNames.Table(f, dialect))], sql);
    }

    private static EtlException Fault(string message) => new(FaultKind.Usage, message) { Code = "derive" };
}

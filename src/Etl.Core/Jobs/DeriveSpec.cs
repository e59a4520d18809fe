namespace Etl.Core.Jobs;

/// <summary>
/// A step of <c>derive:</c>: a table that is the result of one query over tables of the same connection. It is made anew in the transaction that
/// publishes a window of a table that it reads, so readers see the rows and what follows from them change in one step.
/// </summary>
public sealed record DeriveSpec
{
    /// <summary>Key of <see cref="Sql"/> for a text that is good for every kind of database.</summary>
    public const string AnyKind = "sql";

    /// <summary>Name of the derived table, optionally <c>schema.table</c>. It is etl's alone: nobody else may keep rows in it.</summary>
    public required string Table { get; init; }

    /// <summary>The connection whose tables it reads and where it stands.</summary>
    public string Connection { get; init; } = TableLandSpec.DefaultConnection;

    /// <summary>Tables that it reads, as the job names them: those that land, those of earlier steps, and others that are simply there.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>The query by kind of database (<c>sqlite</c>, <c>postgres</c>, <c>sqlserver</c>), or for <see cref="AnyKind"/>.</summary>
    public required IReadOnlyDictionary<string, string> Sql { get; init; }

    /// <summary>The query for a kind of database; null when the job has none.</summary>
    public string? SqlFor(string kind) => Sql.GetValueOrDefault(kind) ?? Sql.GetValueOrDefault(AnyKind);
}

namespace Etl.Landing.Sql;

/// <summary>A table by its parts; both were checked to be plain words.</summary>
/// <param name="Schema">Schema, or null where the database has none or it is not resolved yet.</param>
/// <param name="Name">Name in the schema.</param>
internal sealed record SqlTable(string? Schema, string Name)
{
    /// <summary>Another table or view in the same schema.</summary>
    public SqlTable Beside(string name) => this with { Name = name };

    /// <summary><c>schema.name</c>, or the name alone: for messages and for the record of landings.</summary>
    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}

/// <summary>A column as the database has it.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Declared">Its type in the database's words.</param>
internal sealed record SqlColumn(string Name, string Declared);

/// <summary>What a name stands for in the database.</summary>
internal enum SqlObject
{
    None,
    Table,
    /// <summary>A view or anything else that rows cannot land in.</summary>
    Other,
}

namespace Etl.Sandbox.Wire;

/// <summary>
/// A typed answer object. Fields may be string, long, double, bool, <see cref="ApiObject"/>, a list of those, or null (then absent in JSON).
/// </summary>
internal sealed class ApiObject(string objectType, params (string Name, object? Value)[] fields)
{
    public string ObjectType { get; } = objectType;

    public IReadOnlyList<(string Name, object? Value)> Fields { get; } = fields;

    public object? this[string name] => name == "objectType" ? ObjectType : Fields.FirstOrDefault(f => f.Name == name).Value;
}

/// <summary>The <c>args</c> of an error: an object by name, but an empty array when there is none.</summary>
internal sealed record ApiArgs(IReadOnlyList<(string Name, string Value)> Items);

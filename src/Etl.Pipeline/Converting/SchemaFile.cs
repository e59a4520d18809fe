using Etl.Pipeline.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Converting;

/// <summary>One column of a schema file.</summary>
/// <param name="Name">Name in the CSV header.</param>
/// <param name="Type">One of <see cref="SchemaFile.Types"/>.</param>
public sealed record SchemaFileColumn(string Name, string Type);

/// <summary>
/// Says what the columns of a CSV file are, since nothing is typed by guessing. YAML, or JSON, which is YAML too:
/// <code>
/// columns:
///   - { name: plays, type: int64 }
/// </code>
/// </summary>
/// <param name="Columns">The columns; empty when there are faults.</param>
/// <param name="Faults">Everything that is wrong with the file.</param>
public sealed record SchemaFile(IReadOnlyList<SchemaFileColumn> Columns, IReadOnlyList<JobFault> Faults)
{
    /// <summary>The types that a column can have; <c>schemas/convert.schema.json</c> describes them.</summary>
    public static readonly IReadOnlyList<string> Types = ["text", "bool", "int64", "double", "date", "timestamp", "date-id", "unix-seconds"];

    /// <summary>Reads a file. What is wrong with it is listed, not thrown.</summary>
    public static SchemaFile Read(string path)
    {
        var faults = new FaultList(path.Replace('\\', '/'));
        List<SchemaFileColumn> columns = [];
        try
        {
            if (JobText.Read(path, JobFileReader.MaxFileBytes, faults) is { } text) columns = ReadColumns(text, faults);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            faults.Add(new Place(0, 0), "$", "There is no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new Place(0, 0), "$", $"It could not be read: {e.Message}");
        }
        return new SchemaFile(faults.Faults.Count == 0 ? columns : [], [.. faults.Faults.OrderBy(f => f.Line).ThenBy(f => f.Column)]);
    }

    private static List<SchemaFileColumn> ReadColumns(string text, FaultList faults)
    {
        const string Example = "Write 'columns:' and below it one line per column, such as '- { name: plays, type: int64 }'.";
        List<SchemaFileColumn> columns = [];
        if (string.IsNullOrWhiteSpace(text))
        {
            faults.Add(new Place(0, 0), "$", $"The file is empty. {Example}");
            return columns;
        }
        switch (YamlTree.Read(text, faults))
        {
            case YamlMap map:
                var file = new MapFields(map, "a schema file", ["columns"], faults);
                file.Require("columns", Example);
                if (file.Find("columns") is not { } entry || entry.Value is YamlBroken) return columns;
                if (entry.Value is not YamlList { Items.Count: > 0 } list)
                {
                    faults.At(entry.Value, $"'columns' takes a list of columns. {Example}");
                    return columns;
                }
                foreach (var item in list.Items) Add(item, columns, faults);
                return columns;
            case null or YamlBroken:
                return columns;
            case var other:
                faults.At(other, $"A schema file is a map, not {Words.Kind(other)}. {Example}");
                return columns;
        }
    }

    private static void Add(YamlNode item, List<SchemaFileColumn> columns, FaultList faults)
    {
        if (item is not YamlMap map)
        {
            if (item is not YamlBroken) faults.At(item, $"A column is a map such as {{ name: plays, type: int64 }}, not {Words.Kind(item)}.");
            return;
        }
        var column = new MapFields(map, "a column", ["name", "type"], faults);
        column.Require("name", "It is the name in the CSV header.");
        column.Require("type", $"Expected {Words.Or(Types)}.");
        var type = column.Choice("type", "", [.. Types.Select(t => (t, t))]);
        if (column.Text("name") is not { } name || type.Length == 0) return;
        if (columns.Exists(c => c.Name == name)) faults.At(column.Find("name")!.Value, $"The column '{name}' stands twice in the file.");
        columns.Add(new SchemaFileColumn(name, type));
    }
}

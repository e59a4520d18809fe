using System.Globalization;
using System.Text;

namespace Etl.Sandbox.Wire;

/// <summary>
/// JSON with the byte shapes of the service (wire facts 1.4): <c>/</c> as <c>\/</c>, non-ASCII as <c>\uXXXX</c>, null properties
/// absent, <c>objectType</c> last (before <c>args</c> of an error).
/// </summary>
internal static class JsonSerializer
{
    public static string Serialize(object? value)
    {
        var output = new StringBuilder();
        Write(output, value);
        return output.ToString();
    }

    private static void Write(StringBuilder output, object? value)
    {
        switch (value)
        {
            case null:
                output.Append("null");
                break;
            case string text:
                WriteText(output, text);
                break;
            case bool flag:
                output.Append(flag ? "true" : "false");
                break;
            case int number:
                output.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case long number:
                output.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case double number:
                output.Append(PhpNumber.Format(number));
                break;
            case ApiObject item:
                WriteObject(output, item);
                break;
            case ApiArgs args:
                WriteArgs(output, args);
                break;
            case IEnumerable<object?> list:
                output.Append('[');
                var first = true;
                foreach (var item in list)
                {
                    if (!first)
                        output.Append(',');
                    first = false;
                    Write(output, item);
                }
                output.Append(']');
                break;
            default:
                throw new NotSupportedException($"An answer cannot hold a '{value.GetType().Name}'.");
        }
    }

    private static void WriteObject(StringBuilder output, ApiObject item)
    {
        output.Append('{');
        foreach (var (name, value) in item.Fields)
        {
            if (value is not null and not ApiArgs)
                WriteField(output, name, value);
        }
        output.Append("\"objectType\":");
        WriteText(output, item.ObjectType);
        if (item.Fields.FirstOrDefault(f => f.Value is ApiArgs) is { Value: not null } args)
        {
            output.Append(",\"").Append(args.Name).Append("\":");
            Write(output, args.Value);
        }
        output.Append('}');
    }

    private static void WriteField(StringBuilder output, string name, object value)
    {
        output.Append('"').Append(name).Append("\":");
        Write(output, value);
        output.Append(',');
    }

    private static void WriteArgs(StringBuilder output, ApiArgs args)
    {
        if (args.Items.Count == 0)
        {
            output.Append("[]");
            return;
        }
        output.Append('{');
        for (var i = 0; i < args.Items.Count; i++)
        {
            if (i > 0)
                output.Append(',');
            WriteText(output, args.Items[i].Name);
            output.Append(':');
            WriteText(output, args.Items[i].Value);
        }
        output.Append('}');
    }

    private static void WriteText(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': output.Append("\\\""); break;
                case '\\': output.Append("\\\\"); break;
                case '/': output.Append("\\/"); break;
                case '\b': output.Append("\\b"); break;
                case '\f': output.Append("\\f"); break;
                case '\n': output.Append("\\n"); break;
                case '\r': output.Append("\\r"); break;
                case '\t': output.Append("\\t"); break;
                default:
                    if (c is >= ' ' and <= '\u007F')
                        output.Append(c);
                    else
                        output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
            }
        }
        output.Append('"');
    }
}

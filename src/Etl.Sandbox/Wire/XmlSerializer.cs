using System.Globalization;
using System.Security;
using System.Text;

namespace Etl.Sandbox.Wire;

/// <summary>The default format: objectType first, arrays as items, booleans 1 and 0, nulls as empty elements (wire facts 1.4).</summary>
internal static class XmlSerializer
{
    public static string Serialize(object? result, double seconds)
    {
        var output = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result>");
        Write(output, result);
        output.Append(CultureInfo.InvariantCulture, $"</result><executionTime>{seconds:0.0000}</executionTime></xml>");
        return output.ToString();
    }

    private static void Write(StringBuilder output, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case bool flag:
                output.Append(flag ? '1' : '0');
                break;
            case double number:
                output.Append(PhpNumber.Format(number));
                break;
            case string text:
                output.Append(SecurityElement.Escape(text));
                break;
            case ApiObject { ObjectType: "KalturaAPIException" } error:
                output.Append("<error>");
                Element(output, "code", error["code"]);
                Element(output, "message", error["message"]);
                Element(output, "objectType", error.ObjectType);
                Element(output, "args", error["args"]);
                output.Append("</error>");
                break;
            case ApiArgs args:
                foreach (var (name, text) in args.Items)
                    Element(output, "item", new ApiObject("KalturaApiExceptionArg", ("name", name), ("value", text)));
                break;
            case ApiObject item:
                Element(output, "objectType", item.ObjectType);
                foreach (var (name, field) in item.Fields)
                    Element(output, name, field);
                break;
            case IEnumerable<object?> list:
                foreach (var item in list)
                    Element(output, "item", item);
                break;
            default:
                output.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static void Element(StringBuilder output, string name, object? value)
    {
        output.Append('<').Append(name).Append('>');
        Write(output, value);
        output.Append("</").Append(name).Append('>');
    }
}

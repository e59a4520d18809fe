using System.Text;
using Etl.Core.Hooks;
using Etl.Fuzz.Tests.Harness;
using Etl.Kaltura.Hooks;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>What the product reads of XML: the service's error where a request could not ask for JSON, and posted notifications, which may be JSON or a form as well.</summary>
internal sealed class XmlTarget : FuzzTarget
{
    public override string Name => "xml";

    public override IReadOnlyList<string> Words { get; } =
    [
        "<xml>", "</xml>", "<result>", "</result>", "<error>", "</error>", "<code>", "</code>", "<message>", "<args>", "<item>", "<name>", "<value>", "<!DOCTYPE a [<!ENTITY e \"x\">]>", "&e;", "&amp;", "&#0;", "&#x10FFFF;",
        "<![CDATA[", "]]>", "<!--", "-->", "<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<?xml version=\"1.1\"?>", "<?a b?>", "xmlns=\"x\"", "<a:b>", "<notification>", "</notification>", "<object>", "</object>",
        "<objectType>KalturaHttpNotification</objectType>", "<eventNotificationJobId>1</eventNotificationJobId>", "<updatedAt>1763553600</updatedAt>", "data=", "%3C", "+", "&", "{\"objectType\":\"KalturaHttpNotification\"}",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.XmlShapes.All();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        const string Open = "<xml><result><error><code>X</code>";
        const string Close = "</error></result></xml>";
        yield return ("nested", n => Utf8(Open + Times("<a>", n)));
        yield return ("nested and closed", n => Utf8(Open + Times("<a>", n / 2) + Times("</a>", n / 2 / 3 * 4) + Close));
        yield return ("siblings", n => Utf8(Open + Times("<a/>", n) + Close));
        yield return ("arguments", n => Utf8(Open + "<args>" + string.Concat(Enumerable.Range(0, n / 60).Select(i => $"<item><name>n{i}</name><value>v</value></item>")) + "</args>" + Close));
        yield return ("text", n => Utf8(Open + "<message>" + Times("a&amp;", n) + "</message>" + Close));
        yield return ("attributes", n => Utf8("<xml><result><error " + string.Join(' ', Enumerable.Range(0, n / 10).Select(i => $"a{i}=\"1\"")) + "/></result></xml>"));
        yield return ("namespaces", n => Utf8("<xml><error>" + string.Concat(Enumerable.Range(0, n / 20).Select(i => $"<a xmlns=\"u{i}\"/>"))));
        yield return ("notification", n => Utf8("<notification>" + Times("<a>", n)));
        yield return ("notification as JSON", n => Utf8("{\"object\":" + Times("[", n)));
        yield return ("notification as form", n => Utf8("data=" + Times("%3Ca%3E", n)));
    }

    public override Verdict Read(byte[] input)
    {
        var error = ServiceErrorReader.TryRead(input);
        var posted = input.Length <= IHookVerifier.MaxBodyBytes ? NotificationReader.Read(input) : null;
        var isPosted = posted?.Reading.Verdict == HookVerdict.Accepted;
        if (error is null && !isPosted) return Verdict.Refused("unreadable");
        return Verdict.Accepted($"{error?.Code} {error?.Message} {string.Join(';', error?.Args ?? new Dictionary<string, string>())} {(isPosted ? posted : null)}");
    }

    public override int WholeLength(byte[] input) => TrimmedLength(input);

    /// <summary>Comments and instructions may follow a document, and say nothing.</summary>
    public override bool IsKnownPart(byte[] prefix, Verdict part, Verdict whole) => part.Print == whole.Print;

    private static string Times(string text, int bytes) => new StringBuilder().Insert(0, text, Math.Max(1, bytes / text.Length)).ToString();
}

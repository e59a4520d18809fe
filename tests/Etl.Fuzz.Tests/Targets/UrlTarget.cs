using System.Text;
using System.Text.RegularExpressions;
using Etl.Core.Errors;
using Etl.Fuzz.Tests.Harness;
using Etl.Kaltura;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Addresses of report files, which the service chooses.</summary>
internal sealed partial class UrlTarget : FuzzTarget
{
    /// <summary>Stands where a session stands; no refusal may repeat it.</summary>
    public const string Canary = "djJ8canary";

    private readonly DownloadGate _gate = new(
        new KalturaSettings { ServiceUrl = new Uri("https://www.kaltura.com"), PartnerId = "1", DownloadHosts = ["cdnapi.kaltura.com"] }, new SecretMask());

    public override string Name => "url";

    public override IReadOnlyList<string> Words { get; } =
    [
        "https://", "http://", "file:", "//", "\\\\", "/", "\\", "@", ":", "443", ":80", ":8443", "www.kaltura.com", "cdnapi.kaltura.com", "kaltura.com", "evil.test", "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001",
        "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0", ".", "\u3002", "\uFF0E", "%2e", "%2F", "%40", "%00", "?", "#", "/ks/" + Canary + "/", "xn--", "k\u0430ltura", "\u212Aaltura.com", "\t", "\n", " ", "\0", "ß", "\u200d", "-", "..", ";",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.UrlShapes.All();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        // The gate refuses longer ones unseen, so the time of short ones is the time of all.
        yield return ("path", n => Utf8("https://www.kaltura.com/" + new string('a', n)));
        yield return ("dots", n => Utf8("https://www.kaltura.com/" + string.Concat(Enumerable.Repeat("../", n / 3))));
        yield return ("host", n => Utf8("https://" + string.Concat(Enumerable.Repeat("a.", n / 2))));
        yield return ("escapes", n => Utf8("https://www.kaltura.com/" + string.Concat(Enumerable.Repeat("%2e", n / 3))));
        yield return ("user", n => Utf8("https://" + new string('@', n)));
    }

    public override Verdict Read(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        try
        {
            var admitted = _gate.Admit("report file", text);
            var address = admitted.Reveal().AbsoluteUri;
            if (!Admissible().IsMatch(address)) throw new ViolationException($"'{address}' was admitted.");
            if (admitted.ToString().Contains(Canary, StringComparison.Ordinal) || admitted.Root.AbsoluteUri.Contains(Canary, StringComparison.Ordinal))
                throw new ViolationException("An admitted address prints its session.");
            return Verdict.Accepted(address);
        }
        catch (EtlException refused) when (refused.Code == "csv-url-refused")
        {
            // The host is named, and no service puts a session there.
            if (NamedHost().Replace(refused.ToString(), "").Contains(Canary, StringComparison.OrdinalIgnoreCase)) throw new ViolationException($"A refusal repeats a session: {refused.Message}");
            return Verdict.Refused(refused.Code);
        }
    }

    public override void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        // What is asked for, read again, is on the same host. (Of odd paths the framework makes something else each time: '/%%2e', '/%25%2e', '/%25.')
        if (verdict.Print is { Length: <= 8192 } print && Read(Utf8(print)) is var again && (again.Print is null || Authority(again.Print) != Authority(print)))
            throw new ViolationException($"'{print}' read again is '{again.Print ?? again.Code}'.");
    }

    private static string Authority(string address) => new Uri(address).GetLeftPart(UriPartial.Authority);

    [GeneratedRegex(@"\bhost '[^']*'|\bto '[^']*'|\bof '[^']*'")]
    private static partial Regex NamedHost();

    [GeneratedRegex(@"\Ahttps://(www|cdnapi)\.kaltura\.com[/?#]")]
    private static partial Regex Admissible();
}

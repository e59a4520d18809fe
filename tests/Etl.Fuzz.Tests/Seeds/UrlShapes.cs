using System.Text;
using Etl.Fuzz.Tests.Targets;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Addresses: good ones, and each way to make another one look like them.</summary>
internal static class UrlShapes
{
    public static IEnumerable<byte[]> All() => s_texts.Select(Encoding.UTF8.GetBytes);

    private static readonly string[] s_texts =
    [
        $"https://www.kaltura.com/index.php/extwidget/raw/ks/{UrlTarget.Canary}/id/1_abc/report.csv", $"https://cdnapi.kaltura.com/api_v3/service/report/action/serve/ks/{UrlTarget.Canary}/id/5/fileName/a%20b.csv", "https://WWW.KALTURA.COM:443/a", "https://www.kaltura.com", "https://www.kaltura.com?x=1", "https://www.kaltura.com#x",
        "https://www.kaltura.com/a/../b", "https://www.kaltura.com/%2e%2e/b", "https://www.kaltura.com/\\evil.test", "https:\\\\www.kaltura.com\\a", "https:/www.kaltura.com/a", "https:www.kaltura.com", "https:///www.kaltura.com", " https://www.kaltura.com/a", "https://www.kaltura.com /a", "https://www.kaltura.com\t/a",
        $"http://www.kaltura.com/ks/{UrlTarget.Canary}/r", "https://www.kaltura.com:8443/a", "https://www.kaltura.com:80/a", "https://www.kaltura.com:0443/a", "https://www.kaltura.com:65536/a", "https://www.kaltura.com:/a", "https://www.kaltura.com./a", "https://kaltura.com/a", "https://evilkaltura.com/a", "https://evilwww.kaltura.com/a",
        $"https://www.kaltura.com.evil.test/ks/{UrlTarget.Canary}/r", "https://www.kaltura.com@127.0.0.1/a", $"https://user:{UrlTarget.Canary}@www.kaltura.com/a", "https://@www.kaltura.com/a", "https://www.kaltura.com%2eevil.test/a", "https://www.kaltura.com%00.evil.test/a", "https://2130706433/a", "https://0x7f000001/a", "https://0177.0.0.1/a",
        "https://127.1/a", "https://0/a", "https://[::1]/a", "https://[::ffff:127.0.0.1]/a", "https://localhost./a", "http://localhost/a", "http://127.0.0.1:8080/a", "https://169.254.169.254/latest", "https://[fd00:ec2::254]/a", "file:///etc/passwd", "ftp://www.kaltura.com/a", "//www.kaltura.com/a", "/a/b", "javascript:alert(1)", "data:,x",
        "https://www.kaltura\u3002com.evil.test/a", "https://www\u3002kaltura.com/a", "https://www\uFF0Ekaltura.com/a", "https://www.k\u0430ltura.com/a", "https://www.\u212Aaltura.com/a", "https://xn--www-kaltura.com/a", "https://www.kaltu\u00ADra.com/a", "https://www.kaltura.com\u200d/a", "https://\u202Emoc.arutlak/a", "https://www.kalturaß.com/a", "",
        "https://", "https://?", "https://www.kaltura.com\\@evil.test/a", "https://evil.test#@www.kaltura.com/", "https://evil.test?@www.kaltura.com/", "https://evil.test\\.www.kaltura.com/", "https://www.kaltura.com;evil.test/",
    ];
}

using Etl.Core.Secrets;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Tests.Api;

public class SecretMaskTests
{
    private static readonly SecretMask s_mask = new(new Secret("canary/secret+1"), null);

    [Theory]
    [InlineData("a canary/secret+1 b", "a *** b")]
    [InlineData("x=canary%2Fsecret%2B1&y", "x=***&y")]
    [InlineData("https://cdn.example/ks/abc.def/id/7", "https://cdn.example/ks/***/id/7")]
    [InlineData("?ks=abcdef&format=1", "?ks=***&format=1")]
    [InlineData("token djJ8MTIzfGFiY2RlZmdoaQ== here", "token *** here")]
    [InlineData("YjhhNzM3N2I4Y2JhNjVkNDBhZjhjMmFlZWY4OThlODkzOGE3NDJiMXwxMjM0NTY3", "***")]
    [InlineData("Report id \"9999\" not found", "Report id \"9999\" not found")]
    public void Text_loses_credentials_only(string text, string clean) => Assert.Equal(clean, s_mask.Clean(text));

    [Fact]
    public void Long_text_is_cut() => Assert.Equal(301, s_mask.Clean(string.Concat(Enumerable.Repeat("ab ", 400))).Length);
}

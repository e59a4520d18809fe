using System.Security.Cryptography;
using System.Text;
using Etl.Core.Secrets;
using Etl.Kaltura.Sessions;

namespace Etl.Kaltura.Tests.Sessions;

public class KsV2Tests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    // Accepted by the original parser (wire facts 2.4).
    private const string Token = "djJ8MTIzNDU2N3zLqscAPnmCFWLLG51RslrwZX3_OrRoI35DHTIQcvEp40O2d0uTF_455PD-6UmSwb9885MbpJLMHI6mPIsEXIP1Ka9_4Qu9DsVGXtkvXXQNTUn8R9ASzce5WO5PCNVOvwk4WWp9-5emuo9o2fbX-U7Xs1Hqc2-SL6DTtIcdz0oYqw==";

    private static readonly string[] s_privileges = ["disableentitlement", "appid:etl-sandbox-corp.example"];

    [Fact]
    public void Token_equals_the_published_vector()
    {
        var nonce = Enumerable.Range(0, 16).Select(i => (byte)i).ToArray();

        var token = KsV2.Create("1234567", new Secret(Key), "etl@example.com", 2, 1893456000, s_privileges, nonce);

        Assert.Equal(Token, token.Reveal());
        Assert.True(SessionCalls.IsPlausible(Token));
    }

    [Fact]
    public void Fields_equal_the_published_vector() =>
        Assert.Equal(
            "disableentitlement=&appid=etl-sandbox-corp.example&_e=1893456000&_t=2&_u=etl%40example.com",
            KsV2.Fields("etl@example.com", 2, 1893456000, s_privileges));

    [Theory]
    [InlineData("*", "all=%2A")]
    [InlineData("edit:a/b", "edit=a%2Fb")]
    [InlineData("urirestrict:/api_v3/*", "urirestrict=%2Fapi_v3%2F%2A")]
    [InlineData("name:a b~c", "name=a+b%7Ec")]
    [InlineData("virtualeventid:99", "virtualeventid=99")]
    [InlineData("privacycontext:a:b", "privacycontext=a%3Ab")]
    [InlineData("user:é", "user=%C3%A9")]
    public void Privilege_is_encoded_as_php_does(string privilege, string pair) =>
        Assert.Equal($"{pair}&_e=1&_t=2&_u=", KsV2.Fields("", 2, 1, [privilege]));

    [Fact]
    public void Two_tokens_differ_by_their_nonce()
    {
        var one = KsV2.Create("1", new Secret(Key), "", 2, 1, []);
        Assert.NotEqual(one.Reveal(), KsV2.Create("1", new Secret(Key), "", 2, 1, []).Reveal());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(200)]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "SHA1 is what the format prescribes.")]
    public void Token_decodes_to_its_check_sum_nonce_and_fields_at_any_length(int userLength)
    {
        var user = new string('u', userLength);
        var token = Convert.FromBase64String(KsV2.Create("42", new Secret(Key), user, 2, 1893456000, []).Reveal().Replace('-', '+').Replace('_', '/'));
        Assert.StartsWith("v2|42|", Encoding.ASCII.GetString(token), StringComparison.Ordinal);
        using var aes = Aes.Create();
        aes.Key = SHA1.HashData(Encoding.ASCII.GetBytes(Key))[..16];
        var message = aes.DecryptCbc(token.AsSpan(6), new byte[16], PaddingMode.None).AsSpan().TrimEnd((byte)0).ToArray();

        Assert.Equal(SHA1.HashData(message.AsSpan(20)), message[..20]);
        Assert.Equal($"_e=1893456000&_t=2&_u={user}", Encoding.ASCII.GetString(message[36..]));
    }

    [Theory]
    [InlineData(AppTokenHash.Sha256, "d3d51160091eab3ef44470c96e3607d80b76e3bb29b3e995230261d6d15ff687")]
    public void App_token_hash_equals_the_published_vector(AppTokenHash hash, string expected) =>
        Assert.Equal(expected, AppTokenIssuer.Hash(hash, new Secret("WIDGETKS"), new Secret("a1b2c3d4e5f60718293a4b5c6d7e8f90")));

    [Theory]
    [InlineData(AppTokenHash.Md5, 32)]
    [InlineData(AppTokenHash.Sha1, 40)]
    [InlineData(AppTokenHash.Sha512, 128)]
    public void App_token_hash_is_lower_case_hex(AppTokenHash hash, int length) =>
        Assert.Matches($"^[0-9a-f]{{{length}}}$", AppTokenIssuer.Hash(hash, new Secret("a"), new Secret("b")));
}

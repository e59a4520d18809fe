using Etl.Sandbox.Sessions;

namespace Etl.Sandbox.Tests.Sessions;

/// <summary>The test vectors of the wire facts, section 2.4: accepted by the original parser.</summary>
public class KsCodecTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string V2 =
        "djJ8MTIzNDU2N3zLqscAPnmCFWLLG51RslrwZX3_OrRoI35DHTIQcvEp40O2d0uTF_455PD-6UmSwb9885MbpJLMHI6mPIsEXIP1Ka9_4Qu9DsVGXtkvXXQNTUn8R9ASzce5WO5PCNVOvwk4WWp9-5emuo9o2fbX-U7Xs1Hqc2-SL6DTtIcdz0oYqw==";
    private const string V1 =
        "YjhhNzM3N2I4Y2JhNjVkNDBhZjhjMmFlZWY4OThlODkzOGE3NDJiMXwxMjM0NTY3OzEyMzQ1Njc7MTg5MzQ1NjAwMDsyOzE3MDAwMDAwMDAuMTIzNDtldGxAZXhhbXBsZS5jb207ZGlzYWJsZWVudGl0bGVtZW50LGFwcGlkOmV0bC1zYW5kYm94LWNvcnAuZXhhbXBsZTs7";
    private const string Privileges = "disableentitlement,appid:etl-sandbox-corp.example";

    private static readonly byte[] Nonce = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    private static KalturaSession Session(string privileges = Privileges) => new()
    {
        PartnerId = 1234567,
        Expiry = 1893456000,
        Type = 2,
        UserId = "etl@example.com",
        Privileges = KalturaSession.ParsePrivileges(privileges),
    };

    [Fact]
    public void Version_2_fields_match_the_vector() =>
        Assert.Equal("disableentitlement=&appid=etl-sandbox-corp.example&_e=1893456000&_t=2&_u=etl%40example.com", KsCodec.Fields(Session()));

    [Fact]
    public void Version_2_key_matches_the_vector() =>
        Assert.Equal("b1775a785f09a6ebaf2dc33d6eaeb989", Convert.ToHexStringLower(KsCodec.Key(Secret)));

    [Fact]
    public void Version_2_token_matches_the_vector() => Assert.Equal(V2, KsCodec.EncodeV2(Session(), Secret, Nonce));

    [Fact]
    public void Version_1_token_matches_the_vector() =>
        Assert.Equal(V1, KsCodec.EncodeV1($"1234567;1234567;1893456000;2;1700000000.1234;etl@example.com;{Privileges};;", Secret));

    [Theory]
    [InlineData(V2)]
    [InlineData(V1)]
    public void Token_of_either_version_opens(string token)
    {
        var session = KsCodec.Decode(token, Secret)!;

        Assert.Equal(1234567, session.PartnerId);
        Assert.Equal(1893456000, session.Expiry);
        Assert.Equal(2, session.Type);
        Assert.Equal("etl@example.com", session.UserId);
        Assert.Equal(Privileges, session.PrivilegeText);
    }

    [Fact]
    public void Token_opens_with_the_standard_base64_alphabet_too() =>
        Assert.NotNull(KsCodec.Decode(V2.Replace('-', '+').Replace('_', '/'), Secret));

    [Theory]
    [InlineData("*", "all=%2A")]
    [InlineData("sview:x/y", "sview=x%2Fy")]
    public void Privilege_is_written_as_a_field(string privilege, string field) =>
        Assert.StartsWith(field + "&_e=", KsCodec.Fields(Session(privilege)), StringComparison.Ordinal);

    [Theory]
    [InlineData("*", "*")]
    [InlineData("edit:a,edit:b", "edit:b")]
    [InlineData("a.b", "a_b")]
    [InlineData("virtualeventid:99", "virtualeventid:99")]
    public void Privileges_survive_as_php_reads_them(string sent, string read) =>
        Assert.Equal(read, KsCodec.Decode(KsCodec.EncodeV2(Session(sent), Secret, Nonce), Secret)!.PrivilegeText);

    [Fact]
    public void Message_that_fills_its_blocks_gets_no_padding()
    {
        for (var length = 0; length < 32; length++)
        {
            var session = Session("") with { UserId = new string('u', length) };
            Assert.Equal(session.UserId, KsCodec.Decode(KsCodec.EncodeV2(session, Secret, Nonce), Secret)!.UserId);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("djJ8MTIzNDU2N3w=")]
    [InlineData("djJ8MTIzNDU2N3zLqscAPnmCFWLLG51RslrwZX3_OrRo")]
    public void Broken_token_does_not_open(string token) => Assert.Null(KsCodec.Decode(token, Secret));

    [Fact]
    public void Token_of_another_secret_does_not_open() => Assert.Null(KsCodec.Decode(V2, "another"));

    [Fact]
    public void App_token_hash_matches_the_vector() =>
        Assert.Equal("d3d51160091eab3ef44470c96e3607d80b76e3bb29b3e995230261d6d15ff687",
            SessionBook.AppTokenHash("SHA256", "WIDGETKS", "a1b2c3d4e5f60718293a4b5c6d7e8f90"));
}

using System.Text.Json;
using Etl.Core.Secrets;

namespace Etl.Core.Tests.Secrets;

public class SecretTests
{
    private const string Value = "djJ8MTAx+a/b=c&d e\"f";
    private static readonly Secret s_secret = new(Value);

    [Fact]
    public void Secret_prints_masked_wherever_it_is_formatted()
    {
        Assert.Equal("***", s_secret.ToString());
        Assert.Equal("ks=***", $"ks={s_secret}");
        Assert.Equal("Holder { Key = *** }", new Holder(s_secret).ToString());
        Assert.Equal("""{"Key":"***"}""", JsonSerializer.Serialize(new Holder(s_secret)));
        Assert.Equal("""["***"]""", JsonSerializer.Serialize<object[]>([s_secret]));
    }

    [Fact]
    public void Only_reveal_gives_the_value() => Assert.Equal(Value, s_secret.Reveal());

    [Fact]
    public void Secret_is_never_read_from_json() =>
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Holder>("""{"Key":"x"}"""));

    [Theory]
    [InlineData("plain djJ8MTAx+a/b=c&d e\"f here")]
    [InlineData("/ks/djJ8MTAx%2Ba%2Fb%3Dc%26d%20e%22f/x")]
    [InlineData("/ks/djJ8MTAx%2ba%2fb%3dc%26d%20e%22f/x")]
    [InlineData("ks=djJ8MTAx%2Ba%2Fb%3Dc%26d+e%22f&x=1")]
    [InlineData("{\"ks\":\"djJ8MTAx\\u002Ba/b=c\\u0026d e\\u0022f\"}")]
    [InlineData("{\"ks\":\"djJ8MTAx+a/b=c&d e\\\"f\"}")]
    [InlineData("{\"ks\":\"djJ8MTAx+a\\/b=c&d e\\\"f\"}")]
    public void MaskIn_hides_every_form_in_which_it_travels(string text)
    {
        var masked = s_secret.MaskIn(text);
        Assert.DoesNotContain("djJ8MTAx", masked, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("***", masked, StringComparison.Ordinal);
    }

    [Fact]
    public void MaskIn_leaves_other_text_alone() => Assert.Equal("nothing here", s_secret.MaskIn("nothing here"));

    [Fact]
    public void Secrets_are_equal_by_value_and_never_empty()
    {
        Assert.Equal(s_secret, new Secret(Value));
        Assert.NotEqual(s_secret, new Secret("other"));
        Assert.Equal(s_secret.GetHashCode(), new Secret(Value).GetHashCode());
        Assert.Throws<ArgumentException>(() => new Secret(""));
    }

    private sealed record Holder(Secret Key);
}

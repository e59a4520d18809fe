using System.Text;
using System.Text.Json;
using Etl.Core.Secrets;

namespace Etl.Core.Tests.Secrets;

/// <summary>A credential in the forms in which it leaves by accident.</summary>
public class SecretFormTests
{
    private const string Value = "canary0admin0secret0canary0admin";
    private const string Signed = "canary+a/b=c&d e\"f0signature0canary==";

    public static TheoryData<string, string, string> Texts()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var value in (string[])[Value, Signed])
        {
            data.Add("plain", value, $"<{value}>");
            data.Add("upper case", value, $"<{value.ToUpperInvariant()}>");
            data.Add("percent-encoded", value, $"<{Uri.EscapeDataString(value)}>");
            data.Add("percent-encoded in lower case", value, $"<{Uri.EscapeDataString(value).Replace("%2B", "%2b", StringComparison.Ordinal).Replace("%3D", "%3d", StringComparison.Ordinal)}>");
            data.Add("in a form", value, $"<{Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal)}>");
            data.Add("escaped as JSON", value, $"<{JsonEncodedText.Encode(value)}>");
            data.Add("escaped as PHP does", value, $"<{value.Replace("/", "\\/", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}>");
            for (var before = 0; before < 4; before++)
                data.Add($"base64 behind {before} bytes", value, $"<{Convert.ToBase64String(Encoding.UTF8.GetBytes("etl:"[..before] + value + ":"))}>");
            data.Add("base64 for addresses", value, $"<{Convert.ToBase64String(Encoding.UTF8.GetBytes(value)).Replace('+', '-').Replace('/', '_').TrimEnd('=')}>");
            data.Add("cut at its end", value, $"<{value[..^5]}…");
            data.Add("cut at its beginning", value, $"…{value[5..]}>");
            data.Add("cut to its first half", value, $"<{value[..(value.Length / 2)]}");
            data.Add("base64, cut", value, $"<{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))[..^9]}");
            data.Add("twice, once cut", value, $"<{value}> <{value[..^7]}");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void No_form_of_a_credential_is_left_in_a_text(string form, string value, string text)
    {
        var masked = new Secret(value).MaskIn(text);

        Assert.Contains("***", masked, StringComparison.Ordinal);
        // What base64 of the text around it shares with it is a few characters.
        var left = masked.Replace("***", "", StringComparison.Ordinal);
        Assert.True(left.Length <= 12, $"{form}: '{masked}'");
        Assert.DoesNotContain("anary", left, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("canary0admin")]
    [InlineData("A canary sings.")]
    [InlineData("secret0canary")]
    [InlineData("")]
    public void Less_than_half_is_left_alone(string text) => Assert.Equal(text, new Secret(Value).MaskIn(text));

    [Fact]
    public void Session_of_the_same_account_is_not_taken_for_half_of_another()
    {
        // "v2|1234567|" and what follows: the beginning is the account's, and whoever looks for sessions needs to find it.
        string Session(string body) => Convert.ToBase64String(Encoding.UTF8.GetBytes("v2|1234567|" + body));
        var other = Session(string.Concat(Enumerable.Repeat("other", 20)));

        Assert.Equal(other, new Secret(Session(string.Concat(Enumerable.Repeat("known", 20)))).MaskIn(other));
    }

    [Fact]
    public void Value_of_stars_ends() => Assert.Equal("a***b", new Secret(new string('*', 24)).MaskIn($"a{new string('*', 24)}b"));
}

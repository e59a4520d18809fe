using Etl.Landing.Exports.Joining;

namespace Etl.Landing.Tests.Exports.Joining;

public class EmailAddressTests
{
    [Theory]
    [InlineData("jane@example.com", "jane@example.com")]
    [InlineData("  Jane.Doe@EXAMPLE.com\t", "jane.doe@example.com")]
    [InlineData("\u00a0jane@example.com\u00a0", "jane@example.com")]
    [InlineData("\ufeffjane@example.com\u200b", "jane@example.com")]
    [InlineData("jane+webinar@example.com", "jane+webinar@example.com")]
    [InlineData("j.a.n.e@gmail.com", "j.a.n.e@gmail.com")]
    [InlineData("mailto:Jane@example.com", "jane@example.com")]
    [InlineData("MAILTO:jane@example.com?subject=Hello", "jane@example.com")]
    [InlineData("Jane Doe <Jane@example.com>", "jane@example.com")]
    [InlineData("\"Doe, Jane\" <mailto:jane@example.com>", "jane@example.com")]
    [InlineData("o'brien@example.ie", "o'brien@example.ie")]
    [InlineData("jane@localhost", "jane@localhost")]
    [InlineData("JOSE\u0301@EXAMPLE.com", "josé@example.com")]
    [InlineData("josé@example.com", "josé@example.com")]
    [InlineData("MÜLLER@BÜCHER.de", "müller@bücher.de")]
    [InlineData("ΣΟΦΙΑ@παράδειγμα.gr", "σοφια@παράδειγμα.gr")]
    [InlineData("名前@例え.jp", "名前@例え.jp")]
    public void Address_has_one_form(string text, string form) => Assert.Equal(form, EmailAddress.Of(text));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("jane")]
    [InlineData("@example.com")]
    [InlineData("jane@")]
    [InlineData("jane@@example.com")]
    [InlineData("jane@example@com")]
    [InlineData("jane@.example.com")]
    [InlineData("jane@example.com.")]
    [InlineData("jane@example..com")]
    [InlineData("jane doe@example.com")]
    [InlineData("jane\u00a0doe@example.com")]
    [InlineData("jane\u200ddoe@example.com")]
    [InlineData("jane\u0007@example.com")]
    [InlineData("jane@example.com, joe@example.com")]
    [InlineData("jane@example.com;joe@example.com")]
    [InlineData("\"jane\"@example.com")]
    [InlineData("jane@[127.0.0.1]")]
    [InlineData("Jane <jane@example.com> Doe")]
    [InlineData("jane@example.com>")]
    [InlineData("jane\uff20example.com")]
    [InlineData("mailto:")]
    public void Text_that_is_no_address_has_none(string text) => Assert.Null(EmailAddress.Of(text));

    [Fact]
    public void Address_may_have_254_bytes_and_no_more()
    {
        var longest = new string('a', 254 - "@example.com".Length) + "@example.com";

        Assert.Equal(longest, EmailAddress.Of(longest));
        Assert.Null(EmailAddress.Of("a" + longest));
        Assert.Equal(longest, EmailAddress.Of($"  Somebody with a name <{longest}> "));
        // Two bytes a letter.
        Assert.Null(EmailAddress.Of(new string('é', 122) + "@example.com"));
        Assert.NotNull(EmailAddress.Of(new string('é', 121) + "@example.com"));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_address()
    {
        var room = new byte[EmailAddress.MaxBytes];
        Assert.False(EmailAddress.TryWrite([0x61, 0xC3, 0x40, 0x62, 0x2E, 0x63], room, out _));
    }
}

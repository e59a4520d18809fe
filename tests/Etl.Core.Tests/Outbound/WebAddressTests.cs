using Etl.Core.Outbound;

namespace Etl.Core.Tests.Outbound;

public class WebAddressTests
{
    [Theory]
    [InlineData("//\u202e")]
    [InlineData(" //\u200e/")]
    [InlineData("\\\\\u202e")]
    [InlineData("file://\u200f\u202e")]
    [InlineData("FILE://\u202e")]
    public void Share_or_file_of_marks_alone_is_no_address(string text)
    {
        Assert.False(WebAddress.TryReadAny(text, out _));
        Assert.False(WebAddress.TryRead(text, out var address));
        Assert.Null(address);
    }

    [Theory]
    [InlineData("https://media.example.test/a?b#c", true, true)]
    [InlineData("HTTP://media.example.test", true, true)]
    [InlineData(" https://media.example.test ", true, true)]
    [InlineData("https://\u202e", true, true)]
    [InlineData("android-app://com.example", true, false)]
    [InlineData("ftp://media.example.test", true, false)]
    [InlineData("/var/media", false, false)]
    [InlineData("media.example.test", false, false)]
    [InlineData("", false, false)]
    [InlineData("  ", false, false)]
    [InlineData(null, false, false)]
    public void Address_is_read_by_its_scheme(string? text, bool any, bool web)
    {
        Assert.Equal(any, WebAddress.TryReadAny(text, out _));
        Assert.Equal(web, WebAddress.TryRead(text, out _));
    }
}

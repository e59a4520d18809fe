using System.Text;

namespace Etl.Parsing.Tests;

public sealed class MultirequestBodyTests
{
    private const string Mixed = " [ {\"a\":[1,{}],\"b\":\"],}\\\\\"} , [] ,null, \"x\\\"]\\\\\\\\\", 1.5 ] ";

    private static readonly string[] s_mixed = ["{\"a\":[1,{}],\"b\":\"],}\\\\\"}", "[]", "null", "\"x\\\"]\\\\\\\\\"", "1.5"];

    [Fact]
    public async Task Each_position_has_its_own_bytes_however_they_arrive()
    {
        for (var chunk = 1; chunk <= Mixed.Length; chunk++)
            foreach (var read in (int[])[1, 2, 7, 4096])
                Assert.Equal(s_mixed, (await Multirequests.CutAsync(Bytes(Mixed), chunk, read)).Select(p => Encoding.UTF8.GetString(p).Trim()));
    }

    [Fact]
    public async Task Texts_longer_than_the_buffer_end_at_their_own_quote()
    {
        // Backslashes and quotes at every distance from the buffers' borders.
        for (var shift = 0; shift < 9; shift++)
        {
            var text = new string('x', 32_764 + shift) + "\\\\\\\"],[\\\\";
            var parts = await Multirequests.CutAsync(Bytes($"[\"{text}\",2]"));
            Assert.Equal([$"\"{text}\"", "2"], parts.Select(p => Encoding.UTF8.GetString(p)));
        }
    }

    [Fact]
    public async Task What_is_left_unread_is_passed_over()
    {
        var reply = new MultirequestBody(new MemoryStream(Bytes("[{\"a\":\"]\"},[1,2],3]")));
        await reply.NextAsync(default);
        var second = (await reply.NextAsync(default))!;
        Assert.Equal(1, await second.ReadAsync(new byte[1]));
        var third = (await reply.NextAsync(default))!;
        Assert.Equal("3", await new StreamReader(third).ReadToEndAsync());
        Assert.Null(await reply.NextAsync(default));
        Assert.Null(await reply.NextAsync(default));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\uFEFF [ ] ")]
    public async Task An_empty_array_has_no_positions(string body) => Assert.Empty(await Multirequests.CutAsync(Bytes(body)));

    [Theory]
    [InlineData("{\"code\":\"INVALID_KS\",\"message\":\"m, [n]\",\"objectType\":\"KalturaAPIException\",\"args\":[]}")]
    [InlineData("<html>")]
    [InlineData("")]
    public async Task A_body_that_is_no_array_is_one_position(string body) =>
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(await Multirequests.CutAsync(Bytes(body)))));

    [Theory]
    [InlineData("[1,2", "truncated")]
    [InlineData("[1", "truncated")]
    [InlineData("[1 ", "truncated")]
    [InlineData("[1]x", "not-json")]
    [InlineData("[1}", "not-json")]
    public async Task An_array_that_is_not_whole_is_refused(string body, string code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<ReportFormatException>(() => Multirequests.CutAsync(Bytes(body)))).Code);

    [Fact]
    public async Task No_cut_goes_unseen()
    {
        var body = Bytes(Mixed.TrimEnd());
        for (var length = 3; length < body.Length; length++)
            Assert.Equal("truncated", (await Assert.ThrowsAsync<ReportFormatException>(() => Multirequests.CutAsync(body[..length]))).Code);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

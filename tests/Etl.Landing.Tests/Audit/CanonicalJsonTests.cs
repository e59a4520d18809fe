using System.Text;
using Etl.Landing.Audit.Log;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Landing.Tests.Audit;

/// <summary>The one form of manifests, and everything that looks like it.</summary>
public sealed class CanonicalJsonTests
{
    [Fact]
    public void Values_are_written_in_their_one_form()
    {
        var value = new CanonicalObject
        {
            ["z"] = true,
            ["a"] = new object[] { 0L, -1L, CanonicalJson.MaxInteger, -CanonicalJson.MaxInteger, "", false, new CanonicalObject() },
            ["\ue000"] = "behind 😀: a surrogate pair sorts before U+E000",
            ["😀"] = "\u0000\b\t\n\v\f\r\u001f\"\\/\u007fé\u2028",
        };
        const string written = """{"a":[0,-1,9007199254740991,-9007199254740991,"",false,{}],"z":true,"😀":"\u0000\b\t\n\u000b\f\r\u001f\"\\/""" + "\u007fé\u2028" + "\",\"\ue000\":\"behind 😀: a surrogate pair sorts before U+E000\"}";
        Assert.Equal(written, Encoding.UTF8.GetString(CanonicalJson.Write(value)));
        Assert.Equal(written, Encoding.UTF8.GetString(CanonicalJson.Write(CanonicalReader.Read(Encoding.UTF8.GetBytes(written)))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("{")]
    [InlineData("{}\n")]
    [InlineData(" {}")]
    [InlineData("{ }")]
    [InlineData("{}{}")]
    [InlineData("{\"a\": 1}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":[1,]}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":True}")]
    [InlineData("{\"a\":truex}")]
    [InlineData("{\"a\":tru")]
    [InlineData("{\"b\":1,\"a\":1}")]
    [InlineData("{\"a\":1,\"a\":1}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":-0}")]
    [InlineData("{\"a\":00}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":+1}")]
    [InlineData("{\"a\":-}")]
    [InlineData("{\"a\":1.0}")]
    [InlineData("{\"a\":1e3}")]
    [InlineData("{\"a\":1E3}")]
    [InlineData("{\"a\":9007199254740992}")]
    [InlineData("{\"a\":-9007199254740992}")]
    [InlineData("{\"a\":99999999999999999999}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":\"\\/\"}")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("{\"a\":\"\\u0041\"}")]
    [InlineData("{\"a\":\"\\u000A\"}")]
    [InlineData("{\"a\":\"\\u000a\"}")]
    [InlineData("{\"a\":\"\\u001F\"}")]
    [InlineData("{\"a\":\"\\u00\"}")]
    [InlineData("{\"a\":\"\\ud83d\\ude00\"}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":\"\t\"}")]
    [InlineData("{\"a\":\"x}")]
    [InlineData("{\"a\":\"\\")]
    [InlineData("{'a':1}")]
    [InlineData("{a:1}")]
    [InlineData("{\"a\":1/**/}")]
    [InlineData("\ufeff{}")]
    public void Everything_else_is_refused(string text) => Assert.Throws<CanonicalException>(() => CanonicalReader.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("7B2261223A22FF227D")] // no UTF-8
    [InlineData("7B2261223A22C0AF227D")] // a longer form of '/'
    [InlineData("7B2261223A22EDA080227D")] // half a surrogate pair in UTF-8
    [InlineData("7B2261223A22C3227D")] // cut
    public void Bytes_that_are_not_utf8_are_refused(string hex) => Assert.Throws<CanonicalException>(() => CanonicalReader.Read(Convert.FromHexString(hex)));

    [Fact]
    public void Depth_is_bounded()
    {
        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes("{\"a\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}");
        Assert.Single(CanonicalReader.Read(Nested(CanonicalJson.MaxDepth)));
        Assert.Throws<CanonicalException>(() => CanonicalReader.Read(Nested(CanonicalJson.MaxDepth + 1)));
        Assert.Throws<CanonicalException>(() => CanonicalReader.Read(Nested(100_000)));
    }

    [Fact]
    public void Values_without_a_form_are_not_written()
    {
        foreach (var value in (object[])["\ud800", 1L << 53, 1, 1.5, 'c', new object[] { "\udc00x" }])
            Assert.Throws<ArgumentException>(() => CanonicalJson.Write(new CanonicalObject { ["a"] = value }));
        Assert.Throws<ArgumentException>(() => CanonicalJson.Write(new CanonicalObject { ["\ud800"] = "" }));
    }

    [Fact]
    public void What_is_written_is_read_and_no_change_of_a_byte_reads_as_the_same()
    {
        var values = Gen.Sized(size => Value(Math.Min(size, 4)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(values.ToArbitrary(), value =>
        {
            var written = CanonicalJson.Write(new CanonicalObject { ["v"] = value });
            Assert.Equal(written, CanonicalJson.Write(CanonicalReader.Read(written)));
            for (var cut = 0; cut < written.Length; cut++) Assert.Throws<CanonicalException>(() => CanonicalReader.Read(written.AsSpan(0, cut)));
        }));
    }

    private static Gen<object> Value(int depth)
    {
        var text = Gen.Elements("", "a", "é", "😀", "\n", "\u0001", "\"", "\\", "x y").ListOf().Select(object (l) => string.Concat(l));
        Gen<object>[] leaves = [text, Gen.Elements<object>(true, false, 0L, -1L, 42L, CanonicalJson.MaxInteger)];
        if (depth <= 0) return Gen.OneOf(leaves);
        var list = Value(depth - 1).ListOf().Select(object (l) => l.Take(3).ToList());
        var map = Value(depth - 1).ListOf().Select(object (l) =>
        {
            var value = new CanonicalObject();
            foreach (var (item, i) in l.Take(3).Select((v, i) => (v, i))) value["k" + i] = item;
            return value;
        });
        return Gen.OneOf([.. leaves, list, map]);
    }
}

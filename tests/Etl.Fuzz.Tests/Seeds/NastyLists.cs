namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Texts that readers of their kind are known to stumble over.</summary>
internal static class NastyLists
{
    /// <summary>JSON values that are wrong, doubtful, or right in an unusual way.</summary>
    public static IReadOnlyList<string> Json { get; } =
    [
        "", " ", "null", "true", "nul", "truefalse", "0", "-0", "01", "1.", ".5", "1e", "1e999", "-", "+1", "0x1", "NaN", "\"", "\"\\", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\x41\"", "\"a\nb\"",
        "\"\\u0000\"", "'a'", "[", "]", "[]", "[,]", "[1,]", "[1 2]", "[1]]", "[[]", "{", "}", "{}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":1}{\"b\":2}", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{\"\":0}", "{\"\\u0061\":1}",
        "{\"\\ud800\":1}", "[\"\\ud800\"]", "// c\n{}", "/* c */{}", "{\"a\":/* c */1}", "\uFEFF{}", "\uFEFF\uFEFF{}", "\u00A0{}", "{}\0", "{}\u2028", "[\"\u2028\"]", "\u001E{}\n", "<html><body>502</body></html>", "<?xml version=\"1.0\"?><a/>",
        new string('[', 63) + new string(']', 63), new string('[', 64) + new string(']', 64), new string('[', 65) + new string(']', 65), "{\"a\":" + new string('[', 70), "[1E400]", "[123456789012345678901234567890]",
    ];

    /// <summary>CSV texts with signs in the wrong and in the right places.</summary>
    public static IReadOnlyList<string> Csv { get; } =
    [
        "", "\n", "a", "a\n", "a,b\n", "a,b\n1,2\n", "a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "a,b\n\n1,2\n", "a,b\n1\n", "a,b\n1,2,3\n", "a,a\n1,2\n", ",b\n1,2\n", "a,b\n\"1\",\"2\"\n", "a,b\n\"1,2\n", "a,b\n\"1\"x,2\n", "a,b\nx\"1\",2\n",
        "a,b\n\"\"\"\",\"\"\n", "a,b\n\"\"\"\n", "a,b\n\"1\n2\",3\n", "a,b\n\"1\r\n2\",3\n", "a,b\n1,\"2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "sep=;\na;b\n1;2\n", "a,b\n=1+1,@x\n", "a,b\n'=1,'-5\n", "a,b\n -1,+972\n", "a,b\n\0,1\n", "a,b\n\u001A", "a,b\n1,2\n\u001A",
        "\uFEFFa,b\n1,2\n", "\uFEFF\uFEFFa,b\n1,2\n", "\uFEFF\"a\",b\n1,2\n", "\uFEFF", "a,b\n\"a,b\n1,2\n", "a,b\n1,2\n\"", "a,b\n1,2\n\"\"", "a,b\n1,2\n,", "\"a\nb\",c\n1,2\n", "\"a\",\"b\"\n\"1\",\"2\"\n", "a ,b\n 1, 2\n", "a,b\n\"1\" ,2\n",
        "a\n\"\"\n", "a\n\n\n", "a\n1\n\n", "é,視聴\n😀,\u2028\n", "{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"message\":\"m\",\"args\":[]}", "{}", "<html></html>", "null",
    ];
}

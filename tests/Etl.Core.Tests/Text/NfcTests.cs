using System.Diagnostics;
using System.Globalization;
using Etl.Core.Text;
using Etl.Testing.Servers;

namespace Etl.Core.Tests.Text;

public class NfcTests
{
    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u212b", "\u00c5")] // Ångström sign
    [InlineData("a\u0323\u0302", "\u1ead")] // two marks, in order
    [InlineData("a\u0302\u0323", "\u1ead")] // the same, out of order
    [InlineData("q\u0307\u0323", "q\u0323\u0307")] // no such letter: marks in order
    [InlineData("\u1100\u1161\u11a8", "\uac01")] // Hangul
    [InlineData("\uac00\u11a8", "\uac01")]
    [InlineData("a\u0315\u0300\u05ae\u0300b", "\u00e0\u05ae\u0300\u0315b")] // a mark of one class stands between
    [InlineData("\u0958", "\u0915\u093c")] // excluded from composition
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("\ud834\udd5e", "\ud834\udd57\ud834\udd65")] // beyond the first plane
    public void Text_is_composed(string text, string composed) => Assert.Equal(composed, Nfc.Compose(text));

    /// <summary>Every code point alone, and behind and before others, as another implementation has it.</summary>
    [SkippableFact]
    public void Every_code_point_is_composed_as_python_composes_it()
    {
        const string Script = """
            import unicodedata, sys
            # Later versions of Unicode have more marks: of those in the first plane these, beyond it many.
            later = unicodedata.unidata_version.split('.')[0] != '14'
            for c in range(0x10000 if later else 0x110000):
                if later and (c in (0x0897, 0x0ECE) or 0x1ACF <= c <= 0x1AFF): continue
                if 0xD800 <= c <= 0xDFFF or not unicodedata.category(chr(c)) != 'Cn': continue
                for s in (chr(c), 'a' + chr(c) + '\u0323', 'e\u0302' + chr(c)):
                    n = unicodedata.normalize('NFC', s)
                    if n != s: print('%s;%s' % (' '.join('%X' % ord(x) for x in s), ' '.join('%X' % ord(x) for x in n)))
            """;
        Process python;
        try
        {
            python = Process.Start(new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Requirement.Missing("python3 is not installed.");
            return;
        }
        using (python)
        {
            var lines = 0;
            while (python.StandardOutput.ReadLine() is { } line)
            {
                var (text, composed) = (Text(line.Split(';')[0]), Text(line.Split(';')[1]));
                Assert.True(Nfc.Compose(text) == composed, line);
                Assert.True(Nfc.Compose(composed) == composed, line);
                lines++;
            }
            python.WaitForExit();
            Assert.Equal(0, python.ExitCode);
            Assert.True(lines > 10_000, $"{lines} lines");
        }
    }

    private static string Text(string codes) => string.Concat(codes.Split(' ').Select(c => char.ConvertFromUtf32(int.Parse(c, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}

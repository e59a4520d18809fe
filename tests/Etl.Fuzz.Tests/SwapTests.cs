using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Fuzz.Tests.Targets;

namespace Etl.Fuzz.Tests;

/// <summary>
/// One delimiter, quote or row end that was swapped for another sign, anywhere: the input is refused, or still has as many columns as before and rows of just as many cells. (A sign in the header
/// or in an unquoted text may be part of a name or cell; then fewer or more columns are told to the reader of the header, and no row agrees with them.)
/// </summary>
public class SwapTests
{
    [Fact]
    public void Swapped_sign_in_a_table_never_changes_its_columns_in_silence() =>
        Assert.Equal([], Faults(new TableTarget(), [.. Corpus.Of(new TableTarget()).Select(c => c.Bytes)], i => TableTarget.Cut(i).Delimiter));

    [Theory]
    [InlineData("csv-report")]
    [InlineData("csv-custom")]
    [InlineData("csv-file")]
    public void Swapped_sign_in_a_file_never_changes_its_columns_in_silence(string name)
    {
        var target = AllTargets.Get(name);
        Assert.Equal([], Faults(target, [.. Corpus.Of(target).Select(c => c.Bytes)], _ => ","));
    }

    /// <summary>Swaps after which another number of columns was read from rows of the old number, or the other way round.</summary>
    internal static List<string> Faults(FuzzTarget target, IReadOnlyList<byte[]> inputs, Func<byte[], string> delimiterOf)
    {
        var faults = new List<string>();
        foreach (var input in inputs)
        {
            if (target.Read(input) is not { Print: { } print } || Columns(print) is not (> 1 and var columns)) continue;
            var delimiter = Encoding.UTF8.GetBytes(delimiterOf(input));
            if (delimiter.Length != 1) continue;
            byte[] signs = [delimiter[0], (byte)'"', (byte)' '];
            for (var at = TableTarget.Cut(input).Start; at < input.Length; at++)
            {
                if (input[at] != delimiter[0] && input[at] != '"') continue;
                foreach (var sign in signs)
                {
                    if (sign == input[at]) continue;
                    var swapped = (byte[])input.Clone();
                    swapped[at] = sign;
                    if (target.Read(swapped) is { Print: { } other } && Columns(other) != columns && HasRows(other)) faults.Add($"byte {at} '{(char)input[at]}' for '{(char)sign}' in {Encoding.UTF8.GetString(input)}");
                }
            }
        }
        return faults;
    }

    // The first line of a print is facts and header, each part as length:text; rows follow.
    private static int Columns(string print) => print.Split('\n') is [_, { Length: > 0 } row, ..] ? Parts(row) : 0;

    private static bool HasRows(string print) => print.Count(c => c == '\n') > 1 || print == "padded";

    private static int Parts(string row)
    {
        var parts = 0;
        for (var i = 0; i < row.Length; parts++)
        {
            var digits = row.AsSpan(i).IndexOfAny(':', '-');
            if (digits < 0 || !int.TryParse(row.AsSpan(i, digits), out var length)) return -1;
            i += digits + 1 + length;
        }
        return parts;
    }
}

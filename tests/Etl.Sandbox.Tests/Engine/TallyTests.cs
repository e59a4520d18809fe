using System.Globalization;
using System.Reflection;
using Etl.Sandbox.Engine;

namespace Etl.Sandbox.Tests.Engine;

public class TallyTests
{
    [Fact]
    public void Adding_a_tally_forgets_no_field()
    {
        var fields = typeof(Tally).GetFields(BindingFlags.Instance | BindingFlags.Public);
        Assert.True(fields.Length > 30);
        var (mine, other) = (Of(fields, 1), Of(fields, 1_000));
        mine.Add(other);
        for (var i = 0; i < fields.Length; i++) Assert.Equal((i + 1) * 1_001L, Convert.ToInt64(fields[i].GetValue(mine), CultureInfo.InvariantCulture));
    }

    private static Tally Of(FieldInfo[] fields, int factor)
    {
        object boxed = default(Tally);
        for (var i = 0; i < fields.Length; i++) fields[i].SetValue(boxed, Convert.ChangeType((i + 1) * factor, fields[i].FieldType, CultureInfo.InvariantCulture));
        return (Tally)boxed;
    }
}

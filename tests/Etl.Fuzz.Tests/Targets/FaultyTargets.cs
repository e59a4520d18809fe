using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Tests of the tests: readers with one planted fault each, which the same harness must find.</summary>
internal abstract class FaultyTarget : FuzzTarget
{
    private readonly TableTarget _sound = new();

    public override string Name => "table";

    public override IReadOnlyList<string> Words => _sound.Words;

    public override IEnumerable<byte[]> Shapes() => _sound.Shapes();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing() => [];

    public override int WholeLength(byte[] input) => _sound.WholeLength(input);

    public override Verdict Read(byte[] input) => _sound.Read(input);
}

/// <summary>The prefix rule switched off: what ends too early counts as complete.</summary>
internal sealed class AcceptsPrefixTarget : FaultyTarget
{
    public override Verdict Read(byte[] input) => base.Read(input) is { Code: ReportFormatException.Truncated } ? Verdict.Accepted("part") : base.Read(input);
}

/// <summary>A cell without a bound: room is made for what a number in the input says.</summary>
internal sealed class TrustsLengthTarget : FaultyTarget
{
    public override Verdict Read(byte[] input)
    {
        var digits = Encoding.ASCII.GetString([.. input.Where(b => b is >= (byte)'0' and <= (byte)'9').Take(8)]);
        if (int.TryParse(digits, out var length)) _ = GC.AllocateUninitializedArray<byte>(length);
        return base.Read(input);
    }
}

/// <summary>A fault of the framework that nobody turned into a refusal.</summary>
internal sealed class ThrowsOtherTarget : FaultyTarget
{
    public override Verdict Read(byte[] input)
    {
        if (input.AsSpan().IndexOf("\\ud83d\""u8) >= 0) throw new InvalidOperationException("half a pair");
        return base.Read(input);
    }
}

/// <summary>A row whose last cell is missing gets an empty one: the number of columns changes in silence.</summary>
internal sealed class PadsRowsTarget : FaultyTarget
{
    public override Verdict Read(byte[] input) => base.Read(input) is { Code: ReportFormatException.BadRow } ? Verdict.Accepted("padded") : base.Read(input);
}

/// <summary>Looks at all bytes for each byte.</summary>
internal sealed class QuadraticTarget : FaultyTarget
{
    public override Verdict Read(byte[] input)
    {
        var sum = 0;
        for (var i = 0; i < input.Length; i++) sum += input.AsSpan(0, i).IndexOf((byte)1);
        return Verdict.Refused($"{sum}");
    }
}

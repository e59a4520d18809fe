using System.Text;

namespace Etl.Fuzz.Tests.Harness;

/// <summary>What became of an input.</summary>
/// <param name="Print">What was read, in a form in which equal means equal; null when the input was refused.</param>
/// <param name="Code">Code of the refusal; null when the input was accepted.</param>
internal readonly record struct Verdict(string? Print, string? Code)
{
    public bool IsAccepted => Print is not null;

    public static Verdict Accepted(string print) => new(print, null);

    public static Verdict Refused(string code) => new(null, code);
}

/// <summary>A promise that did not hold; anything else that escapes a target is one as well.</summary>
internal sealed class ViolationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Something that reads bytes from outside, and what must be true of it whatever the bytes are. One instance serves one thread.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Words of the format, for mutations.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Sound and nearly sound inputs that the seed maker writes.</summary>
    public abstract IEnumerable<byte[]> Shapes();

    /// <summary>Inputs that the repository has for purposes of its own.</summary>
    public virtual IEnumerable<(string Name, byte[] Bytes)> Elsewhere() => [];

    /// <summary>Shapes of any size, by name, for the rule of linear time: about so many bytes.</summary>
    public abstract IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing();

    /// <summary>Reads an input. The refusals that the product documents are verdicts; whatever else it throws is a violation.</summary>
    public abstract Verdict Read(byte[] input);

    /// <summary>Checks what else must be true of an input whose verdict is known.</summary>
    public virtual void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        if (!verdict.IsAccepted) return;
        var whole = WholeLength(input);
        CheckPrefix(input, random.Below(whole), verdict);
        if (whole > 0) CheckPrefix(input, whole - 1 - random.Below(Math.Min(whole, 4)), verdict);
    }

    /// <summary>Bytes of an accepted input up to which every strict prefix must be refused; what follows says nothing, as white space does.</summary>
    public virtual int WholeLength(byte[] input) => 0;

    /// <summary>True when a prefix that was accepted shows by what was read that it is one.</summary>
    public virtual bool IsKnownPart(byte[] prefix, Verdict part, Verdict whole) => false;

    /// <summary>The prefix rule at one cut.</summary>
    public void CheckPrefix(byte[] input, int length, Verdict whole)
    {
        if (length <= 0 || length >= WholeLength(input)) return;
        var prefix = input[..length];
        var part = Read(prefix);
        if (part.IsAccepted && !IsKnownPart(prefix, part, whole))
            throw new ViolationException($"The first {length} of {input.Length} bytes were accepted as complete.");
    }

    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Bytes before the white space at the end.</summary>
    protected static int TrimmedLength(byte[] input) => input.AsSpan().TrimEnd(" \t\r\n"u8).Length;
}

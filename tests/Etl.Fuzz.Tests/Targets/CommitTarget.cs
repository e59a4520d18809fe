using System.Security.Cryptography;
using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Landing.Parquet;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>
/// Commit records: one line <c>key=value</c> for each field of a footer. A checksum of <c>*</c> stands for the right one, so that damage gets past it.
/// </summary>
internal sealed class CommitTarget : FuzzTarget
{
    private const string AnyChecksum = "etl.checksum=*";

    public override string Name => "commit";

    public override IReadOnlyList<string> Words { get; } =
    [
        "etl.format=1", "etl.job=", "etl.source=", "etl.account=", "etl.window=", "etl.from=", "etl.to=", "etl.pull=", "etl.fence=", "etl.rows=", "etl.content_hash=", "etl.pulled_at=", "etl.definition=", "etl.schema=", "\n" + AnyChecksum + "\n",
        "{\"columns\":[", "{\"name\":\"a\",\"type\":\"Text\",\"role\":\"Dimension\",\"additivity\":\"None\",\"known\":true}", "],\"key\":[", "]}", "null", "\"Text\"", "\"Int64\"", "\"type\":", "\"role\":", "\"name\":", "\"key\":", "\"columns\":",
        "2026-11-19T00:00:00.0000000Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00.0000000Z", "=", "\n", "-1", "[]", "{}", "\"\"", "99",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.RecordShapes.Commits();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        var head = Encoding.UTF8.GetString(Seeds.RecordShapes.Commits().First());
        yield return ("fields", n => Utf8(head + string.Concat(Enumerable.Range(0, n / 12).Select(i => $"\netl.k{i}=v"))));
        yield return ("job", n => Utf8(head.Replace("etl.job=", "etl.job=" + new string('x', n), StringComparison.Ordinal)));
        yield return ("brackets", n => Utf8(head.Replace("etl.schema=", "etl.schema=" + new string('[', n), StringComparison.Ordinal)));
        yield return ("columns", n => Utf8(head.Replace("\"columns\":[", "\"columns\":[" + string.Concat(Enumerable.Range(0, n / 80).Select(i => $"{{\"name\":\"n{i}\",\"type\":\"Text\",\"role\":\"Metric\",\"additivity\":\"None\",\"known\":true}},")), StringComparison.Ordinal)));
    }

    public override Verdict Read(byte[] input)
    {
        var metadata = Fields(input);
        if (CommitRecord.TryRead(metadata, out var record, out var why)) return Verdict.Accepted(Print(record.ToMetadata()));
        if (string.IsNullOrEmpty(why)) throw new ViolationException("A record was refused without a reason.");
        _ = CommitRecord.FormatOf(metadata);
        _ = CommitRecord.IsClaimed(metadata);
        return Verdict.Refused("commit");
    }

    public override void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        base.Check(input, verdict, random);
        if (!verdict.IsAccepted) return;
        var again = Read(Utf8(verdict.Print!));
        if (again.Print != verdict.Print) throw new ViolationException($"Written and read again it is '{again.Print ?? again.Code}'.");
        // Each fact has one form, or two records could mean the same under two checksums.
        var (fields, written) = (Fields(input), Fields(Utf8(verdict.Print!)));
        foreach (var (key, value) in written)
            if (key is not ("etl.schema" or "etl.checksum" or "etl.format") && fields[key] != value) throw new ViolationException($"'{key}' was read from '{fields[key]}' and is written as '{value}'.");
    }

    /// <summary>
    /// Two records one behind the other are one whose fields were said anew, as a footer may say a key twice and the last one counts: the first of them is whole too.
    /// </summary>
    public override int WholeLength(byte[] input) => input.AsSpan().IndexOf("etl.checksum=*"u8) >= 0 || SaysTwice(input) ? 0 : TrimmedLength(input);

    /// <summary>Fields of others may stand behind ours.</summary>
    public override bool IsKnownPart(byte[] prefix, Verdict part, Verdict whole) => part.Print == whole.Print;

    private static bool SaysTwice(byte[] input)
    {
        var ours = Encoding.UTF8.GetString(input).Split('\n').Select(line => line.Split('=', 2)[0]).Where(key => key.StartsWith("etl.", StringComparison.Ordinal)).ToList();
        return ours.Distinct(StringComparer.Ordinal).Count() < ours.Count;
    }

    private static Dictionary<string, string> Fields(byte[] input)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(input).Split('\n'))
            if (line.Split('=', 2) is [var key, var value]) fields[key] = value;
        // Written down again here: what is tested may not make its own checksum.
        if (fields.GetValueOrDefault("etl.checksum") == "*")
        {
            var text = string.Concat(fields.Where(f => f.Key.StartsWith("etl.", StringComparison.Ordinal) && f.Key != "etl.checksum").OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}\n"));
            fields["etl.checksum"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
        return fields;
    }

    private static string Print(IReadOnlyDictionary<string, string> metadata) => string.Join('\n', metadata.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}"));
}

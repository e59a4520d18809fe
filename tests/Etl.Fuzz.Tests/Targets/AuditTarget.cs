using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Landing.Audit.Log;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Manifests (what begins with a brace) and checkpoints of audit logs. Each has one form, to the byte.</summary>
internal sealed class AuditFormTarget : FuzzTarget
{
    public override string Name => "audit";

    public override IReadOnlyList<string> Words { get; } =
    [
        "{\"created\":\"", "\"files\":[", "\"bytes\":", "\"path\":\"", "\"sha256\":\"", "\"folder\":\"", "\"format\":1", "\"key\":\"", "\"kind\":\"snapshot\"", "\"kind\":\"key\"", "\"kind\":\"erased\"", "\"kind\":\"retention\"", "\"newKey\":\"",
        "\"erases\":[", "\"paths\":[", "\"seq\":", "\"window\":{", "\"previous\":\"", "\"origin\":\"", "\"tool\":\"", "etl-audit/", "snapshot/", "..", "/", "\\", "\\u0000", "\\u001f", "\\n", "é", "null", "true", "false", "[]", "{}", "0", "-0", "1.0",
        "9007199254740991", "9007199254740992", "\n", "=", "+", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "CON", "raw/0001.json", "Raw/0001.json", " ", "}", "]", ",",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.RecordShapes.Audits();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        var manifest = Encoding.UTF8.GetString(Seeds.RecordShapes.Audits().First());
        yield return ("files", n => Utf8(manifest.Replace("\"files\":[", "\"files\":[" + string.Concat(Enumerable.Range(0, n / 110).Select(i => $"{{\"bytes\":1,\"path\":\"a{i:D8}\",\"sha256\":\"{new string('0', 64)}\"}},")), StringComparison.Ordinal)));
        yield return ("text", n => Utf8(manifest.Replace("\"tool\":\"", "\"tool\":\"" + new string('x', n), StringComparison.Ordinal)));
        yield return ("escapes", n => Utf8(manifest.Replace("\"tool\":\"", "\"tool\":\"" + string.Concat(Enumerable.Repeat("\\n", n / 2)), StringComparison.Ordinal)));
        yield return ("path", n => Utf8(manifest.Replace("\"path\":\"", "\"path\":\"" + string.Concat(Enumerable.Repeat("a/", n / 2)), StringComparison.Ordinal)));
        yield return ("brackets", n => Utf8("{\"a\":" + new string('[', n)));
        yield return ("list", n => Utf8("{\"a\":[" + string.Join(',', Enumerable.Repeat("1", n / 2)) + "]}"));
        yield return ("members", n => Utf8("{" + string.Join(',', Enumerable.Range(0, n / 14).Select(i => $"\"k{i:D8}\":1")) + "}"));
        yield return ("checkpoint", n => Utf8("etl-audit/a/0000000000000000\n" + new string('1', n)));
    }

    public override Verdict Read(byte[] input)
    {
        if (input.AsSpan().StartsWith("{"u8))
        {
            try
            {
                var manifest = AuditManifest.Read(input);
                if (!CanonicalJson.Write(manifest.Content).AsSpan().SequenceEqual(input)) throw new ViolationException("A manifest was read from bytes that it is not written in.");
                return Verdict.Accepted(Encoding.UTF8.GetString(input));
            }
            catch (CanonicalException)
            {
                return Verdict.Refused("manifest");
            }
        }
        if (!Checkpoint.TryRead(input, out var checkpoint)) return Verdict.Refused("checkpoint");
        if (!checkpoint.ToBytes().AsSpan().SequenceEqual(input)) throw new ViolationException("A checkpoint was read from bytes that it is not written in.");
        return Verdict.Accepted(Encoding.UTF8.GetString(input));
    }

    public override int WholeLength(byte[] input) => input.Length;
}

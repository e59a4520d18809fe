using Etl.Core.Errors;
using Etl.Core.Raw;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>What a sink captured, as the recording of a later replay.</summary>
internal sealed class MemoryRecording(IReadOnlyList<KeptReply> replies) : IRawRecording
{
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);

    public RawHead Head { get; } = new(
        Rig.Request().Key, Rig.Request().Window, "pull-1", new DateTimeOffset(2026, 3, 11, 4, 0, 0, TimeSpan.Zero), "definition", true, 0, "");

    public IEnumerable<RawEntry> Read() => replies.Select((r, i) =>
        new RawEntry(r.Request, r.Bytes.Length == 0 ? null : Name(i), r.Bytes.Length, r.Fault));

    public Stream Open(string sha256) => _damaged.Contains(sha256)
        ? throw new EtlException(FaultKind.Window, $"The raw reply '{sha256}' is damaged.") { Code = "raw-damaged" }
        : new MemoryStream(replies[int.Parse(sha256, System.Globalization.CultureInfo.InvariantCulture)].Bytes, writable: false);

    public void Damage(int reply) => _damaged.Add(Name(reply));

    private static string Name(int reply) => reply.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

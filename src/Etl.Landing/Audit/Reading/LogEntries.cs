using Etl.Core.Errors;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Reading;

/// <summary>Reads the entries that a log's checkpoint stands for, without judging them: that is what verifying is for.</summary>
internal static class LogEntries
{
    /// <exception cref="EtlException">There is no checkpoint, or it is damaged.</exception>
    public static async Task<Checkpoint> CheckpointAsync(AuditPlace place, CancellationToken cancellation)
    {
        if (await place.ReadAsync(AuditNames.Checkpoint, Checkpoint.MaxBytes, cancellation) is not { } found)
            throw new EtlException(FaultKind.Usage, $"The audit log at '{place.Name}' has no entry yet.") { Code = "audit-empty" };
        return Checkpoint.TryRead(found.Bytes, out var checkpoint) ? checkpoint : throw place.Damage(AuditNames.Checkpoint, "is no checkpoint");
    }

    /// <summary>All entries in order, read as they are asked for.</summary>
    /// <exception cref="EtlException">An entry is missing or is none.</exception>
    public static async IAsyncEnumerable<AuditManifest> ReadAsync(AuditPlace place, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var size = (await CheckpointAsync(place, cancellation)).Size;
        for (var sequence = 0L; sequence < size; sequence++)
        {
            var name = AuditNames.Entry(sequence);
            var (bytes, _) = await place.ReadAsync(name, CanonicalReader.MaxBytes, cancellation) ?? throw place.Damage(name, "is missing");
            AuditManifest manifest;
            try
            {
                manifest = AuditManifest.Read(bytes);
            }
            catch (CanonicalException fault)
            {
                throw place.Damage(name, $"is no manifest: {fault.Message}");
            }
            yield return manifest;
        }
    }
}

using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Landing.Exports.Files;

namespace Etl.Landing.Exports.Delivery;

/// <summary>Reads finished files on their way to a receiver.</summary>
internal static class MadeFile
{
    /// <summary>Copies a file, and proves while doing so that it is still the one that was made.</summary>
    /// <exception cref="EtlException">It is gone, or was changed since.</exception>
    public static async Task CopyAsync(ExportNote note, ExportFolder folder, ExportPart part, Stream to, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = Open(note, folder, part);
        await using (file.ConfigureAwait(false))
        {
            var buffer = new byte[1 << 16];
            while (await file.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var length)
            {
                hash.AppendData(buffer, 0, length);
                await to.WriteAsync(buffer.AsMemory(0, length), cancellation).ConfigureAwait(false);
            }
        }
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != part.Sha256) throw Fault(note, folder, part, "was changed since it was made");
    }

    private static FileStream Open(ExportNote note, ExportFolder folder, ExportPart part)
    {
        try
        {
            return new FileStream(folder[part.Name], FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            throw Fault(note, folder, part, "is gone");
        }
    }

    private static EtlException Fault(ExportNote note, ExportFolder folder, ExportPart part, string what) => new(
        FaultKind.Window,
        $"'{folder[part.Name]}', which waits to be delivered, {what}. It was not delivered. 'etl export make {note.Job} --export {note.Export} --full' makes a file of all leads in its place.")
    { Code = "export-file" };
}

using System.IO.Compression;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Raw;

/// <summary>A recording on disk.</summary>
internal sealed class RawRecording(RawFolders folders, string path, RawHead head) : IRawRecording
{
    public RawHead Head => head;

    public IEnumerable<RawEntry> Read() => RawIndex.Entries(path);

    public Stream Open(string sha256)
    {
        var file = folders.Object(sha256);
        try
        {
            var found = Hash(file);
            if (found != sha256) throw Damaged(file, $"its bytes have the hash {found}");
            return Decoded(file);
        }
        catch (InvalidDataException)
        {
            throw Damaged(file, "it cannot be decompressed");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Damaged(file, "it is missing");
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "read a raw reply", file);
        }
    }

    private EtlException Damaged(string file, string found) => new(
        FaultKind.Window,
        $"The raw reply '{file}' of pull '{head.Pull}' is damaged: {found}. Nothing was published. Pull the window again: 'etl run {head.Key.Job} --from {head.Key.Label} --to {head.Key.Label} --force'.")
    { Code = "raw-damaged" };

    private static string Hash(string file)
    {
        using var decoded = Decoded(file);
        return Convert.ToHexStringLower(SHA256.HashData(decoded));
    }

    private static GZipStream Decoded(string file) =>
        new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), CompressionMode.Decompress);
}

using Etl.Core.Disks;

namespace Etl.Testing.Crash.Sweeping;

/// <summary>Ways to publish a file that must not be gone, for tests of the tests.</summary>
internal static class Faulty
{
    private const int PieceBytes = 16_384;

    public static void Write(string way, string from, string to)
    {
        var bytes = File.ReadAllBytes(from);
        var path = way == "in-place" ? to : to + ".new";
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            for (var at = 0; at < bytes.Length; at += PieceBytes) file.Write(bytes, at, Math.Min(PieceBytes, bytes.Length - at));
            try
            {
                DiskSync.Flush(file);
            }
            catch (IOException) when (way == "careless")
            {
                // The fault: what is on the disk is not known, and nobody is told.
            }
        }
        if (path != to) File.Move(path, to, overwrite: true);
    }
}

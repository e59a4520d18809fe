using Etl.Core.Disks;

namespace Etl.Landing.Stores.Local;

/// <summary>A file that becomes visible under its name only when it is whole and durable. Dispose without publishing leaves nothing.</summary>
internal sealed class TempFile : IDisposable
{
    private const int BufferBytes = 1 << 16;
    private bool _published;

    /// <summary>Begins the file, replacing one of the same temporary name.</summary>
    public TempFile(string temporaryPath)
    {
        Path = temporaryPath;
        Stream = new FileStream(temporaryPath, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
    }

    /// <summary>The temporary name.</summary>
    public string Path { get; }

    public FileStream Stream { get; }

    /// <summary>Puts the bytes on the disk and closes the file.</summary>
    public void Sync()
    {
        DiskSync.Flush(Stream);
        Stream.Dispose();
    }

    /// <summary>
    /// Gives the file its name, replacing what had it: one rename, seen by readers as before or after. The caller then
    /// syncs the folder.
    /// </summary>
    public void Publish(string path)
    {
        File.Move(Path, path, overwrite: true);
        _published = true;
    }

    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // What could not be written is thrown away below; the fault that matters is on its way already.
        }
        if (!_published) File.Delete(Path);
    }
}

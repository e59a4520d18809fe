using System.Text;
using Etl.Core.Disks;

namespace Etl.Server.Who;

/// <summary>The folder <c>server</c> under the data folder: users and the keys of cookies, for nobody else's eyes.</summary>
internal static class ServerFolder
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static string In(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), "server");

    public static void Make(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, Own | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file whole or not at all, readable by its owner only from its first byte on.</summary>
    public static void Write(string file, string text)
    {
        var fresh = $"{file}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Own;
        try
        {
            using (var stream = new FileStream(fresh, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                DiskSync.Flush(stream);
            }
            File.Move(fresh, file, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
        }
    }
}

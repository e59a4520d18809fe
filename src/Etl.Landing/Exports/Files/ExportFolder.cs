using System.Globalization;
using Etl.Core.Disks;
using Etl.Core.Runs;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Files;

/// <summary>
/// The folder of an export, <c>&lt;data&gt;/exports/&lt;job&gt;/&lt;name&gt;</c>: finished files with their <c>.ok</c> files, temporary ones that begin with
/// a dot, what was refused under <c>rejected/</c>, and under <c>.state/</c> the list of leads and the note of each number.
/// </summary>
internal sealed class ExportFolder
{
    /// <summary>Behind the name of a finished file: it is whole, and this says what is in it.</summary>
    public const string Ok = ".ok";

    private const string Temporary = ".part";

    private readonly string _states;

    public ExportFolder(string dataFolder, string job, string export)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetFullPath(dataFolder), "exports", PathNames.Check("job", job), PathNames.Check("export", export));
        _states = System.IO.Path.Combine(Path, ".state");
        RejectedPath = System.IO.Path.Combine(Path, "rejected", export + "-rejected.csv");
    }

    public string Path { get; }

    /// <summary>Leads that the importer would not take, as of the newest cut, with the reason.</summary>
    public string RejectedPath { get; }

    /// <summary>A name that no pattern for finished files matches.</summary>
    public static string TemporaryName(string stem) => $".{stem}{Temporary}";

    /// <summary>Path of a file of this folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string LeadsPath(long sequence) => State(sequence, ".leads");

    public string NotePath(long sequence) => State(sequence, ".json");

    /// <summary>Where it is remembered what a look for news found nothing in.</summary>
    public string LookedPath => System.IO.Path.Combine(_states, "looked");

    /// <summary>Path for the list of leads of a cut that has no number yet.</summary>
    public string TemporaryLeadsPath(string attempt) => System.IO.Path.Combine(_states, TemporaryName(attempt));

    /// <summary>Makes the folders.</summary>
    public void Create()
    {
        DurableFolder.Create(_states);
        DurableFolder.Create(System.IO.Path.GetDirectoryName(RejectedPath)!);
    }

    /// <summary>Removes temporary files of attempts that died. The caller holds the lock, and has finished what could be finished.</summary>
    public void Sweep()
    {
        foreach (var folder in (string[])[Path, _states, System.IO.Path.GetDirectoryName(RejectedPath)!])
            foreach (var left in Directory.EnumerateFiles(folder, $".*{Temporary}", new EnumerationOptions { AttributesToSkip = 0 })) File.Delete(left);
    }

    /// <summary>Removes lists and notes of numbers below one.</summary>
    public void Forget(long below)
    {
        foreach (var file in Directory.EnumerateFiles(_states))
            if (long.TryParse(System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && sequence < below) File.Delete(file);
    }

    /// <summary>Removes list, note and temporary files of a number that is given up.</summary>
    public void Remove(long sequence)
    {
        File.Delete(LeadsPath(sequence));
        File.Delete(NotePath(sequence));
    }

    /// <summary>Writes a small file of <c>.state/</c> in place of an earlier one, durably.</summary>
    public void WriteState(string path, byte[] content)
    {
        using var file = new TempFile(System.IO.Path.Combine(_states, TemporaryName(System.IO.Path.GetFileName(path))));
        file.Stream.Write(content);
        file.Sync();
        file.Publish(path);
        SyncStates();
    }

    public void SyncStates() => DurableFolder.Sync(_states);

    /// <summary>
    /// A new file under a temporary name. One that a dead process left may be a second name of a file that is shown already, and is not written into.
    /// </summary>
    public static FileStream NewTemporary(string path)
    {
        File.Delete(path);
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Shows files that lie ready: each under its name, then each with its <c>.ok</c> file. Doing so again changes nothing.</summary>
    /// <param name="note">What is shown.</param>
    /// <param name="folder">Where: the folder of the temporary names.</param>
    public static void Show(ExportNote note, string folder)
    {
        foreach (var part in note.Parts.Where(p => IsHere(folder, p)))
        {
            FreeName.Give(System.IO.Path.Combine(folder, part.Temporary), System.IO.Path.Combine(folder, part.Name));
            Failpoint.Hit("export.linked");
        }
        DurableFolder.Sync(folder);
        foreach (var part in note.Parts.Where(p => File.Exists(System.IO.Path.Combine(folder, p.Name))))
        {
            var temporary = System.IO.Path.Combine(folder, TemporaryName(part.Name + Ok));
            using (var file = NewTemporary(temporary))
            {
                file.Write(note.OkOf(part));
                DiskSync.Flush(file);
            }
            Failpoint.Hit("export.ok-written");
            FreeName.Give(temporary, System.IO.Path.Combine(folder, part.Name + Ok));
            Failpoint.Hit("export.ok-linked");
        }
        DurableFolder.Sync(folder);
        // Not before: with a temporary name gone and its final one lost with the power, there would be neither.
        foreach (var part in note.Parts)
        {
            File.Delete(System.IO.Path.Combine(folder, part.Temporary));
            File.Delete(System.IO.Path.Combine(folder, TemporaryName(part.Name + Ok)));
        }
        DurableFolder.Sync(folder);
    }

    // A temporary name goes after the final one is there: without both, an earlier try showed the file and somebody has fetched it.
    private static bool IsHere(string folder, ExportPart part) =>
        File.Exists(System.IO.Path.Combine(folder, part.Temporary)) || File.Exists(System.IO.Path.Combine(folder, part.Name));

    private string State(long sequence, string suffix) => System.IO.Path.Combine(_states, sequence.ToString("D10", CultureInfo.InvariantCulture) + suffix);
}

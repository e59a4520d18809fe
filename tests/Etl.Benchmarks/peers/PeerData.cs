using System.Globalization;

namespace Etl.Benchmarks;

/// <summary>The seeded files that comparisons share; made once and kept.</summary>
/// <param name="folder">Where they stand; outputs go there too.</param>
/// <param name="mebibytes">Size of the CSV file.</param>
internal sealed class PeerData(string folder, int mebibytes)
{
    /// <summary>A path in the folder.</summary>
    internal string this[string name] => Path.Combine(folder, name);

    /// <summary>Size of the CSV file.</summary>
    internal int Mebibytes => mebibytes;

    /// <summary>Where all of it stands.</summary>
    internal string Folder => folder;

    /// <summary>CSV of the size asked for, or of a share of it.</summary>
    internal string Csv(int divisor = 1) =>
        Made(string.Create(CultureInfo.InvariantCulture, $"rows-{mebibytes * 1024L / divisor}k.csv"), path => new SeededRows().WriteCsv(path, mebibytes * (1L << 20) / divisor));

    /// <summary>getTable replies of 2 MB, as the service sends them: raw, or with slashes and everything outside ASCII escaped.</summary>
    internal IReadOnlyList<string> Pages(int count, bool escaped)
    {
        var rows = new SeededRows();
        var kind = escaped ? "pages-escaped" : "pages";
        Directory.CreateDirectory(this[kind]);
        // All of them come from one stream of rows, so one that is missing makes all of them again.
        var paths = Enumerable.Range(0, count).Select(i => this[string.Create(CultureInfo.InvariantCulture, $"{kind}/page-{i:D3}.json")]).ToList();
        if (paths.Exists(p => !File.Exists(p)))
            foreach (var path in paths) Write(path, p => rows.WritePage(p, 9950, escaped));
        return paths;
    }

    private string Made(string name, Action<string> write)
    {
        if (!File.Exists(this[name])) Write(this[name], write);
        return this[name];
    }

    // Under another name first: a run that was stopped leaves no half file.
    private static void Write(string path, Action<string> write)
    {
        write(path + ".tmp");
        File.Move(path + ".tmp", path, overwrite: true);
    }
}

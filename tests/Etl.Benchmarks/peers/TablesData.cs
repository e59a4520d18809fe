using System.Globalization;

namespace Etl.Benchmarks;

/// <summary>Staged pulls of seeded rows, and the same rows as CSV.</summary>
/// <param name="folder">Where they stand; what another run left there goes.</param>
/// <param name="published">Where the program that works at them is published.</param>
/// <param name="mebibytes">Size asked for; a quarter of a gibibyte of it stands for one body of 258,447 rows.</param>
internal sealed class TablesData(string folder, string published, int mebibytes)
{
    private const int MebibytesOfBody = 256;
    private const long Body = 50_000_000;

    private readonly Lazy<byte[]> _body = new(() => TableBody.Make(Body, escapeAll: false, out _));
    private int _round;

    /// <summary>Where they stand.</summary>
    internal string Folder => folder;

    /// <summary>Rows of the pull that was staged last.</summary>
    internal long Rows { get; private set; }

    internal string this[string name] => Path.Combine(folder, name);

    /// <summary>Bodies that the size stands for.</summary>
    private int Bodies => Math.Max(1, mebibytes / MebibytesOfBody);

    /// <summary>Stages the rows once more, as a pull with a higher fence; returns its number.</summary>
    internal int Stage() => StageBodies(Bodies);

    /// <summary>Stages about a tenth of them, at least one body; or ten times as many.</summary>
    internal int StageTenth(bool tenfold) => StageBodies(Math.Max(1, Bodies / 10) * (tenfold ? 10 : 1));

    /// <summary>The rows of a pull as CSV; returns the path.</summary>
    internal string Csv(int round)
    {
        StagedRows.WriteCsv(Folder, round, this["rows.csv"]);
        return this["rows.csv"];
    }

    /// <summary>Does one of what <see cref="TablesChild"/> can with a staged pull, in a process of its own.</summary>
    internal Child.Run Run(string how, int round, Dictionary<string, string> environment) => Child.Start(
        Path.Combine(published, "Etl.Benchmarks"), Folder, environment, [TablesChild.Verb, how, Folder, round.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Lands a staged pull in table <c>plays</c> of the warehouse.</summary>
    internal Child.Run Land(int round, Dictionary<string, string> environment) => Run("land", round, environment);

    private int StageBodies(int bodies)
    {
        if (_round == 0)
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Published.MakeThis(published);
        }
        Rows = StagedRows.Stage(_body.Value, bodies, Folder, ++_round);
        return _round;
    }
}

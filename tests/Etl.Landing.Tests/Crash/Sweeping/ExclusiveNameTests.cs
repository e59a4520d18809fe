using System.Globalization;
using Etl.Landing.Exports.Files;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>Names that many want at once: one gets it, and is the only one who is told so. 2,000 rounds of 8.</summary>
public sealed class ExclusiveNameTests
{
    private const int Rounds = 2_000, AtOnce = 8;

    [Fact]
    public void Of_eight_who_give_one_name_one_has_it_and_the_others_are_told()
    {
        var (several, _) = Race((temporary, path) => FreeName.Give(temporary, path));
        Assert.Equal(0, several);
    }

    /// <summary>The planted fault: .NET's own way looks first and renames then, which loses files in silence.</summary>
    [SkippableFact]
    public void Race_finds_a_way_that_is_not_exclusive()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only there it is a look and a rename.");
        var (several, lost) = Race((temporary, path) =>
        {
            if (File.Exists(path)) throw new IOException("It is there.");
            File.Move(temporary, path, overwrite: true);
        });
        Assert.True(several > 0 && lost > 0, $"{several} rounds with several winners.");
    }

    private static (int Several, int Lost) Race(Action<string, string> give)
    {
        using var folder = new TempFolder();
        var wins = new int[Rounds];
        using var barrier = new Barrier(AtOnce);
        var threads = Enumerable.Range(0, AtOnce).Select(me => new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var temporary = folder[string.Create(CultureInfo.InvariantCulture, $".{round}-{me}.part")];
                File.WriteAllText(temporary, string.Create(CultureInfo.InvariantCulture, $"{me}"));
                barrier.SignalAndWait();
                try
                {
                    give(temporary, folder[string.Create(CultureInfo.InvariantCulture, $"{round:D8}.csv")]);
                    Interlocked.Increment(ref wins[round]);
                }
                catch (Exception fault) when (fault is Etl.Core.Errors.EtlException or IOException)
                {
                    // Told that the name is taken.
                }
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.All(wins, w => Assert.True(w >= 1));
        return (wins.Count(w => w > 1), wins.Sum(w => w - 1));
    }
}

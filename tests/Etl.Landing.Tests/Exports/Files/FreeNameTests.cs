using System.Globalization;
using Etl.Core.Errors;
using Etl.Landing.Exports.Files;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports.Files;

/// <summary>A name is given once. A rename with a look before it is not enough: of eight threads at once several believe to have given it.</summary>
public sealed class FreeNameTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_files_that_are_given_one_name_at_once_exactly_one_has_it()
    {
        const int Threads = 8, Rounds = 250;
        using var start = new Barrier(Threads);
        var winners = new string?[Rounds, Threads];
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var content = string.Create(CultureInfo.InvariantCulture, $"round {round} thread {t}");
                var temporary = _folder[string.Create(CultureInfo.InvariantCulture, $".{round}-{t}")];
                File.WriteAllText(temporary, content);
                start.SignalAndWait();
                winners[round, t] = TryGive(temporary, round) ? content : null;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        for (var round = 0; round < Rounds; round++)
        {
            var winner = Assert.Single(Enumerable.Range(0, Threads), t => winners[round, t] is not null);
            Assert.Equal(winners[round, winner], File.ReadAllText(NameOf(round)));
            // The others keep what they wrote.
            Assert.Equal(Threads - 1, Directory.GetFiles(_folder.Path, $".{round}-*").Length);
        }
    }

    [Fact]
    public void Same_bytes_under_the_name_are_fine_and_other_bytes_are_not_touched()
    {
        File.WriteAllText(NameOf(1), "same");
        File.WriteAllText(_folder[".a"], "same");
        File.WriteAllText(_folder[".b"], "else");

        FreeName.Give(_folder[".a"], NameOf(1));
        Assert.Equal("export-name-taken", Assert.Throws<EtlException>(() => FreeName.Give(_folder[".b"], NameOf(1))).Code);

        Assert.False(File.Exists(_folder[".a"]));
        Assert.Equal("same", File.ReadAllText(NameOf(1)));
        Assert.Equal("else", File.ReadAllText(_folder[".b"]));
        // Given before by one who died.
        FreeName.Give(_folder[".a"], NameOf(1));
    }

    private bool TryGive(string temporary, int round)
    {
        try
        {
            FreeName.Give(temporary, NameOf(round));
            return true;
        }
        catch (EtlException fault) when (fault.Code == "export-name-taken")
        {
            return false;
        }
    }

    private string NameOf(int round) => _folder[string.Create(CultureInfo.InvariantCulture, $"leads-{round}.csv")];
}

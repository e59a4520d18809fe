using System.Text;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class JobFuzzTests
{
    private const string Alphabet = "{}[]:,&*#?|-<>=!%@\\\"' \n\t~`a0é\u0085";

    [Fact]
    public void Damaged_job_gives_faults_with_places_inside_the_file_and_never_throws()
    {
        const int seed = 20261119;
        var random = new Random(seed);
        for (var round = 0; round < 4_000; round++)
        {
            var text = new StringBuilder(Yaml.Full);
            for (var edits = random.Next(1, 6); edits > 0 && text.Length > 0; edits--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0: text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at)); break;
                    case 1: text.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
                    case 2: text[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                    default: text.Length = at; break;
                }
            }
            var yaml = text.ToString();
            var lines = yaml.Count(c => c is '\n' or '\u0085') + 2;

            var set = Record(() => JobFileReader.Parse(yaml, "f.yaml", TestCatalog.Small), $"seed {seed}, round {round}:\n{yaml}");

            Assert.True(set.Jobs.Count == (set.Faults.Count == 0 ? 1 : 0), $"Round {round} gave {set.Jobs.Count} jobs and {set.Faults.Count} faults:\n{yaml}");
            Assert.All(set.Faults, f => Assert.InRange(f.Line, 0, lines));
        }
    }

    private static T Record<T>(Func<T> read, string what)
    {
        try
        {
            return read();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(what, e);
        }
    }
}

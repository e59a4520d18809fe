using Etl.Fuzz.Tests.Harness;
using Etl.Fuzz.Tests.Targets;

namespace Etl.Fuzz.Tests;

/// <summary>The inputs kept in the repository. <c>ETL_FUZZ_WRITE_SEEDS=1</c> writes the seeds anew.</summary>
public class CorpusTests
{
    public static TheoryData<string> Targets => [.. AllTargets.Names];

    [Fact]
    public void Corpus_has_enough_inputs_and_stays_small()
    {
        var files = AllTargets.Names.SelectMany(n => Corpus.Of(AllTargets.Get(n))).ToList();
        Assert.InRange(files.Count, 400, 2000);
        Assert.InRange(files.Sum(f => (long)f.Bytes.Length), 1, 2 << 20);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Seeds_are_those_that_the_shapes_make(string name)
    {
        var target = AllTargets.Get(name);
        var folder = Corpus.FolderOf(target, Corpus.Seeds);
        var shapes = target.Shapes().DistinctBy(b => Convert.ToHexString(b)).Select((bytes, i) => (Name: $"{i:D3}", Bytes: bytes)).ToList();
        if (Environment.GetEnvironmentVariable("ETL_FUZZ_WRITE_SEEDS") == "1")
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
            foreach (var shape in shapes) File.WriteAllBytes(Path.Combine(folder, shape.Name), shape.Bytes);
        }
        Assert.Equal(shapes.Select(s => $"{Corpus.Seeds}/{s.Name} {Convert.ToHexString(s.Bytes)}"), Corpus.Of(target, Corpus.Seeds).Select(s => $"{s.Name} {Convert.ToHexString(s.Bytes)}"));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Input_of_the_corpus_is_read_or_refused_and_keeps_the_promises(string name)
    {
        var target = AllTargets.Get(name);
        var corpus = Corpus.Of(target);
        var fuzzer = new Fuzzer(target, []);
        Assert.Equal([], corpus.SelectMany(c => Enumerable.Range(0, 4).Select(i => fuzzer.Try(c.Bytes, new FuzzRandom((ulong)i)) is { } what ? $"{c.Name}: {what}" : "")).Where(f => f.Length > 0));
        // A corpus in which nothing is sound tests refusals only.
        Assert.InRange(fuzzer.Counts.Accepted, 4, fuzzer.Counts.Shown);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void No_strict_prefix_of_a_sound_input_is_accepted_as_complete(string name)
    {
        var target = AllTargets.Get(name);
        var cuts = 0;
        foreach (var (file, bytes) in Corpus.Of(target))
        {
            if (target.Read(bytes) is not { IsAccepted: true } verdict) continue;
            var whole = target.WholeLength(bytes);
            for (var length = 1; length < whole; length++)
            {
                var cut = length;
                Assert.True(Record.Exception(() => target.CheckPrefix(bytes, cut, verdict)) is null, $"{file} is accepted when it is cut at byte {length} of {whole}.");
                cuts++;
            }
        }
        // Jobs, addresses and files of unpublished form have no such rule (docs/reliability.md).
        if (name is not ("job" or "url" or "csv-file")) Assert.InRange(cuts, 100, int.MaxValue);
    }
}

using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Landing.Quarantine;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Quarantine;

public sealed class QuarantineStoreTests : IDisposable
{
    private static readonly QuarantineNote s_note = new(1, 42, "sum_time_viewed", "1,2\n\"x\" ü", "expected a number");
    private readonly TempFolder _folder = new();
    private readonly QuarantineStore _store;

    public QuarantineStoreTests() => _store = new QuarantineStore(_folder.Path);

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Notes_are_one_line_each_and_stay_when_kept()
    {
        _store.Add(Keys.Key(), "p1", s_note);
        _store.Add(Keys.Key(), "p1", s_note with { Row = 43 });
        _store.Finish(Keys.Key(), "p1", keepNotes: true);
        Assert.Equal(["quarantine/nightly/2026-11-19-p1.jsonl"], _folder.Files());
        var lines = File.ReadAllLines(_folder["quarantine/nightly/2026-11-19-p1.jsonl"]);
        Assert.Equal("""{"page":1,"row":42,"column":"sum_time_viewed","raw":"1,2\n\"x\" ü","reason":"expected a number"}""", lines[0]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public void Restart_forgets_them_and_the_next_attempt_begins_afresh()
    {
        _store.Add(Keys.Key(), "p1", s_note);
        _store.Finish(Keys.Key(), "p1", keepNotes: false);
        Assert.Empty(_folder.Files());
        _store.Add(Keys.Key(), "p1", s_note);
        _store.Finish(Keys.Key(), "p1", keepNotes: true);
        Assert.Single(File.ReadAllLines(_folder["quarantine/nightly/2026-11-19-p1.jsonl"]));
    }

    [Fact]
    public void Finish_of_a_pull_without_anything_does_nothing()
    {
        _store.Finish(Keys.Key(), "p1", keepNotes: true);
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Notes_from_many_threads_are_all_whole()
    {
        Parallel.For(0, 400, row => _store.Add(Keys.Key(), "p1", s_note with { Row = row }));
        _store.Finish(Keys.Key(), "p1", keepNotes: true);
        var rows = File.ReadAllLines(_folder["quarantine/nightly/2026-11-19-p1.jsonl"])
            .Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("row").GetInt32());
        Assert.Equal(Enumerable.Range(0, 400), rows.Order());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b.json")]
    [InlineData("")]
    public void Names_that_leave_the_folder_are_refused(string name)
    {
        Assert.Throws<EtlException>(() => _store.Add(Keys.Key(job: name), "p1", s_note));
    }
}

using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Quarantine;
using Etl.Parquet;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Quarantine;

public sealed class QuarantineStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_at = new(2026, 11, 20, 2, 15, 0, TimeSpan.Zero);
    private static readonly RefusedRow s_row = new(7, 42, """{"id":"1_a","sum_time_viewed":"1,2\n\"x\" ü"}""",
        [new RefusedCell("sum_time_viewed", "1,2\n\"x\" ü", "is not a finite number"), new RefusedCell("created_at", "x", "is not an ISO timestamp") { Line = 3 }])
    {
        Page = 2,
        Part = "entryCreatedAt …-1700000000",
    };

    private readonly TempFolder _folder = new();
    private readonly QuarantineStore _store;

    public QuarantineStoreTests() => _store = new QuarantineStore(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_come_back_as_they_were_given()
    {
        Write("p1", s_row, s_row with { Number = 43, Part = "" });

        Assert.Equal(["quarantine/nightly/2026-11-19/p1.parquet"], _folder.Files());
        var rows = _store.Read(Keys.Key(), "p1").ToList();
        Assert.Equal([(0, 42L, 2, s_row.Part, s_row.Raw), (1, 43L, 2, "", s_row.Raw)], rows.Select(r => (r.Index, r.Number, r.Page, r.Part, r.Raw)));
        Assert.Equal(s_row.Cells, rows[0].Cells);
        var listed = Assert.Single(_store.List("nightly"));
        Assert.Equal((Keys.Key(), "p1", s_at, 2L, _folder["quarantine/nightly/2026-11-19/p1.parquet"]), (listed.Key, listed.Pull, listed.At, listed.Rows, listed.Path));
    }

    [Fact]
    public void File_has_a_column_for_everything_that_a_person_asks_for()
    {
        Write("p1", s_row);
        using var reader = ParquetReader.Open(_folder["quarantine/nightly/2026-11-19/p1.parquet"]);
        Assert.Equal(
            ["job", "source", "account", "window", "pull", "part", "page", "row", "raw", "reasons", "at"], reader.Schema.Columns.Select(c => c.Name));
        var batch = new ParquetBatch(reader.Schema);
        Assert.Equal(1, reader.Read(batch, 10));
        var key = Keys.Key();
        Assert.Equal([key.Job, key.Source, key.Account, key.Label, "p1"], Enumerable.Range(0, 5).Select(c => System.Text.Encoding.UTF8.GetString(batch[c].TextBytes)));
        Assert.Equal((2L, 42L, s_at.ToUnixTimeSeconds() * 1_000_000), (batch[6].Int64s[0], batch[7].Int64s[0], batch[10].Int64s[0]));
        Assert.Equal(
            """[{"column":"sum_time_viewed","text":"1,2\n\"x\" ü","reason":"is not a finite number"},{"column":"created_at","text":"x","reason":"is not an ISO timestamp","line":3}]""",
            System.Text.Encoding.UTF8.GetString(batch[9].TextBytes));
    }

    [Fact]
    public void Pull_without_such_rows_leaves_nothing()
    {
        Write("p1");
        Assert.Empty(_folder.Files());
        Assert.Empty(_store.List("nightly"));
        Assert.Empty(_store.Read(Keys.Key(), "p1"));
        _store.Remove(Keys.Key(), "p1");
        _store.Sweep(Keys.Key());
    }

    [Fact]
    public void Nothing_is_found_before_it_is_complete_and_nothing_is_left_when_it_is_not()
    {
        using (var writer = _store.Begin(Keys.Key(), "p1", s_at))
        {
            for (var row = 0; row < 5000; row++) writer.Add(s_row with { Number = row });
            Assert.Empty(_store.List("nightly"));
        }
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Earlier_file_of_the_same_pull_is_replaced_as_a_whole()
    {
        Write("p1", s_row, s_row);
        using var writer = _store.Begin(Keys.Key(), "p1", s_at);
        writer.Add(s_row with { Number = 1 });
        Assert.Equal(2, _store.Read(Keys.Key(), "p1").Count());
        writer.Complete();
        writer.Complete();
        Assert.Equal(1, Assert.Single(_store.Read(Keys.Key(), "p1")).Number);
        Assert.Throws<InvalidOperationException>(() => writer.Add(s_row));
    }

    [Fact]
    public void Same_rows_make_the_same_bytes()
    {
        Write("p1", s_row);
        var bytes = File.ReadAllBytes(_folder["quarantine/nightly/2026-11-19/p1.parquet"]);
        Write("p1", s_row);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["quarantine/nightly/2026-11-19/p1.parquet"]));
    }

    [Fact]
    public void Pulls_are_listed_by_window_and_removed_one_by_one()
    {
        Write("p1", s_row);
        Write("p2", s_row);
        using (var other = _store.Begin(Keys.Key() with { Source = "people" }, "p3", s_at))
        {
            other.Add(s_row);
            other.Complete();
        }
        Assert.Equal(["p1", "p2"], _store.List(Keys.Key()).Select(p => p.Pull));
        Assert.Equal(["p1", "p2", "p3"], _store.List("nightly").Select(p => p.Pull).Order());
        _store.Remove(Keys.Key(), "p1");
        Assert.Equal(["p2"], _store.List(Keys.Key()).Select(p => p.Pull));
        _store.Remove(Keys.Key(), "p2");
        _store.Remove(Keys.Key(), "p3");
        Assert.False(Directory.Exists(_folder["quarantine/nightly/2026-11-19"]));
    }

    [Fact]
    public void Half_written_file_of_a_dead_run_is_swept_and_one_that_is_being_written_is_not()
    {
        using var writer = _store.Begin(Keys.Key(), "alive", s_at);
        writer.Add(s_row);
        File.WriteAllText(_folder["quarantine/nightly/2026-11-19/.dead.tmp"], "PAR1");

        _store.Sweep(Keys.Key());

        Assert.Equal(["quarantine/nightly/2026-11-19/.alive.tmp"], _folder.Files());
        writer.Complete();
        Assert.Equal("alive", Assert.Single(_store.List("nightly")).Pull);
    }

    [Fact]
    public void Notes_of_earlier_builds_are_no_reason_to_fail()
    {
        Directory.CreateDirectory(_folder["quarantine/nightly"]);
        File.WriteAllText(_folder["quarantine/nightly/2026-11-19-p0.jsonl"], "{}");
        Write("p1", s_row);
        Assert.Equal("p1", Assert.Single(_store.List("nightly")).Pull);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Damaged_file_is_named(double share)
    {
        Write("p1", s_row);
        var path = _folder["quarantine/nightly/2026-11-19/p1.parquet"];
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(int)(bytes.Length * share)]);
        foreach (var read in new Action[] { () => _store.List("nightly"), () => _ = _store.Read(Keys.Key(), "p1").Count() })
        {
            var fault = Assert.Throws<EtlException>(read);
            Assert.Equal("quarantine-damaged", fault.Code);
            Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Many_rows_are_written_in_bounded_memory()
    {
        var raw = new string('x', 10_000);
        Run(300);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var writer = _store.Begin(Keys.Key(), "p1", s_at);
        for (var row = 0; row < 20_000; row++) writer.Add(s_row with { Raw = raw });
        // 200 MB went through.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);
        writer.Complete();
        Assert.Equal(20_000, _store.Read(Keys.Key(), "p1").Count(r => r.Raw.Length == raw.Length));

        void Run(int rows)
        {
            using var warm = _store.Begin(Keys.Key(), "warm", s_at);
            for (var row = 0; row < rows; row++) warm.Add(s_row with { Raw = raw });
        }
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b.json")]
    [InlineData("")]
    public void Names_that_leave_the_folder_are_refused(string name)
    {
        Assert.Throws<EtlException>(() => _store.Begin(Keys.Key(job: name), "p1", s_at));
        Assert.Throws<EtlException>(() => _store.Begin(Keys.Key(), name, s_at));
        Assert.Throws<EtlException>(() => _store.List(name));
    }

    private void Write(string pull, params RefusedRow[] rows)
    {
        using var writer = _store.Begin(Keys.Key(), pull, s_at);
        foreach (var row in rows) writer.Add(row);
        writer.Complete();
    }
}

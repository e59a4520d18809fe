using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Staging;
using Etl.Landing.Stores.Local;
using Etl.Parquet;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

public sealed class LocalParquetTargetTests : TargetContract, IDisposable
{
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content_daily" };
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];

    private string Root => _folder["parquet/content_daily"];

    public void Dispose() => _folder.Dispose();

    protected override ITarget Create(bool severalAccounts = false) => Make(s_land, severalAccounts);

    private ParquetTarget Make(ParquetLandSpec land, bool severalAccounts = false, TimeSpan? wait = null) => new(
        new LocalObjectStore(_folder["parquet"], TimeProvider.System, wait ?? FolderLock.DefaultWait), land, severalAccounts, _warnings.Add);

    protected override IStagedPull Stage(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount) =>
        Staged.Pull(_folder.Path, key, stamp, report, rows, withAccount);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed)
    {
        var several = Directory.Exists(Path.Combine(Root, "account=" + key.Account));
        var path = Create(several).Locate(key, Keys.Day(key.Label));
        return File.Exists(path) ? RowText.Lines(LandedFile.Read(path, landed)) : [];
    }

    protected override IReadOnlyList<string> Leftovers() =>
        [.. _folder.Files().Where(f => f.StartsWith("parquet", StringComparison.Ordinal) && Path.GetFileName(f) is not ("data.parquet" or ".lock"))];

    protected override bool LeaveLitter(WindowKey key, Window window)
    {
        var folder = Path.GetDirectoryName(Create().Locate(key, window))!;
        File.WriteAllText(Path.Combine(folder, ".1-dead-0badf00d.tmp"), "half");
        File.WriteAllText(Path.Combine(folder, ".2-dead-0badf00d.tmp"), "");
        return true;
    }

    [Fact]
    public async Task Published_file_carries_its_commit_record()
    {
        using var pull = Pull(4, AllTypes.Batch());
        await LandAsync(Create(), pull);
        using var reader = ParquetReader.Open(Path.Combine(Root, "date=2026-11-19", "data.parquet"));
        string Of(string name) => reader.Metadata["etl." + name];
        Assert.Equal(("nightly", "main", "101", "2026-11-19"), (Of("job"), Of("source"), Of("account"), Of("window")));
        Assert.Equal((pull.Stamp.Pull, "4", "9", pull.Stamp.ContentHash, "def"), (Of("pull"), Of("fence"), Of("rows"), Of("content_hash"), Of("definition")));
        Assert.Equal(("2026-11-19T05:00:00.0000000Z", "2026-11-20T05:00:00.0000000Z"), (Of("from"), Of("to")));
        Assert.Equal(("1", "2026-11-20T12:00:00.0000000Z"), (Of("format"), Of("pulled_at")));
    }

    [Fact]
    public async Task Same_pull_gives_the_same_bytes_every_time()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        var path = Create().Locate(pull.Key, Keys.Day());
        var first = await File.ReadAllBytesAsync(path);
        Assert.Equal(await File.ReadAllBytesAsync(pull.Path), first);
        File.Delete(path);
        await LandAsync(Create(), pull);
        Assert.Equal(first, await File.ReadAllBytesAsync(path));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("none")]
    public async Task Other_codec_writes_the_same_rows_again(string codec)
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Make(s_land with { Codec = codec }), pull);
        await ShowsAsync(pull);
        Assert.NotEqual(await File.ReadAllBytesAsync(pull.Path), await File.ReadAllBytesAsync(Create().Locate(pull.Key, Keys.Day())));
    }

    [Fact]
    public void Unknown_codec_is_refused() =>
        Assert.Equal("codec", Assert.Throws<EtlException>(() => Make(s_land with { Codec = "zstd" })).Code);

    [Theory]
    [InlineData(WindowUnit.Day, "2026-11-19", false, "date=2026-11-19/data.parquet")]
    [InlineData(WindowUnit.Hour, "2026-11-01T01-0400", false, "date=2026-11-01/hour=01-0400/data.parquet")]
    [InlineData(WindowUnit.Hour, "2026-11-01T01-0400", true, "account=101/date=2026-11-01/hour=01-0400/data.parquet")]
    [InlineData(WindowUnit.Month, "2026-11", false, "month=2026-11/data.parquet")]
    [InlineData(WindowUnit.Minute, "2026-11-19T14-05m", false, "date=2026-11-19/hour=14/minute=05/data.parquet")]
    [InlineData(WindowUnit.Minute, "2026-11-19T14-05m", true, "account=101/date=2026-11-19/hour=14/minute=05/data.parquet")]
    public void Window_has_its_folder(WindowUnit unit, string label, bool accounts, string expected)
    {
        var window = new WindowCalendar(unit == WindowUnit.Minute ? "UTC" : "America/New_York", unit).Parse(label);
        Assert.Equal(Path.Combine(Root, expected), Create(accounts).Locate(Keys.Key(label), window));
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("..")]
    [InlineData("/abs")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData(".hidden")]
    [InlineData("nul\0")]
    [InlineData("")]
    [InlineData("trailing.")]
    public void Dataset_that_leaves_its_folder_is_refused(string dataset) =>
        Assert.Equal("path-name", Assert.Throws<EtlException>(() => Make(s_land with { Dataset = dataset })).Code);

    [Theory]
    [InlineData("..")]
    [InlineData("../101")]
    [InlineData("a/b")]
    public void Account_or_label_that_leaves_its_folder_is_refused(string name)
    {
        Assert.Throws<EtlException>(() => Create(severalAccounts: true).Locate(Keys.Key(account: name), Keys.Day()));
        Assert.Throws<EtlException>(() => Create().Locate(Keys.Key() with { Label = name }, Keys.Day()));
    }

    [Fact]
    public async Task Damaged_file_blocks_nothing_and_is_replaced_with_a_warning()
    {
        using var first = Pull(5, Plays.Batch(4));
        await LandAsync(Create(), first);
        var path = Create().Locate(first.Key, Keys.Day());
        var bytes = await File.ReadAllBytesAsync(path);
        foreach (var damage in (byte[][])[bytes[..^9], [], bytes[..4], [.. bytes[..^1], 0]])
        {
            await File.WriteAllBytesAsync(path, damage);
            Assert.Null(await Create().FindAsync(first.Key, Keys.Day(), None));
            _warnings.Clear();
            Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), first)).Outcome);
            Assert.Contains(path, Assert.Single(_warnings), StringComparison.Ordinal);
            await ShowsAsync(first);
        }
    }

    [Fact]
    public async Task File_of_somebody_else_is_not_replaced()
    {
        using var pull = Pull(1, Plays.Batch(4));
        var path = Create().Locate(pull.Key, Keys.Day());
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using (var stream = File.Create(path))
        {
            using var writer = new ParquetWriter(stream, new ParquetSchema([new ParquetColumn("mine", ParquetType.Int32)]));
            writer.Complete();
        }
        var bytes = await File.ReadAllBytesAsync(path);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull));
        Assert.Equal("foreign-file", fault.Code);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Renamed_job_replaces_the_file_whatever_its_fence()
    {
        using var old = Pull(9, Plays.Batch(4));
        await LandAsync(Create(), old);
        using var renamed = Stage(old.Key with { Job = "renamed" }, Keys.Stamp("r1", 1, 2), Plays.Schema, [Plays.Batch(2)], false);
        Assert.Null(await Create().FindAsync(renamed.Key, Keys.Day(), None));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), renamed)).Outcome);
        await ShowsAsync(renamed);
    }

    [Fact]
    public async Task Other_cuts_of_the_same_rows_are_refused()
    {
        using var day = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), day);
        using var account = Pull(1, Plays.Batch(4), withAccount: true);
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(severalAccounts: true), account))).Code);

        var month = new WindowCalendar("America/New_York", WindowUnit.Month).Parse("2026-11");
        using var monthly = Stage(Keys.Key(month.Label), Keys.Stamp("m1", 1, 2), Plays.Schema, [Plays.Batch(2)], false);
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(
            () => Create().LandAsync(new LandingOrder(monthly.Key, month, monthly.Stamp), monthly, None))).Code);

        var hour = new WindowCalendar("America/New_York", WindowUnit.Hour).Parse("2026-11-19T05-0500");
        using var hourly = Stage(Keys.Key(hour.Label), Keys.Stamp("h1", 1, 2), Plays.Schema, [Plays.Batch(2)], false);
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(
            () => Create().LandAsync(new LandingOrder(hourly.Key, hour, hourly.Stamp), hourly, None))).Code);

        var minute = new WindowCalendar("UTC", WindowUnit.Minute).Parse("2026-11-19T14-05m");
        using var live = Stage(Keys.Key(minute.Label), Keys.Stamp("l1", 1, 2), Plays.Schema, [Plays.Batch(2)], false);
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(
            () => Create().LandAsync(new LandingOrder(live.Key, minute, live.Stamp), live, None))).Code);
        await ShowsAsync(day);
        Assert.Equal(["parquet/content_daily/.lock", "parquet/content_daily/date=2026-11-19/data.parquet"], _folder.Files().Where(f => f.StartsWith("parquet", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Minutes_lie_beside_minutes_only()
    {
        var minutes = new WindowCalendar("UTC", WindowUnit.Minute);
        foreach (var label in new[] { "2026-11-19T14-05m", "2026-11-19T14-06m", "2026-11-19T15-00m" })
        {
            using var live = Stage(Keys.Key(label), Keys.Stamp("l" + label[14..16], 1, 2), Plays.Schema, [Plays.Batch(2)], false);
            await Create().LandAsync(new LandingOrder(live.Key, minutes.Parse(label), live.Stamp), live, None);
        }
        using var day = Pull(1, Plays.Batch(4));
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), day))).Code);
        var hour = new WindowCalendar("America/New_York", WindowUnit.Hour).Parse("2026-11-19T05-0500");
        using var hourly = Stage(Keys.Key(hour.Label), Keys.Stamp("h1", 1, 2), Plays.Schema, [Plays.Batch(2)], false);
        Assert.Equal("mixed-layout", (await Assert.ThrowsAsync<EtlException>(
            () => Create().LandAsync(new LandingOrder(hourly.Key, hour, hourly.Stamp), hourly, None))).Code);
        Assert.Equal(
            ["hour=14/minute=05", "hour=14/minute=06", "hour=15/minute=00"],
            _folder.Files().Where(f => f.EndsWith("data.parquet", StringComparison.Ordinal)).Select(f => f["parquet/content_daily/date=2026-11-19/".Length..^"/data.parquet".Length]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lock_that_stays_taken_ends_in_a_clear_transient_fault()
    {
        using var first = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), first);
        using var second = Pull(2, Plays.Batch(5));
        using (await FolderLock.TakeAsync(Root, TimeSpan.Zero, TimeProvider.System, None))
        {
            var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Make(s_land, wait: TimeSpan.FromMilliseconds(20)), second));
            Assert.Equal(("locked", true), (fault.Code, fault.IsTransient));
            Assert.Contains($"process {Environment.ProcessId}", fault.Message, StringComparison.Ordinal);
        }
        await ShowsAsync(first);
        await LandAsync(Create(), second);
        await ShowsAsync(second);
    }

    [Fact]
    public async Task Landing_removes_temporary_files_of_older_fences_only()
    {
        using var pull = Pull(5, Plays.Batch(4));
        var folder = Path.GetDirectoryName(Create().Locate(pull.Key, Keys.Day()))!;
        Directory.CreateDirectory(folder);
        foreach (var name in (string[])[".4-a-00000000.tmp", ".5-b-00000000.tmp", ".6-c-00000000.tmp"]) await File.WriteAllTextAsync(Path.Combine(folder, name), "");
        await LandAsync(Create(), pull);
        Assert.Equal(".6-c-00000000.tmp", Path.GetFileName(Assert.Single(Leftovers())));
    }

    [Fact]
    public async Task Folder_that_cannot_be_made_is_a_clear_fault_that_leaves_nothing()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await File.WriteAllTextAsync(_folder["parquet"], "a file where a folder should be");
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull));
        Assert.Contains(Root, fault.Message, StringComparison.Ordinal);
        Assert.Equal(["parquet", "staged/" + pull.Stamp.Pull + ".parquet"], _folder.Files());
    }

    [Fact]
    public async Task Staged_file_cut_short_is_refused_and_changes_nothing()
    {
        using var good = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), good);
        using var bad = Pull(2, Plays.Batch(50));
        var bytes = await File.ReadAllBytesAsync(bad.Path);
        await File.WriteAllBytesAsync(bad.Path, bytes[..(bytes.Length / 2)]);
        Assert.Equal("row-count", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), bad))).Code);
        await ShowsAsync(good);
    }

    [Fact]
    public async Task File_of_a_newer_etl_is_not_replaced()
    {
        using var pull = Pull(1, Plays.Batch(4));
        var path = Create().Locate(pull.Key, Keys.Day());
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using (var stream = File.Create(path))
        {
            using var writer = new ParquetWriter(stream, new ParquetSchema([new ParquetColumn("x", ParquetType.Int32)]));
            writer.Complete(new Dictionary<string, string> { ["etl.format"] = "2", ["etl.surprise"] = "yes" });
        }
        Assert.Null(await Create().FindAsync(pull.Key, Keys.Day(), None));
        Assert.Equal("foreign-file", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
    }

    [Fact]
    public async Task Published_file_cut_anywhere_is_never_trusted()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        var path = Create().Locate(pull.Key, Keys.Day());
        var bytes = await File.ReadAllBytesAsync(path);
        for (var length = 0; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(path, bytes[..length]);
            Assert.True(LandedFile.Look(path).Condition == FileCondition.Damaged, $"A file cut to {length} of {bytes.Length} bytes was not found damaged.");
        }
    }

    [Fact]
    public async Task Flipped_bit_never_changes_what_is_said_to_be_published()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        var path = Create().Locate(pull.Key, Keys.Day());
        var truth = await Create().FindAsync(pull.Key, Keys.Day(), None);
        var bytes = await File.ReadAllBytesAsync(path);
        var random = new Random(20_261_119);
        for (var round = 0; round < 3_000; round++)
        {
            var at = random.Next(bytes.Length);
            var mask = (byte)(1 << random.Next(8));
            bytes[at] ^= mask;
            await File.WriteAllBytesAsync(path, bytes);
            bytes[at] ^= mask;
            var found = await Create().FindAsync(pull.Key, Keys.Day(), None);
            Assert.True(found is null || found == truth, $"Bit {mask} of byte {at} flipped: {found}");
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary><c>etl convert</c> as a process: a pipe as input, a kill in the middle, memory, and files that the sandbox wrote.</summary>
public sealed class ConvertTests : IDisposable
{
    private static readonly Dictionary<string, string> s_environment = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("etl-convert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Out => Path.Combine(_folder, "out.parquet");

    [Fact]
    public async Task Standard_input_gives_the_same_bytes_as_the_file()
    {
        var csv = Encoding.UTF8.GetBytes("id,name\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{i},\"Name; \"\"{i % 97}\"\"\"\n")));
        await File.WriteAllBytesAsync(Path.Combine(_folder, "in.csv"), csv);
        var run = await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", "file.parquet");
        Assert.True(run.Exit == 0, run.ToString());

        using var process = EtlProcess.Start(_folder, s_environment, input: true, "convert", "-", "out.parquet", "--json");
        for (var at = 0; at < csv.Length; at += 1000) await process.StandardInput.BaseStream.WriteAsync(csv.AsMemory(at, Math.Min(1000, csv.Length - at)));
        process.StandardInput.Close();
        var piped = await EtlProcess.FinishAsync(process);
        Assert.True(piped.Exit == 0, piped.ToString());
        var line = Assert.Single(piped.Objects);
        Assert.Equal((40_000, 0), (line.GetProperty("rows").GetInt32(), line.GetProperty("quarantined").GetInt32()));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_folder, "file.parquet")), await File.ReadAllBytesAsync(Out));
    }

    [Fact]
    public async Task Kill_in_the_middle_leaves_the_old_file_and_the_next_run_replaces_it_and_cleans_up()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "in.csv"), "id\n1\n");
        using var process = EtlProcess.Start(_folder, s_environment, input: true, "convert", "-", "out.parquet");
        var rows = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(_ => $"{Guid.NewGuid()}\n")));
        await process.StandardInput.BaseStream.WriteAsync("id\n"u8.ToArray());
        // A row group is on the disk, so the file has begun.
        while (Temporary().Sum(f => f.Length) < 1 << 20) await process.StandardInput.BaseStream.WriteAsync(rows);

        // Another run at the same time takes nothing from it, and the other way round.
        Assert.Equal(0, (await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", "out.parquet")).Exit);
        Assert.Equal(["1"], WorkshopRows.Column(Out, "id"));
        Assert.Single(Temporary());

        process.Kill();
        await process.WaitForExitAsync();
        Assert.Equal(["1"], WorkshopRows.Column(Out, "id"));
        Assert.Single(Temporary());

        await File.WriteAllTextAsync(Path.Combine(_folder, "in.csv"), "id\n2\n3\n");
        Assert.Equal(0, (await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", "out.parquet")).Exit);
        Assert.Equal(["2", "3"], WorkshopRows.Column(Out, "id"));
        Assert.Equal(["in.csv", "out.parquet"], Directory.EnumerateFileSystemEntries(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    private FileInfo[] Temporary() => [.. Directory.EnumerateFiles(_folder, ".out.parquet.*.tmp", new EnumerationOptions { AttributesToSkip = 0 }).Select(f => new FileInfo(f))];

    [SkippableFact]
    public async Task Full_disk_is_named_and_the_old_file_stays()
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder, "small"), megabytes: 2);
        var path = Path.Combine(_folder, "small", "out.parquet");
        await File.WriteAllTextAsync(Path.Combine(_folder, "in.csv"), "id\n1\n");
        Assert.Equal(0, (await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", path)).Exit);
        var before = await File.ReadAllBytesAsync(path);
        await File.WriteAllTextAsync(Path.Combine(_folder, "in.csv"), "id\n" + string.Concat(Enumerable.Range(0, 100_000).Select(_ => $"{Guid.NewGuid()}\n")));
        var run = await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", path);
        Assert.True(run.Exit == 1, run.ToString());
        Assert.Contains("The disk is full", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(path));
        Assert.Equal(["out.parquet"], Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "small")).Select(f => Path.GetFileName(f)!));
    }

    [Theory]
    [InlineData("38")]
    [InlineData("36")]
    public async Task File_that_the_sandbox_wrote_becomes_the_rows_of_its_truth(string report)
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        var (from, to) = Workshop.Bounds(label);
        var session = JsonSerializer.Deserialize<string>(await shop.CallAsync(
            "session", "start", ("secret", shop.Environment["KALTURA_ADMIN_SECRET"]), ("type", "2"), ("partnerId", shop.Environment["KALTURA_PARTNER_ID"])))!;
        var range = new[]
        {
            ("reportInputFilter[fromDate]", from.ToString(CultureInfo.InvariantCulture)), ("reportInputFilter[toDate]", to.ToString(CultureInfo.InvariantCulture)),
            ("reportInputFilter[timeZoneOffset]", "300"), ("reportType", report), ("ks", session),
        };
        var table = JsonDocument.Parse(await shop.CallAsync("report", "getTable", [.. range, ("pager[pageSize]", "1"), ("responseOptions[delimiter]", ",")])).RootElement;
        var address = JsonSerializer.Deserialize<string>(await shop.CallAsync(
            "report", "getUrlForReportAsCsv",
            [.. range, ("reportTitle", "t"), ("reportText", "x"), ("headers", ";" + table.GetProperty("header").GetString()), ("pager[pageSize]", "60000"), ("pager[pageIndex]", "1")]))!;
        using var http = new HttpClient();
        await File.WriteAllBytesAsync(Path.Combine(_folder, "in.csv"), await http.GetByteArrayAsync(new Uri(address)));

        var run = await EtlProcess.RunAsync(_folder, s_environment, "convert", "in.csv", "out.parquet", "--report", report);
        Assert.True(run.Exit == 0, run.ToString());
        var truth = await shop.TruthAsync(report, label);
        Assert.NotEmpty(truth);
        Assert.Equal(LandedRows.Truth(truth, Out, LandedRows.Guarded), LandedRows.Of(Out));
    }
}

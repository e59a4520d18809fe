using System.Text;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Connections;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.Local;
using Etl.Landing.Tests.Sql;
using Etl.Landing.Tests.Staging;
using Etl.Parquet;
using Etl.Testing.Files;
using Etl.Testing.Histories;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Etl.Testing.Targets;
using Etl.Testing.Targets.Sql;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Histories;

/// <summary>
/// Four readers against three writers at every kind of target, recorded and judged: 50,000 reads over all of them, 1,000,000 of each (100,000 of blobs, which a
/// single process of Azurite serves) on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class RecordedReadsTests(ITestOutputHelper output)
{
    private static bool IsNightly => Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1";

    [Fact]
    public async Task Reads_of_a_folder_are_of_one_pull_each_and_never_go_back()
    {
        using var folder = new TempFolder();
        await JudgeAsync(new Files(folder), 17_000);
    }

    [Fact]
    public async Task Reads_of_sqlite_are_of_one_pull_each_and_never_go_back()
    {
        await using var bench = new SqliteBench();
        await JudgeAsync(new Table(bench), 17_000);
    }

    [SkippableFact]
    public async Task Reads_of_postgres_are_of_one_pull_each_and_never_go_back()
    {
        await using var bench = await PostgresBench.OpenAsync();
        await JudgeAsync(new Table(bench), 14_000);
    }

    [SkippableFact]
    public async Task Reads_of_blobs_are_of_one_pull_each_and_never_go_back()
    {
        using var folder = new TempFolder();
        await using var container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        await JudgeAsync(new Blobs(folder, container), 2_000, nightly: 100_000);
    }

    private async Task JudgeAsync(IRecordedPlace place, int reads, int nightly = 1_000_000)
    {
        var history = await Recording.MakeAsync(place, IsNightly ? nightly : reads, seed: 9);
        var by = history.Commits.ToLookup(c => c.Ending);
        output.WriteLine($"{history.Reads.Count} reads; {by[Ending.Ok].Count()} commits, {by[Ending.Failed].Count()} superseded, {by[Ending.Unknown].Count()} unknown");
        Assert.Empty(HistoryChecker.Check(history));
    }

    /// <summary>A table, read with one statement on a connection of its own.</summary>
    private sealed class Table(SqlBench bench) : IRecordedPlace
    {
        private static readonly TableLandSpec s_land = new() { Table = "plays", Key = ["object_id"] };

        public async Task<LandingOutcome> LandAsync(WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation)
        {
            using var pull = new MemoryStagedPull(key, stamp, Plays.Schema, [rows]);
            return (await bench.Target(s_land).LandAsync(new LandingOrder(key, Keys.Day(key.Label), stamp), pull, cancellation)).Outcome;
        }

        public async Task<Seen> ReadAsync(WindowKey key)
        {
            await using var connection = bench.Open();
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT _pull, object_id, count_plays FROM plays WHERE _window = '{key.Label}'";
            await using var reader = await command.ExecuteReaderAsync();
            var (pulls, hash) = (new SortedSet<string>(StringComparer.Ordinal), 0UL);
            while (await reader.ReadAsync())
            {
                pulls.Add(reader.GetString(0));
                hash += Recording.HashOf(Encoding.UTF8.GetBytes(reader.GetString(1)), reader.GetInt64(2));
            }
            return pulls.Count == 0 ? Seen.Nothing : new Seen(string.Join('+', pulls), hash);
        }
    }

    /// <summary>Files of a folder, read as any tool reads them.</summary>
    private sealed class Files(TempFolder folder) : IRecordedPlace
    {
        private static readonly ParquetLandSpec s_land = new() { Dataset = "plays" };

        public Task<LandingOutcome> LandAsync(WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation) =>
            LandFileAsync(folder, new ParquetTarget(new LocalObjectStore(folder["parquet"], TimeProvider.System, FolderLock.DefaultWait), s_land, false, _ => { }), key, stamp, rows, cancellation);

        public Task<Seen> ReadAsync(WindowKey key)
        {
            try
            {
                using var reader = ParquetReader.Open(folder[$"parquet/plays/date={key.Label}/data.parquet"]);
                return Task.FromResult(Look(reader));
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return Task.FromResult(Seen.Nothing);
            }
        }
    }

    /// <summary>Blobs, each read whole with one request.</summary>
    private sealed class Blobs(TempFolder folder, AzuriteContainer container) : IRecordedPlace
    {
        private static readonly ParquetLandSpec s_land = new() { Dataset = "plays" };
        private readonly BlobAddress _address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", $"{container.ConnectionString}Container={container.Name}/lake"));

        public Task<LandingOutcome> LandAsync(WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation) => LandFileAsync(
            folder,
            new ParquetTarget(new BlobObjectStore(BlobApis.Of(_address, TimeProvider.System), _address, TimeProvider.System), s_land, false, _ => { }),
            key, stamp, rows, cancellation);

        public async Task<Seen> ReadAsync(WindowKey key)
        {
            using var reader = ParquetReader.Open(new MemoryStream(await container.ReadAsync($"lake/plays/date={key.Label}/data.parquet")));
            return Look(reader);
        }
    }

    private static async Task<LandingOutcome> LandFileAsync(TempFolder folder, ITarget target, WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation)
    {
        using (var pull = Staged.Pull(folder.Path, key, stamp, Plays.Schema, [rows]))
        {
            var receipt = await target.LandAsync(new LandingOrder(key, Keys.Day(key.Label), stamp), pull, cancellation);
            File.Delete(pull.Path);
            return receipt.Outcome;
        }
    }

    private static Seen Look(ParquetReader reader)
    {
        var batch = new ParquetBatch(reader.Schema);
        var names = reader.Schema.Columns.Select(c => c.Name).ToList();
        int pull = names.IndexOf("_pull"), id = names.IndexOf("object_id"), plays = names.IndexOf("count_plays");
        var (pulls, hash) = (new SortedSet<string>(StringComparer.Ordinal), 0UL);
        while (reader.Read(batch, 100) > 0)
            for (var row = 0; row < batch.RowCount; row++)
            {
                pulls.Add(Encoding.UTF8.GetString(Text(batch, pull, row)));
                hash += Recording.HashOf(Text(batch, id, row), batch[plays].Int64s[row]);
            }
        return new Seen(string.Join('+', pulls), hash);
    }

    private static ReadOnlySpan<byte> Text(ParquetBatch batch, int column, int row) => batch[column].TextBytes[batch[column].TextOffsets[row]..batch[column].TextOffsets[row + 1]];
}

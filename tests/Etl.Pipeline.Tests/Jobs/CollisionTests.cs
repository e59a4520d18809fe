using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public sealed class CollisionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("etl-jobs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Jobs_of_one_name_are_both_refused_and_each_names_the_other()
    {
        Write("a.yaml", "same", "parquet: { dataset: a }");
        Write("b.yaml", "same", "parquet: { dataset: b }");

        var set = Load();

        Assert.Empty(set.Jobs);
        Assert.Equal(
            [
                "a.yaml:1:6: Job 'same' is also defined at b.yaml:1. Every job needs a name of its own.",
                "b.yaml:1:6: Job 'same' is also defined at a.yaml:1. Every job needs a name of its own.",
            ],
            Lines(set));
    }

    [Fact]
    public void Jobs_that_land_at_one_place_are_both_refused_and_a_third_still_runs()
    {
        Write("a.yaml", "a", "table: { name: plays }");
        Write("b.yaml", "b", "table: { name: PLAYS, connection: warehouse }");
        Write("c.yaml", "c", "table: { name: plays, connection: archive }");

        var set = Load();

        Assert.Equal("c", Assert.Single(set.Jobs).Name);
        Assert.Equal(
            [
                "a.yaml:3:9: 'table:warehouse:plays' is landed by b.yaml:3 too. Every land item needs a place of its own.",
                "b.yaml:3:9: 'table:warehouse:PLAYS' is landed by a.yaml:3 too. Every land item needs a place of its own.",
            ],
            Lines(set));
    }

    [Theory]
    [InlineData("parquet: { dataset: plays }", "parquet: { dataset: Plays_restatements }", "parquet:plays_restatements", "parquet:Plays_restatements")]
    [InlineData("table: { name: dbo.plays }", "table: { name: dbo.plays_restatements }", "table:warehouse:dbo.plays_restatements", "table:warehouse:dbo.plays_restatements")]
    public void Job_that_lands_where_another_restates_is_refused(string rows, string restatements, string name, string same)
    {
        Write("a.yaml", "a", rows);
        Write("b.yaml", "b", restatements);
        var set = Load();
        Assert.Empty(set.Jobs);
        Assert.Equal(
            [
                $"a.yaml:3:9: '{name}', what is restated here, is landed by b.yaml:3 too. Every land item needs a place of its own.",
                $"b.yaml:3:9: '{same}' is landed by a.yaml:3 too. Every land item needs a place of its own.",
            ],
            Lines(set));
    }

    [Fact]
    public void Dataset_and_table_of_one_name_and_datasets_in_two_stores_do_not_collide()
    {
        Write("a.yaml", "a", "parquet: { dataset: plays }");
        Write("b.yaml", "b", "table: { name: plays }");
        Write("c.yaml", "c", "parquet: { dataset: plays, store: lake }");
        Assert.Empty(Load().Faults);
    }

    [Fact]
    public void Job_with_other_faults_still_owns_its_landings()
    {
        Write("a.yaml", "a", "parquet: { dataset: plays }", "schema: never");
        Write("b.yaml", "b", "parquet: { dataset: plays }");
        Assert.Empty(Load().Jobs);
        Assert.Equal(3, Load().Faults.Count);
    }

    [Fact]
    public void Names_come_from_the_targets_where_they_are_known()
    {
        Write("a.yaml", "a", "table: { name: plays, connection: one }");
        Write("b.yaml", "b", "table: { name: plays, connection: two }");
        Write("c.yaml", "c", "table: { name: plays, connection: unset }");

        Assert.Equal(
            [
                "a.yaml:3:9: 'the one database' is landed by b.yaml:3 too. Every land item needs a place of its own.",
                "b.yaml:3:9: 'the one database' is landed by a.yaml:3 too. Every land item needs a place of its own.",
                "c.yaml:3:9: Connection 'unset' is not set.",
            ],
            Lines(JobFileReader.Load(_folder, TestCatalog.Small, targets: new OneDatabase())));
    }

    private static string[] Lines(JobSet set) => [.. set.Faults.Select(f => f with { File = Path.GetFileName(f.File) }).Select(f =>
        f.ToString().Replace(Path.GetDirectoryName(set.Faults[0].File) + "/", "", StringComparison.Ordinal))];

    private void Write(string file, string job, string land, string more = "") =>
        File.WriteAllText(Path.Combine(_folder, file), $"job: {job}\nsource: {{ report: 38, action: table }}\nland: [ {land} ]\n{more}\n");

    private JobSet Load() => JobFileReader.Load(_folder, TestCatalog.Small);

    /// <summary>Settings in which connections 'one' and 'two' are the same database.</summary>
    private sealed class OneDatabase : ITargetFactory
    {
        public ITarget Create(LandSpec land, bool severalAccounts) => throw new NotSupportedException("Reading jobs opens no target.");

        public string NameOf(LandSpec land) => ((TableLandSpec)land).Connection == "unset"
            ? throw new EtlException(FaultKind.Usage, "Connection 'unset' is not set.")
            : "the one database";
    }
}

using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>The names of our own tables, met in a database where somebody else has them.</summary>
public abstract partial class LineageContract
{
    private const string Landings = "etl_landing", Pulls = "etl_pulls", Windows = "etl_windows", Derived = "etl_derived";

    /// <summary>What others may have under one of our names: a table, one that has our key, one that has all but one of our columns, a view.</summary>
    public static TheoryData<string, string> OthersObjects()
    {
        var objects = new TheoryData<string, string>();
        foreach (var (name, key, columns) in ((string, string, string)[])
        [
            (Landings, "target varchar(9), \"window\" varchar(9)", "pull varchar(9), fence int, \"rows\" int, hash varchar(9)"),
            (Pulls, "pull varchar(9)", "job varchar(9), source varchar(9), account varchar(9), \"window\" varchar(9), proof varchar(9)"),
            (Windows, "job varchar(9), source varchar(9), account varchar(9), \"window\" varchar(9), target varchar(9)", "pull varchar(9), fence int, \"rows\" int"),
            (Derived, "target varchar(9)", "hash varchar(9), at varchar(9)"),
        ])
        {
            foreach (var more in (string[])["", ", " + key, $", {key}, {columns}"]) objects.Add(name, $"CREATE TABLE {name} (id int, note varchar(9){more})");
            objects.Add(name, $"CREATE VIEW {name} AS SELECT id, note FROM others");
        }
        return objects;
    }

    [SkippableTheory]
    [MemberData(nameof(OthersObjects))]
    public async Task Table_or_view_of_somebody_else_under_a_name_of_ours_is_refused_and_stays_as_it_is(string name, string create)
    {
        var isView = create.StartsWith("CREATE VIEW", StringComparison.Ordinal);
        Bench.Execute("CREATE TABLE others (id int, note varchar(9))");
        Bench.Execute(create);
        Bench.Execute($"INSERT INTO {(isView ? "others" : name)} (id, note) VALUES (7, 'mine')");
        var (names, whole) = (Bench.Names(), Whole(name));

        using var pull = Pull("2026-11-19", 1, ("a", 1));
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var fault = await Assert.ThrowsAsync<EtlException>(() => LandWithAllAsync(pull));
            Assert.Equal((FaultKind.Usage, "foreign-table", false), (fault.Kind, fault.Code, fault.IsTransient));
            Assert.Contains($"{name}'", fault.Message, StringComparison.Ordinal);
            Assert.Equal(names, Bench.Names());
            Assert.Equal(whole, Whole(name));
        }

        Bench.Execute(isView ? $"DROP VIEW {name}" : $"ALTER TABLE {name} RENAME TO mine");
        Assert.Equal(LandingOutcome.Landed, (await LandWithAllAsync(pull)).Outcome);
        Assert.Equal(["a 1"], Rows());
        foreach (var own in (string[])[Landings, Pulls, Windows, Derived]) Assert.Equal("1", Bench.Ask($"SELECT count(*) FROM {own}"));
        Assert.Equal(whole, Whole(isView ? "others" : "mine"));
    }

    /// <summary>What a window shows is asked before it is pulled, so the service is not asked in vain.</summary>
    [SkippableTheory]
    [InlineData("CREATE TABLE etl_landing (id int, note varchar(9))")]
    [InlineData("CREATE VIEW etl_landing AS SELECT id, note FROM others")]
    public async Task Records_of_somebody_else_are_not_read_for_ours(string create)
    {
        Bench.Execute("CREATE TABLE others (id int, note varchar(9))");
        Bench.Execute(create);
        var (key, day) = (Keys.Key(), Keys.Day());
        Assert.Equal("foreign-table", (await Assert.ThrowsAsync<EtlException>(() => Bench.Target(Land).FindAsync(key, day, default))).Code);
        Assert.Equal("foreign-table", (await Assert.ThrowsAsync<EtlException>(() => Bench.Target(Land).OpenPublishedAsync(key, day, default))).Code);
    }

    [SkippableTheory]
    [InlineData("CREATE TABLE content_restatements (id int, note varchar(9))", "foreign-table")]
    [InlineData("CREATE VIEW content_restatements AS SELECT id, note FROM others", "not-a-table")]
    public async Task Restatements_of_somebody_else_are_left_alone(string create, string code)
    {
        Bench.Execute("CREATE TABLE others (id int, note varchar(9))");
        Bench.Execute(create);
        var whole = Whole("content_restatements");
        using var first = Pull("2026-11-19", 1, ("a", 1));
        using var second = Pull("2026-11-19", 2, ("a", 2));
        await LandAsync(first);
        var change = new Change(first.Stamp.Pull, second.Stamp.Pull, ("a", 1, 2));
        Assert.Equal(code, (await Assert.ThrowsAsync<EtlException>(() => Bench.LandAsync(Land, second, o => o with { Restatement = change }))).Code);
        Assert.Equal(whole, Whole("content_restatements"));
        Assert.Equal(["a 1"], Rows());
    }

    [SkippableFact]
    public async Task Records_of_an_older_build_get_the_columns_that_came_later()
    {
        using var old = Pull("2026-11-18", 1, ("a", 1));
        await LandWithAllAsync(old);
        // What builds before modes made.
        foreach (var later in (string[])["from_utc", "\"columns\""]) Bench.Execute($"ALTER TABLE etl_landing DROP COLUMN {later}");
        Assert.Equal(old.Stamp.Pull, (await Bench.Target(Land).FindAsync(old.Key, Keys.Day("2026-11-18"), default))?.Pull);
        using var pull = Pull("2026-11-19", 1, ("b", 2));
        Assert.Equal(LandingOutcome.Landed, (await LandWithAllAsync(pull)).Outcome);
        Assert.Equal(["a 1", "b 2"], Rows());
        Assert.Equal("2 1", Bench.Ask("SELECT CAST(count(*) AS varchar(9)) || ' ' || CAST(count(from_utc) AS varchar(9)) FROM etl_landing"));
    }

    /// <summary>Lands with lineage and a derived table, and so with all tables that are ours alone.</summary>
    private Task<LandingReceipt> LandWithAllAsync(IStagedPull pull)
    {
        var step = new DeriveSpec { Table = "total", From = [Table], Sql = new Dictionary<string, string> { [DeriveSpec.AnyKind] = $"SELECT count(*) AS entries FROM {Table}" } };
        return Bench.LandAsync(Land with { Derive = [step] }, pull, o => o with { Record = Record(pull) });
    }

    /// <summary>Names of all columns and the first row.</summary>
    private string Whole(string name)
    {
        using var connection = Bench.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {name}";
        using var reader = command.ExecuteReader();
        var names = string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
        return reader.Read() ? $"{names}: {string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(reader.GetValue))}" : names;
    }
}

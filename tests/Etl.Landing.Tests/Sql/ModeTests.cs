using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteAppendTests : AppendContract
{
    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());
}

public sealed class SqliteMergeTests : MergeContract
{
    protected override int Stories => 60;

    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());
}

public sealed class SqliteHistoryTests : HistoryContract
{
    protected override int Stories => 150;

    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());
}

public sealed class PostgresAppendTests : AppendContract
{
    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

public sealed class PostgresMergeTests : MergeContract
{
    protected override int Stories => 12;

    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

public sealed class PostgresHistoryTests : HistoryContract
{
    protected override int Stories => 20;

    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

public sealed class SqliteLineageTests : LineageContract
{
    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());
}

public sealed class PostgresLineageTests : LineageContract
{
    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

public sealed class PostgresDeriveTests : DeriveContract
{
    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

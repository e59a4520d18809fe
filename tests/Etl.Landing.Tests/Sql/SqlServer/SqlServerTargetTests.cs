using Etl.Core.Windows;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql.SqlServer;

public sealed class SqlServerTableTargetTests : SqlTableContract
{
    protected override Task<SqlBench> OpenBenchAsync() => SqlServerBench.OpenAsync();

    protected override bool LeaveLitter(WindowKey key, Window window)
    {
        Bench.Execute(
            $"""
            CREATE TABLE dbo.etl_stage_dead (a int);
            EXEC sys.sp_addextendedproperty N'etl_window', N'DBO.{Table.ToUpperInvariant()} {key}', N'SCHEMA', N'dbo', N'TABLE', N'etl_stage_dead';
            """);
        return true;
    }
}

public sealed class SqlServerAppendTests : AppendContract
{
    protected override Task<SqlBench> OpenBenchAsync() => SqlServerBench.OpenAsync();
}

public sealed class SqlServerMergeTests : MergeContract
{
    protected override int Stories => 12;

    protected override Task<SqlBench> OpenBenchAsync() => SqlServerBench.OpenAsync();
}

public sealed class SqlServerHistoryTests : HistoryContract
{
    protected override int Stories => 20;

    protected override Task<SqlBench> OpenBenchAsync() => SqlServerBench.OpenAsync();
}

public sealed class SqlServerLineageTests : LineageContract
{
    protected override Task<SqlBench> OpenBenchAsync() => SqlServerBench.OpenAsync();
}

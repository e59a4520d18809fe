using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql;

public sealed class PostgresTableTargetTests : SqlTableContract
{
    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();
}

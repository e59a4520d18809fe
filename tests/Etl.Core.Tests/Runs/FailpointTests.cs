using Etl.Core.Runs;

namespace Etl.Core.Tests.Runs;

public class FailpointTests
{
    [Fact]
    public void Point_does_nothing_when_no_test_asked_for_it()
    {
        Assert.Null(Environment.GetEnvironmentVariable("ETL_CRASH_AT"));
        Failpoint.Hit("parquet.renamed");
        Failpoint.Hit("");
    }
}

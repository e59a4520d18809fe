namespace Etl.Testing.Servers;

/// <summary>What a test needs beyond the solution itself.</summary>
public static class Requirement
{
    /// <summary>True in <c>tests/run</c>, where a missing part is a failure.</summary>
    public static bool IsStrict => Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") == "1";

    /// <summary>Ends the test for a part that is not here: skipped with the reason, failed when <see cref="IsStrict"/>. The test must be a <c>SkippableFact</c>.</summary>
    public static void Missing(string reason)
    {
        if (IsStrict) Assert.Fail(reason);
        Skip.If(true, reason);
    }
}

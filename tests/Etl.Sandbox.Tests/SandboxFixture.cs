namespace Etl.Sandbox.Tests;

/// <summary>One sandbox shared by the tests that only read: 40 entries, 60 users, 120 days up to 9 March 2026.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    public static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    internal static readonly SandboxOptions Options = new()
    {
        Seed = 7,
        Entries = 120,
        Users = 90,
        Days = 120,
        SessionsPerDay = 400,
        EndsAt = new DateOnly(2026, 3, 9),
        Clock = new FixedClock(Now),
    };

    internal Api Api { get; private set; } = null!;

    public async Task InitializeAsync() => Api = await Api.StartAsync(Options);

    public async Task DisposeAsync() => await Api.DisposeAsync();
}

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}

[CollectionDefinition(Name)]
public sealed class SharedSandbox : ICollectionFixture<SandboxFixture>
{
    public const string Name = "shared sandbox";
}

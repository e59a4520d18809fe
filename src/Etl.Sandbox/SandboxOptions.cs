namespace Etl.Sandbox;

/// <summary>What the sandbox account holds and how the service behaves. Same options, same bytes.</summary>
public sealed record SandboxOptions
{
    /// <summary>Seed of every generated value. Default 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Media entries of the account, 1 to 1,000,000. Above <see cref="CompactAbove"/> each entry has exactly one playback per day.</summary>
    public int Entries { get; init; } = 200;

    /// <summary>Users of the account (viewers and owners), 1 to 1,000,000.</summary>
    public int Users { get; init; } = 500;

    /// <summary>Days with playback, the last one being <see cref="EndsAt"/>.</summary>
    public int Days { get; init; } = 30;

    /// <summary>Last day with playback (UTC, whole day). Null: today by <see cref="Clock"/>.</summary>
    public DateOnly? EndsAt { get; init; }

    /// <summary>Playback sessions per day in the ordinary generator. Null: 20 per entry up to 40,000. 0: only what is received, also in a large account.</summary>
    public int? SessionsPerDay { get; init; }

    /// <summary>Accounts with more entries use the compact generator: one playback per entry and day.</summary>
    public int CompactAbove { get; init; } = 10_000;

    /// <summary>The first N entries share one creation second, as after a bulk upload: no range of creation times can split them.</summary>
    public int BulkUploadEntries { get; init; }

    /// <summary>TCP port; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Name or address under which other machines reach the service, which then listens on every address and writes it into
    /// the links of its replies. Null: the loopback address only.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>The account's id.</summary>
    public int PartnerId { get; init; } = 1234567;

    /// <summary>The account's admin secret: signs and opens every session token, also those of ordinary users.</summary>
    public string AdminSecret { get; init; } = "0123456789abcdef0123456789abcdef";

    /// <summary>Child accounts; sessions of this account may act for them. None by default.</summary>
    public IReadOnlyList<SandboxChild> Children { get; init; } = [];

    /// <summary>A user secret that may only start sessions of type 0. Null: none.</summary>
    public string? UserSecret { get; init; }

    /// <summary>Longest session in seconds that session.start grants.</summary>
    public int MaxSessionSeconds { get; init; } = 10 * 86_400;

    /// <summary>When the account was created; earlier range starts are raised to 30 days before it. Null: four years before the last day.</summary>
    public DateTimeOffset? AccountCreatedAt { get; init; }

    /// <summary>Application tokens of the account.</summary>
    public IReadOnlyList<SandboxAppToken> AppTokens { get; init; } = [new SandboxAppToken()];

    /// <summary>Time between two beacons of a live stream, 1 second to 1 hour in whole seconds. Default 10 minutes.</summary>
    public TimeSpan BeaconEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where received events are kept, so that a sandbox that is started again has them. Null: in memory only.</summary>
    public string? DataFolder { get; init; }

    /// <summary>How long a received event waits before reports see it, 0 to 1 day; the real service takes 10 to 30 minutes. Default none.</summary>
    public TimeSpan EventDelay { get; init; }

    /// <summary>How long the reports microservice takes.</summary>
    public SandboxMicroserviceOptions Microservice { get; init; } = new();

    /// <summary>Faults in force from the start; more can be posted to <c>/sandbox/faults</c>.</summary>
    public IReadOnlyList<SandboxFault> Faults { get; init; } = [];

    /// <summary>"Now" for session expiry, relative times and the default of <see cref="EndsAt"/>.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Throws when a value is out of range.</summary>
    internal void Validate()
    {
        Check(Entries is >= 1 and <= 1_000_000, nameof(Entries), Entries, "1 to 1,000,000");
        Check(Users is >= 1 and <= 1_000_000, nameof(Users), Users, "1 to 1,000,000");
        Check(Days is >= 1 and <= 4_000, nameof(Days), Days, "1 to 4,000");
        Check(Port is >= 0 and <= 65_535, nameof(Port), Port, "0 to 65,535");
        if (Host is not null && Uri.CheckHostName(Host) == UriHostNameType.Unknown)
            throw new ArgumentOutOfRangeException(nameof(Host), Host, $"Sandbox option '{nameof(Host)}' is '{Host}'; allowed is the name or address of a machine, without a port.");
        Check(BeaconEvery >= TimeSpan.FromSeconds(1) && BeaconEvery <= TimeSpan.FromHours(1), nameof(BeaconEvery), (long)BeaconEvery.TotalSeconds, "1 to 3,600 seconds");
        Check(EventDelay >= TimeSpan.Zero && EventDelay <= TimeSpan.FromDays(1), nameof(EventDelay), (long)EventDelay.TotalSeconds, "0 to 86,400 seconds");
        Check(SessionsPerDay is null or (>= 0 and <= 5_000_000), nameof(SessionsPerDay), SessionsPerDay ?? 0, "0 to 5,000,000");
    }

    private static void Check(bool valid, string name, long value, string allowed)
    {
        if (!valid)
            throw new ArgumentOutOfRangeException(name, value, $"Sandbox option '{name}' is {value}; allowed is {allowed}.");
    }
}

/// <summary>A child account: data of its own, and a secret of its own.</summary>
public sealed record SandboxChild
{
    /// <summary>Its id.</summary>
    public required int PartnerId { get; init; }

    /// <summary>Its admin secret.</summary>
    public string AdminSecret { get; init; } = "fedcba9876543210fedcba9876543210";

    /// <summary>Media entries, 1 to 1,000,000.</summary>
    public int Entries { get; init; } = 50;
}

/// <summary>One application token of the sandbox account.</summary>
public sealed record SandboxAppToken
{
    /// <summary>Id that the client sends.</summary>
    public string Id { get; init; } = "1_sandbox1";

    /// <summary>Secret value, 32 hex characters; hashed together with the session token of the same call.</summary>
    public string Token { get; init; } = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

    /// <summary>MD5, SHA1, SHA256 or SHA512.</summary>
    public string HashType { get; init; } = "SHA256";

    /// <summary>0 user, 2 admin; wins over the request.</summary>
    public int SessionType { get; init; } = 2;

    /// <summary>User of the session; null lets the request choose.</summary>
    public string? SessionUserId { get; init; }

    /// <summary>Privileges that every session of this token carries.</summary>
    public string Privileges { get; init; } = "";

    /// <summary>Longest session in seconds.</summary>
    public int SessionDuration { get; init; } = 86_400;

    /// <summary>Absolute unix time when the token itself ends; null: never.</summary>
    public long? Expiry { get; init; }

    /// <summary>False: APP_TOKEN_NOT_ACTIVE.</summary>
    public bool Active { get; init; } = true;
}

/// <summary>How long the reports microservice takes; the real one needs 10 to 15 minutes.</summary>
public sealed record SandboxMicroserviceOptions
{
    /// <summary>A generated report is <c>pending</c> for this long. Default 1 second.</summary>
    public TimeSpan PendingFor { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Then <c>in_progress</c> for this long. Default 2 seconds.</summary>
    public TimeSpan InProgressFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After this time since it was asked for, nobody knows it any more. Default 1 hour.</summary>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>One injected fault; <see cref="SandboxFaultKinds"/> tells what each kind does.</summary>
public sealed record SandboxFault
{
    /// <summary>What goes wrong; a name of <see cref="SandboxFaultKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Which calls: <c>*</c>, an action (<c>getTable</c>) or <c>service.action</c>; letter case is ignored.</summary>
    public string Action { get; init; } = "report.getTable";

    /// <summary>How many matching calls are hit; -1 is all.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How many matching calls pass before the first hit.</summary>
    public int Skip { get; init; }

    /// <summary>Only this report type; null: any.</summary>
    public int? Report { get; init; }

    /// <summary>Only calls for this account; null: any.</summary>
    public int? Account { get; init; }

    /// <summary>Only this page of a table; null: any.</summary>
    public int? Page { get; init; }

    /// <summary>Detail of the kind: seconds, a column, a number, a share.</summary>
    public string? Parameter { get; init; }
}

using System.Security.Cryptography;
using System.Text;
using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Pipeline.Personal;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Personal;

/// <summary>Runs of a job with rules for personal data: what was to be kept out is in no file of the data folder.</summary>
public sealed class PersonalRunTests : IAsyncLifetime
{
    private const string Label = "2026-11-19", Canary = "canary.Person@example.com";
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly PlanOptions s_day = new() { From = Label, To = Label, Force = true };

    private Bench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await Bench.OpenAsync();
        _bench.Source.Rows = _ => [(Canary, 1), ("Unknown", 2), ("x", 4)];
        _bench.Job = _bench.Job with { Raw = TimeSpan.Zero, Checks = new CheckSpec { Quarantine = QuarantineLimit.OfRows(3), Totals = CheckPolicy.Warn } };
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Hashed_cells_are_the_same_for_whoever_has_the_key_and_nobody_knows_them_else()
    {
        var outcome = await RunAsync(new PersonalRule("id", Treatment.Hmac, "crm", true));

        Assert.Equal(WindowState.Landed, outcome.State);
        // As anybody computes it: of the address in lower case.
        var hash = Convert.ToBase64String(HMACSHA256.HashData(s_key, Encoding.UTF8.GetBytes("canary.person@example.com"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var short_ = Convert.ToBase64String(HMACSHA256.HashData(s_key, Encoding.UTF8.GetBytes("x"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        string[] rows = [$"crm:{hash}=1", $"crm:{short_}=4", "Unknown=2"];
        _bench.AssertPublished(Label, [.. rows.Order(StringComparer.Ordinal)]);
        AssertNowhere(Canary);
    }

    [Fact]
    public async Task One_name_in_two_spellings_of_Unicode_has_one_hash()
    {
        _bench.Source.Rows = _ => [("Jose\u0301", 1)];
        await RunAsync(new PersonalRule("id", Treatment.Hmac, "crm", true));
        var hash = Convert.ToBase64String(HMACSHA256.HashData(s_key, Encoding.UTF8.GetBytes("Jos\u00e9"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        _bench.AssertPublished(Label, $"crm:{hash}=1");
    }

    [Fact]
    public async Task Masked_cells_show_what_kind_of_thing_they_were()
    {
        await RunAsync(new PersonalRule("id", Treatment.Mask, null, true));
        _bench.AssertPublished(Label, "***=4", "Unknown=2", "c***@example.com=1");
        AssertNowhere("anary.Person");
    }

    [Fact]
    public async Task Dropped_column_lands_nowhere_and_takes_the_key_with_it()
    {
        _bench.Job = _bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }, new TableLandSpec { Table = "plays" }] };
        var outcome = await RunAsync(new PersonalRule("id", Treatment.Drop, null, true));

        Assert.Equal((WindowState.Landed, 3L), (outcome.State, outcome.Rows));
        using var reader = Etl.Parquet.ParquetReader.Open(Path.Combine(_bench.Folder, "parquet", "plays", $"date={Label}", "data.parquet"));
        Assert.Equal(["_window", "_pull", "_pulled_at", "plays"], reader.Schema.Columns.Select(c => c.Name));
        AssertNowhere(Canary);
    }

    [Fact]
    public async Task Treated_figure_has_no_total_to_be_told()
    {
        var outcome = await RunAsync(new PersonalRule("plays", Treatment.Mask, null, true));
        Assert.Equal(WindowState.Landed, outcome.State);
        Assert.Equal(Verdict.Skipped, outcome.Checks.Single(c => c.Name == "totals").Verdict);
    }

    [Theory]
    [InlineData(Treatment.Drop, """{"plays":"many"}""")]
    [InlineData(Treatment.Mask, """{"id":"c***@example.com","plays":"many"}""")]
    [InlineData(Treatment.Allow, "{\"id\":\"" + Canary + "\",\"plays\":\"many\"}")]
    public async Task Row_in_quarantine_is_treated_too(Treatment treatment, string raw)
    {
        _bench.Job = _bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }] };
        _bench.Source.Refuses = id => id == Canary;
        var outcome = await RunAsync(new PersonalRule("id", treatment, null, true));

        Assert.Equal((WindowState.Landed, 1L), (outcome.State, outcome.Quarantined));
        var row = Assert.Single(_bench.Quarantine.Read(_bench.Key(Label), outcome.Pull!));
        Assert.Equal(raw, row.Raw);
        Assert.Equal("many", Assert.Single(row.Cells).Text);
        if (treatment != Treatment.Allow) AssertNowhere(Canary);
    }

    [Fact]
    public async Task Refused_cell_of_a_treated_column_is_not_told()
    {
        _bench.Source.Refuses = id => id == Canary;
        var outcome = await RunAsync(new PersonalRule("plays", Treatment.Drop, null, true));
        var row = Assert.Single(_bench.Quarantine.Read(_bench.Key(Label), outcome.Pull!));
        Assert.Equal(("{\"id\":\"" + Canary + "\"}", "(withheld)"), (row.Raw, Assert.Single(row.Cells).Text));
    }

    [Fact]
    public async Task Raw_replies_are_not_kept_also_when_the_pull_fails_on_its_data()
    {
        _bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Window, "The answer breaks off.");
        var outcome = await RunAsync(new PersonalRule("id", Treatment.Mask, null, true));
        Assert.Equal((WindowState.Failed, "The answer breaks off."), (outcome.State, outcome.Message));
        Assert.False(Directory.Exists(Path.Combine(_bench.Folder, "raw")) && Directory.EnumerateFiles(Path.Combine(_bench.Folder, "raw"), "*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task Column_that_is_not_sent_under_its_name_lets_nothing_land()
    {
        var outcome = await RunAsync(new PersonalRule("user", Treatment.Drop, null, true));
        Assert.Equal((WindowState.Failed, "pii-column"), (outcome.State, outcome.Code));
        Assert.StartsWith("Column 'user', which 'pii' treats, was not sent; the answer has id, plays.", outcome.Message, StringComparison.Ordinal);
        _bench.AssertPublished(Label);
        AssertNowhere(Canary);
    }

    [Fact]
    public async Task Column_that_one_of_several_sources_may_lack_is_not_asked_for() =>
        Assert.Equal(WindowState.Landed, (await RunAsync(new PersonalRule("user", Treatment.Drop, null, IsRequired: false))).State);

    [Fact]
    public async Task Changed_rule_is_another_definition()
    {
        await RunAsync(new PersonalRule("id", Treatment.Mask, null, true));
        var before = (await _bench.WindowAsync(Label)).LandedPull;
        var sources = _bench.Job.Sources;
        Assert.NotEqual(sources[0].DefinitionHash("UTC"), (sources[0] with { Personal = [] }).DefinitionHash("UTC"));
        Assert.Equal((sources[0] with { Personal = [] }).DefinitionHash("UTC"), (sources[0] with { Personal = [new PersonalRule("id", Treatment.Allow, null, true)] }).DefinitionHash("UTC"));
        Assert.NotNull(before);
    }

    [Fact]
    public async Task Missing_key_fails_before_anything_is_asked()
    {
        var keys = new Dictionary<string, string?>();
        var parts = Parts(id => PersonalKeys.Read(name => keys.GetValueOrDefault(name), id));
        _bench.Job = _bench.Job with { Sources = [_bench.Job.Sources[0] with { Personal = [new PersonalRule("id", Treatment.Hmac, "crm-1", true)] }] };
        var outcome = await OnceAsync(parts);
        Assert.Equal((ExitCode.Usage, "pii-key"), (outcome.ExitCode, outcome.Code));
        Assert.Contains("Set ETL_PII_KEY_CRM_1 to 32 random bytes in Base64", outcome.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Source.Pulled);
        keys["ETL_PII_KEY_CRM_1"] = "c2hvcnQ=";
        Assert.Contains("has 5 bytes, and a key needs at least 32", (await OnceAsync(parts)).Message, StringComparison.Ordinal);
        keys["ETL_PII_KEY_CRM_1"] = "no base64!";
        Assert.Contains("is no Base64", (await OnceAsync(parts)).Message, StringComparison.Ordinal);
        keys["ETL_PII_KEY_CRM_1"] = Convert.ToBase64String(s_key);
        Assert.Equal(WindowState.Landed, (await OnceAsync(parts)).State);
    }

    private Task<WindowOutcome> RunAsync(PersonalRule rule)
    {
        _bench.Job = _bench.Job with { Sources = [_bench.Job.Sources[0] with { Personal = [rule] }] };
        return OnceAsync(Parts(_ => s_key));
    }

    private PipelineParts Parts(Func<string, byte[]> keys) => _bench.Parts() with { Sources = new TreatedSources(new CanaryReplies(_bench.Source), keys) };

    private async Task<WindowOutcome> OnceAsync(PipelineParts parts) => Assert.Single((await new JobRunner(parts).RunAsync(_bench.Job, s_day, 1, default)).Outcomes);

    private void AssertNowhere(string text)
    {
        // Pages of databases and uncompressed text cells show it as it is; so would Snappy's literals of a text that occurs once.
        var bytes = Encoding.UTF8.GetBytes(text);
        var files = Directory.GetFiles(_bench.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });
        Assert.NotEmpty(files);
        foreach (var file in files) Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(bytes) < 0, $"{file} holds '{text}'.");
    }

    /// <summary>A source whose raw reply holds the canary.</summary>
    private sealed class CanaryReplies(ScriptedSource inner) : ISource, ISourceFactory
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) => inner.AccountsAsync(spec, from, to, cancellation);

        public ISource Create(SourceSpec spec, string account) => this;

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

        public PullForecast Forecast(PullRequest request) => inner.Forecast(request);

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            var reply = sink.OpenRaw(new Core.Raw.RawRequest("report", "getTable", []));
            await using (reply) await reply.Body.WriteAsync(Encoding.UTF8.GetBytes(Canary), cancellation);
            return await inner.PullAsync(request, sink, cancellation);
        }
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Text;
using Etl.Kaltura.Reports;
using Etl.Landing.Audit.Keys;
using Etl.Pipeline.Jobs;
using Etl.Pipeline.Live;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Sandbox;

namespace Etl.Cli.Demo.Patterns;

/// <summary><c>etl demo --pattern</c>: a pattern's job against the sandbox, its figures compared with what happened there, and what they mean.</summary>
internal static class PatternDemo
{
    private const int SandboxDays = 100;

    /// <summary>How many times faster than the world a live pattern's clock runs.</summary>
    private const int LiveSpeed = 20;

    private const int LiveSessionsPerDay = 100_000;

    private static readonly TimeSpan s_liveLength = TimeSpan.FromMinutes(5);

    /// <summary>Child accounts of the sandbox, for the pattern of several accounts.</summary>
    public static IReadOnlyList<SandboxChild> Children { get; } = [new SandboxChild { PartnerId = 2001 }, new SandboxChild { PartnerId = 2002, Entries = 80 }];

    /// <summary>Plays the pattern of a number or name, <c>all</c> of them, or lists them.</summary>
    public static async Task<int> RunAsync(GlobalOptions globals, ParseResult result, Terminal terminal, string name, CancellationToken cancellation)
    {
        if (name == "list") return List(terminal);
        var patterns = name == "all" ? PatternBook.All : PatternBook.Find(name) is { } one ? [one] : throw Unknown(name);
        var outcomes = new List<(Pattern Pattern, IReadOnlyList<PatternFinding> Findings, int Exit)>();
        var clock = Stopwatch.StartNew();
        foreach (var some in patterns.GroupBy(p => (IsLive: JobOf(p).IsLive, SendsEvents: p.Prepare is not null)))
        {
            TimeProvider time = some.Key.IsLive ? new FastClock(LiveSpeed) : some.Key.SendsEvents ? new SteppedClock(EventStage.Begin) : TimeProvider.System;
            var options = new SandboxOptions
            {
                // So many that a live stream is watched in every minute.
                SessionsPerDay = some.Key.IsLive ? LiveSessionsPerDay : null,
                EventDelay = some.Key.SendsEvents ? EventStage.Delay : TimeSpan.Zero,
                Days = SandboxDays, Children = Children, Clock = time, Microservice = new SandboxMicroserviceOptions { PendingFor = TimeSpan.Zero, InProgressFor = TimeSpan.Zero },
            };
            var sandbox = await SandboxServer.StartAsync(options, cancellation).ConfigureAwait(false);
            await using (sandbox.ConfigureAwait(false))
                foreach (var pattern in some) outcomes.Add(await PlayAsync(globals, result, terminal, pattern, sandbox, options, cancellation).ConfigureAwait(false));
        }
        return Report(terminal, outcomes, clock.Elapsed);
    }

    private static async Task<(Pattern, IReadOnlyList<PatternFinding>, int)> PlayAsync(
        GlobalOptions globals, ParseResult result, Terminal terminal, Pattern pattern, SandboxServer sandbox, SandboxOptions options, CancellationToken cancellation)
    {
        var job = JobOf(pattern);
        var folder = "demo-" + pattern.Number;
        // The sandbox begins anew each time, and so does what was pulled from it.
        var data = Path.Combine(Path.GetFullPath(result.GetValue(globals.Data)!), folder);
        if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        var settings = new Dictionary<string, string>();
        string? key = null;
        if (job.Land.OfType<AuditLandSpec>().Any())
        {
            var file = Path.Combine(data, "audit-key.pem");
            key = AuditKeys.Create(file);
            settings["ETL_AUDIT_KEY"] = "file:" + file;
        }
        var host = EtlHost.Open(globals, result, folder, sandbox.BaseUrl, options.PartnerId, options.AdminSecret, settings);
        await using (host.ConfigureAwait(false))
        {
            terminal.Note($"{pattern.Number}  {pattern.Title}: {job.About}");
            var exits = new List<int>();
            async Task PullAsync(JobDefinition which, PlanOptions plan) => exits.AddRange(await RunDisplay.WatchAsync(terminal, async observer =>
            {
                var parts = await host.PartsAsync(observer, cancellation).ConfigureAwait(false);
                return which.IsLive ? await LiveAsync(host, parts with { Time = options.Clock }, which, cancellation).ConfigureAwait(false)
                    : (await new JobRunner(parts with { Time = options.Clock }).RunAsync(which, plan, JobRunner.DefaultParallel, cancellation).ConfigureAwait(false)).Outcomes.Select(o => o.ExitCode).ToList();
            }).ConfigureAwait(false));
            using var truth = new TruthClient(sandbox.BaseUrl);
            var bench = new PatternBench(host, truth, job, PullAsync, options.Clock is SteppedClock clock ? new EventStage(host, terminal, clock) : null, cancellation);
            if (pattern.Prepare is { } prepare) await prepare(bench).ConfigureAwait(false);
            await PullAsync(job, new PlanOptions()).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            if (exits.All(e => e == ExitCode.Done))
            {
                await pattern.Check(bench).ConfigureAwait(false);
                await bench.ActAsync(terminal).ConfigureAwait(false);
                if (key is not null) await bench.AuditedAsync(key).ConfigureAwait(false);
                await ShowAsync(terminal, pattern, bench).ConfigureAwait(false);
            }
            terminal.Note("");
            return (pattern, bench.Findings, ExitCode.Combine([.. exits, bench.Findings.All(f => f.Equal) ? ExitCode.Done : ExitCode.WindowFailed]));
        }
    }

    private static async Task<List<int>> LiveAsync(EtlHost host, PipelineParts parts, JobDefinition job, CancellationToken cancellation)
    {
        var live = await new LiveRunner(parts, host.LiveSources).RunAsync(job, s_liveLength, cancellation).ConfigureAwait(false);
        return [.. live.Minutes.Select(m => m.ExitCode), .. live.Faults.Select(f => ExitCode.Of(f.Kind))];
    }

    private static async Task ShowAsync(Terminal terminal, Pattern pattern, PatternBench bench)
    {
        foreach (var (heading, sql) in pattern.Shows)
        {
            var rows = await bench.QueryAsync(sql).ConfigureAwait(false);
            terminal.Line();
            if (rows.Count == 0) terminal.Line($"{heading}: none.");
            else terminal.Table(heading, [.. rows[0].Keys], rows.Select(r => (IReadOnlyList<string>)[.. r.Values.Select(Cell)]));
        }
        terminal.Line();
        terminal.Line(pattern.Meaning);
        foreach (var (what, path) in bench.Places) terminal.Line($"{what,-11}{Show.Path(path)}");
        foreach (var finding in bench.Findings)
            terminal.Object(new { type = "compared", pattern = pattern.Number, what = finding.What, expected = finding.Expected, found = finding.Found, equal = finding.Equal });
        foreach (var finding in bench.Findings.Where(f => !f.Equal)) terminal.Warn($"{pattern.Number} {finding.What}: expected {finding.Expected}, found {finding.Found}.");
        var equal = bench.Findings.Count(f => f.Equal);
        terminal.Line(equal == bench.Findings.Count
            ? $"Verified: all {equal} comparisons with what the sandbox holds are equal."
            : $"{bench.Findings.Count - equal} of {bench.Findings.Count} comparisons with what the sandbox holds differ.");
    }

    private static int Report(Terminal terminal, List<(Pattern Pattern, IReadOnlyList<PatternFinding> Findings, int Exit)> outcomes, TimeSpan elapsed)
    {
        if (outcomes.Count > 1)
            terminal.Table(null, ["pattern", "name", "comparisons", "outcome"], outcomes.Select(o => (IReadOnlyList<string>)
                [o.Pattern.Number, o.Pattern.Name, Show.Count(o.Findings.Count), o.Exit == ExitCode.Done ? "equal" : o.Findings.Count == 0 ? "failed" : "differs"]));
        terminal.Line(Show.Seconds(elapsed));
        var exit = ExitCode.Combine(outcomes.Select(o => o.Exit));
        terminal.Object(new { type = "summary", exit, patterns = outcomes.Count, compared = outcomes.Sum(o => o.Findings.Count), differing = outcomes.Sum(o => o.Findings.Count(f => !f.Equal)) });
        return exit;
    }

    private static int List(Terminal terminal)
    {
        terminal.Table(null, ["pattern", "name", "what it is"], PatternBook.All.Select(p => (IReadOnlyList<string>)[p.Number, p.Name, p.Title]));
        foreach (var pattern in PatternBook.All) terminal.Object(new { type = "pattern", pattern = pattern.Number, name = pattern.Name, title = pattern.Title });
        return ExitCode.Done;
    }

    /// <summary>The job of a pattern, from the file that lies in this program.</summary>
    internal static JobDefinition JobOf(Pattern pattern) => JobOf(pattern.File, pattern.Name);

    /// <summary>A job that a pattern needs beside its own.</summary>
    internal static JobDefinition JobOf(string name) => JobOf(name + ".yaml", name);

    private static JobDefinition JobOf(string file, string name)
    {
        using var stream = typeof(PatternDemo).Assembly.GetManifestResourceStream("patterns/" + file)
            ?? throw new InvalidOperationException($"The assembly lacks its resource 'patterns/{file}'.");
        using var reader = new StreamReader(stream);
        return JobFileReader.Parse(reader.ReadToEnd(), "jobs/patterns/" + file, EtlHost.Catalog, new KalturaSourceRules(EtlHost.Catalog)).Get(name);
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        double d => Math.Abs(d) >= 1_000 ? d.ToString("N0", CultureInfo.InvariantCulture) : d.ToString("0.####", CultureInfo.InvariantCulture),
        long n => Show.Count(n),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!.ReplaceLineEndings(" "),
    };

    private static EtlException Unknown(string name) => new(
        FaultKind.Usage, $"There is no pattern '{name}'.{Nearest.Hint(name, PatternBook.All.SelectMany(p => (string[])[p.Number, p.Name]))} 'etl demo --pattern list' names them all.") { Code = "unknown-pattern" };
}

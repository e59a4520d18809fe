using System.Text;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>
/// A canary in every setting that takes a credential, work that fails at each of them, and a look at everything that is left: what was printed, every
/// file under the data folder (ledger, captures, snapshots, datasets), and a trace of the runtime at its highest level.
/// </summary>
public sealed class SecretSweepTests
{
    private static readonly Dictionary<string, string> s_canaries = new(StringComparer.Ordinal)
    {
        ["admin secret"] = "c0ffee01decade02facade03badcafe4",
        ["database password"] = "Dw-canary+a/b=c0password0canary",
        ["storage signature"] = "Lake0canary0signature0aLongOne0canary0aLongOne0==",
        ["webhook secret"] = "hook0canary0secret0hook0canary",
        ["mail password"] = "mail0canary0password0mail0canary",
        ["key of personal data"] = "cGlpMGNhbmFyeTBrZXkwcGlpMGNhbmFyeTBrZXkwcGk=",
        ["secret of a hook"] = "posted0canary0secret0posted0canary",
        ["certificate password"] = "certificate0canary0password",
        ["ledger password"] = "ledger0canary0password0ledger",
    };

    [SkippableFact]
    public async Task No_credential_of_any_setting_is_in_what_is_printed_kept_or_traced()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 12, AdminSecret = s_canaries["admin secret"] });
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ETL_CONNECTION_DW"] = $"postgres:Host=127.0.0.1;Port=1;Timeout=2;Database=dw;Username=etl;Password={s_canaries["database password"]}",
            ["ETL_STORE_LAKE"] = $"azure-blob:http://127.0.0.1:1/account/lake?sv=2024-11-04&sp=rwdl&sig={Uri.EscapeDataString(s_canaries["storage signature"])}",
            ["ETL_ALERT_HOOK"] = "webhook:http://127.0.0.1:1/hook",
            ["ETL_ALERT_HOOK_SECRET"] = s_canaries["webhook secret"],
            ["ETL_ALERT_MAIL"] = "smtp:host=127.0.0.1;port=1;from=etl@example.com;to=ops@example.com;user=etl;tls=off",
            ["ETL_ALERT_MAIL_PASSWORD"] = s_canaries["mail password"],
            ["ETL_PII_KEY_CRM"] = s_canaries["key of personal data"],
            ["ETL_HOOK_SECRET_PLAYS"] = s_canaries["secret of a hook"],
            ["ETL_CERTIFICATE"] = "missing.pfx",
            ["ETL_CERTIFICATE_PASSWORD"] = s_canaries["certificate password"],
            ["DOTNET_EnableEventPipe"] = "1",
            ["DOTNET_EventPipeOutputPath"] = Path.Combine(shop.Folder, "trace-{pid}.nettrace"),
            ["DOTNET_EventPipeConfig"] = string.Join(',', new[] { "System.Net.Http", "System.Net.NameResolution", "System.Net.Sockets", "System.Net.Security" }.Select(s => s + ":0xFFFFFFFFFFFFFFFF:5"))
                + ",Microsoft-Diagnostics-DiagnosticSource:3:5:FilterAndPayloadSpecs=\"[AS]*\"",
        })
            shop.Environment[name] = value;
        shop.WriteJobText("plays", """
            job: plays
            source: { report: 38, action: csv }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: plays, codec: none }
              - table: { connection: warehouse, name: plays }
            hooks: due
            alerts:
              - { name: few, when: sum(count_plays) < 1000000000, notify: [hook, mail] }
            """);
        shop.WriteJobText("people", """
            job: people
            source: { report: 13, action: table }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: people, codec: none }
            pii: { name: { hmac: crm } }
            """);
        foreach (var (name, place) in new[] { ("dw", "table: { connection: dw, name: plays_dw }"), ("lake", "parquet: { dataset: plays_lake, store: lake }") })
            shop.WriteJobText(name, $"job: {name}\nsource: {{ report: 38, action: table }}\nwindow: {{ every: day, timezone: America/New_York, lookback: 1, settle: 2h }}\nland:\n  - {place}\n");

        var said = new List<(string Place, byte[] Bytes)>();
        async Task RunAsync(bool works, params string[] arguments)
        {
            var run = await shop.RunAsync(arguments);
            Assert.True(run.Exit == 0 == works, $"{string.Join(' ', arguments)}: {run}");
            said.Add((string.Join(' ', arguments), Encoding.UTF8.GetBytes(run.Out + run.Error)));
        }
        await shop.FaultAsync("""{"kind":"other-host","action":"getUrlForReportAsCsv","times":-1}""");
        await RunAsync(works: false, "run", "plays", "-v");
        await shop.NoFaultsAsync();
        await RunAsync(works: true, "run", "plays", "-v");
        await RunAsync(works: true, "run", "people", "-v");
        await RunAsync(works: false, "run", "dw", "-v");
        await RunAsync(works: false, "run", "lake", "-v");
        await RunAsync(works: false, "alerts", "test", "plays");
        await RunAsync(works: false, "serve", "--urls", "https://127.0.0.1:0");
        await RunAsync(works: true, "history", "plays", "--json");
        await RunAsync(works: true, "session", "show", "--json");
        shop.Environment["ETL_LEDGER"] = $"postgres:Host=127.0.0.1;Port=1;Timeout=2;Database=l;Username=etl;Password={s_canaries["ledger password"]}";
        await RunAsync(works: false, "status");

        foreach (var file in Directory.EnumerateFiles(shop.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            said.Add((file, await File.ReadAllBytesAsync(file)));
            if (file.EndsWith(".gz", StringComparison.Ordinal)) said.Add((file, Workshop.Decompressed(file)));
        }

        // The look finds what is there: requests in the trace, captured replies, printed labels.
        Assert.Contains(said, s => s.Place.EndsWith(".nettrace", StringComparison.Ordinal) && Holds(s.Bytes, "RequestStart"));
        Assert.Contains(said, s => s.Place.EndsWith(".nettrace", StringComparison.Ordinal) && Holds(s.Bytes, "/api_v3/service/report"));
        Assert.Contains(said, s => s.Place.EndsWith(".gz", StringComparison.Ordinal) && Holds(s.Bytes, "object_id"));
        Assert.Contains(said, s => s.Place.EndsWith("ledger.db", StringComparison.Ordinal) && Holds(s.Bytes, "plays"));
        foreach (var (setting, canary) in s_canaries.Append(new("a session", SessionStart(shop))))
            foreach (var (place, bytes) in said)
                Assert.False(Forms(canary).Any(f => Holds(bytes, f)), $"The {setting} is in {place}.");
    }

    // Traces are written in UTF-16.
    private static bool Holds(byte[] bytes, string text) => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;

    // Every piece of twelve characters at the beginning, in the middle and at the end of a form: whoever cuts leaves one of them.
    private static IEnumerable<string> Forms(string canary)
    {
        string[] whole =
        [
            canary, Uri.EscapeDataString(canary), Uri.EscapeDataString(Uri.EscapeDataString(canary)),
            .. Enumerable.Range(0, 3).Select(before => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', before) + canary)).TrimEnd('=')[4..^2]),
        ];
        foreach (var form in whole.Where(f => f.Length >= 12))
            foreach (var at in (int[])[0, (form.Length - 12) / 2, form.Length - 12])
                yield return form.Substring(at, 12);
    }

    // What every session of the account begins with.
    private static string SessionStart(Workshop shop) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"v2|{shop.Environment["KALTURA_PARTNER_ID"]}|"))[..12];
}

using System.Diagnostics;
using System.Text.Json;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;
using Etl.Testing;

namespace Etl.Pipeline.Tests.Jobs;

/// <summary>The schema that editors use says the same as the reader. Judged by a validator of its own (tests/job-schema, node).</summary>
public sealed class JobSchemaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("etl-schema-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Changes of the full job; the first character says whether it stays good.</summary>
    private static readonly (bool Good, string Replace, string With)[] s_changes =
    [
        (true, "schema: hold", ""),
        (true, "cron: \"15 2 * * *\"", "cron: \"0 15 2 * * MON-FRI\""),
        (true, "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }", ""),
        (true, "report: TOP_CONTENT_CREATOR", "report: 38"),
        (true, "[vod, live]", "vod"),
        (true, "[vod, live]", "[00123, 1e5, no, true, 0x1F]"),
        (true, "action: table", "action: total"),
        (true, "report: TOP_CONTENT_CREATOR\n  action: table", "report: USER_USAGE\n  action: base-total"),
        (false, "action: table", "action: graph"),
        (true, "action: table", "action: table\n  accounts: [123, \"456\"]\n  objectIds: [1_a, 7]\n  privileges: [\"a:1\"]"),
        (true, "action: table", "action: table\n  order: -count_plays\n  pageSize: 1\n  delimiter: \"|~|\"\n  interval: days\n  skipEmptyDates: false"),
        (true, "tolerance: 1%", "tolerance: 0.05%"),
        (true, "shrink: off", "shrink: 100%"),
        (true, ", store: lake", ""),
        (true, "name: content_daily", "name: analytics.content_daily"),
        (true, "mode: merge", "mode: append"),
        (true, "window: { every: day, timezone: America/New_York, lookback: 4, settle: 90m }", "window: { every: month }"),
        (false, "job: nightly-content", "job: Nightly"),
        (false, "job: nightly-content", "name: nightly-content"),
        (false, "about: Plays", "abuot: Plays"),
        (false, "cron: \"15 2 * * *\"", "cron: \"15 2 * *\""),
        (false, "cron: \"15 2 * * *\"", "cron: \"15 2 1 * MON\""),
        (false, "cron: \"15 2 * * *\"", "cron: \"15 2 ? * *\""),
        (false, "cron: \"15 2 * * *\", ", ""),
        (false, "timezone: America/New_York }\nsource", "timezone: localtime }\nsource"),
        (false, "report: TOP_CONTENT_CREATOR", "reports: TOP_CONTENT_CREATOR"),
        (true, "action: table", "action: csv"),
        (true, "action: table", "action: csv\n  order: -count_plays\n  objectIds: [1_a]\n  delimiter: \"|~|\""),
        (false, "action: table", "action: csv\n  pageSize: 500"),
        (false, "action: table", "action: table\n  custom: 3007"),
        (false, "action: table", "action: table\n  dates: ids"),
        (false, "action: table", "action: custom-csv"),
        (false, "action: table", "action: table\n  pageSize: 12001"),
        (false, "action: table", "action: table\n  delimiter: ';'"),
        (false, "action: table", "action: table\n  interval: tenSeconds"),
        (false, "action: table", "action: table\n  skipEmptyDates: maybe"),
        (false, "action: table", "action: table\n  accounts: [0123x]"),
        (false, "action: table", "action: table\n  objectIds: []"),
        (false, "action: table", "action: table\n  privileges: ['a:1,b:2']"),
        (false, "playbackTypeIn", "playbackTypesIn"),
        (false, "playbackTypeIn: [vod, live]", "fromDate: 1"),
        (false, "[vod, live]", "[]"),
        (false, "[vod, live]", "{ a: b }"),
        (false, "every: day", "every: daily"),
        (false, "lookback: 4", "lookback: 0"),
        (false, "lookback: 4", "lookback: 3.5"),
        (false, "settle: 90m", "settle: 90"),
        (true, "raw: 30d", "hooks: due"),
        (true, "raw: 30d", "hooks: window"),
        (false, "raw: 30d", "hooks: true"),
        (true, "raw: 30d", "freeze: 1"),
        (true, "raw: 30d", "freeze: off"),
        (false, "raw: 30d", "freeze: 0"),
        (false, "raw: 30d", "freeze: 1.5"),
        (false, "raw: 30d", "freeze: 3d"),
        (true, "raw: 30d", "attempts: 1"),
        (true, "raw: 30d", "attempts: off"),
        (false, "raw: 30d", "attempts: 0"),
        (false, "raw: 30d", "attempts: 1001"),
        (false, "raw: 30d", "attempts: never"),
        (false, "dataset: content_daily", "dataset: etl_pulls"),
        (true, "raw: 30d", "raw: off"),
        (false, "raw: 30d", "raw: 30"),
        (false, "raw: 30d", "raw: on"),
        (false, "settle: 90m", "settle: 1h30m"),
        (false, "dataset: content_daily", "dataset: a/b"),
        (false, "codec: gzip", "codec: zstd"),
        (false, "store: lake", "store: My Lake"),
        (false, "name: content_daily", "name: content-daily"),
        (false, "name: content_daily", "name: etl_landing"),
        (false, "key: [_window, object_id], mode: merge", "mode: merge"),
        (false, "key: [_window, object_id]", "key: object_id"),
        (false, "mode: merge", "mode: replace"),
        (false, "- parquet:", "- parqet:"),
        (false, "- parquet:", "- from: plays\n    parquet:"),
        (true, "  - parquet:", "  - audit: { log: compliance, retention: 7y }\n  - parquet:"),
        (true, "  - parquet:", "  - audit: { log: compliance, store: lake, retention: 9999d }\n  - parquet:"),
        (false, "  - parquet:", "  - audit: { retention: 7y }\n  - parquet:"),
        (false, "  - parquet:", "  - audit: { log: Compliance }\n  - parquet:"),
        (false, "  - parquet:", "  - audit: { log: x, retention: 07y }\n  - parquet:"),
        (false, "  - parquet:", "  - audit: { log: x, retention: 101y }\n  - parquet:"),
        (false, "  - parquet:", "  - audit: { log: x, retention: 10000d }\n  - parquet:"),
        (false, "totals: warn", "totals: no"),
        (false, "tolerance: 1%", "tolerance: 0.01"),
        (false, "shrink: off", "shrink: 150%"),
        (false, "empty: accept", "empty: warn"),
        (true, "empty: accept", "second-path: csv"),
        (true, "empty: accept", "second-path: order"),
        (true, "empty: accept", "second-path: same"),
        (true, "empty: accept", "second-path: off"),
        (false, "empty: accept", "second-path: hold"),
        (true, "empty: accept", "quarantine: 0.05%"),
        (true, "empty: accept", "quarantine: 1 row"),
        (true, "empty: accept", "quarantine: 0 rows"),
        (true, "empty: accept", "quarantine: off"),
        (false, "empty: accept", "quarantine: 100"),
        (false, "empty: accept", "quarantine: 1.5 rows"),
        (false, "empty: accept", "quarantine: warn"),
        (false, "empty: accept", "quarantine: 101%"),
        (false, "empty: accept", "secondPath: csv"),
        .. AlertForms,
        .. ExportForms,
        .. DeriveForms,
        (false, "schema: hold", "schema: strict"),
        (false, "schema: hold", "sources: { a: { report: 38, action: table } }"),
    ];

    /// <summary>Derived tables and actions in the place of 'raw'.</summary>
    private static (bool Good, string Replace, string With)[] DeriveForms =>
    [
        (true, "raw: 30d", "derive: [{ table: top, connection: archive, from: [content_daily], sql: SELECT 1 }]"),
        (true, "raw: 30d", "derive: [{ table: top, connection: archive, from: [content_daily, x.y], sqlite: 'with a as (select 1) select 1', postgres: '/* x */ SELECT 1;' }]"),
        (true, "raw: 30d", "actions: [{ name: a, call: thumbAsset.setAsDefault, with: { thumbAssetId: 1_x, 'a[b][c]': 45 } }]"),
        (true, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t, groupIds: 'x, y', 'msgParams[n][type]': String, 'msgParams[n][value]': v, session: s } }]"),
        (true, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t, userIds: x, 'msgParams[n][type]': MagicLink, 'msgParams[n][value][baseURL]': u, 'msgParams[n][value][expiry]': 48 } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t, groupIds: x, userIds: y } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, groupIds: x } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t, groupIds: x, type: email } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: message.send, with: { appGuid: g, templateId: t, groupIds: x, 'msgParams[n][type]': JwtQrCode, 'msgParams[n][value]': v } }]"),
        (false, "raw: 30d", "actions: []"),
        (false, "raw: 30d", "actions: [{ name: a, call: thumbAsset.delete, with: { thumbAssetId: 1_x } }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: thumbAsset.setAsDefault, with: {} }]"),
        (false, "raw: 30d", "actions: [{ name: a, call: thumbAsset.setAsDefault, with: { ks: x } }]"),
        (false, "raw: 30d", "actions: [{ name: A, call: thumbAsset.setAsDefault, with: { thumbAssetId: 1_x } }]"),
        (false, "raw: 30d", "actions: [{ call: thumbAsset.setAsDefault, with: { thumbAssetId: 1_x } }]"),
        (false, "raw: 30d", "derive: []"),
        (false, "raw: 30d", "derive: [SELECT 1]"),
        (false, "raw: 30d", "derive: [{ table: top, connection: archive, from: [content_daily] }]"),
        (false, "raw: 30d", "derive: [{ table: top, connection: archive, sql: SELECT 1 }]"),
        (false, "raw: 30d", "derive: [{ table: top, connection: archive, from: [], sql: SELECT 1 }]"),
        (false, "raw: 30d", "derive: [{ table: etl_top, connection: archive, from: [content_daily], sql: SELECT 1 }]"),
        (false, "raw: 30d", "derive: [{ table: top, connection: archive, from: [content_daily], sql: DELETE FROM content_daily }]"),
        (false, "raw: 30d", "derive: [{ table: top, connection: archive, from: [content_daily], sql: SELECT 1, mysql: SELECT 1 }]"),
    ];

    /// <summary>Alerts in the place of 'raw'.</summary>
    private static (bool Good, string Replace, string With)[] AlertForms =>
    [
        Alert(true, "name: a, when: late > 6h"),
        Alert(true, "name: a, when: held, for: 10m, clear: { for: 1h }, notify: [ops, log]"),
        Alert(true, "name: a, when: failed >= 3"),
        Alert(true, "name: a, when: rows < 1, for: 2"),
        Alert(true, "name: a, when: 'sum(count_plays)<10', where: 'object_id != \"x y\"', clear: { at: 20, for: 3 }"),
        Alert(true, "name: a, when: any(count_plays >= 3)"),
        Alert(true, "name: a, when: late > 6h, clear: { at: 30m }"),
        Alert(false, "name: a"),
        Alert(false, "when: held"),
        Alert(false, "name: A, when: held"),
        Alert(false, "name: a, when: late > 6"),
        Alert(false, "name: a, when: rows"),
        Alert(false, "name: a, when: hold"),
        Alert(false, "name: a, when: median(count_plays) < 1"),
        Alert(false, "name: a, when: max(count_plays) <"),
        Alert(false, "name: a, when: max(count_plays) < 10%"),
        Alert(false, "name: a, when: any(count_plays)"),
        Alert(false, "name: a, when: held, for: 61m1s"),
        Alert(false, "name: a, when: rows < 1, for: 0"),
        Alert(false, "name: a, when: rows < 1, for: 61"),
        Alert(false, "name: a, when: rows < 1, clear: {}"),
        Alert(false, "name: a, when: rows < 1, clear: 5"),
        Alert(false, "name: a, when: rows < 1, notify: ops"),
        Alert(false, "name: a, when: rows < 1, notify: [Ops]"),
        Alert(false, "name: a, wen: held"),
        (false, "raw: 30d", "alerts: []"),
        (false, "raw: 30d", "alerts: { name: a, when: held }"),
    ];

    private static (bool Good, string Replace, string With) Alert(bool good, string alert) => (good, "raw: 30d", $"alerts:\n  - {{ {alert} }}");

    /// <summary>Exports beside the landings of the full job.</summary>
    private static (bool Good, string Replace, string With)[] ExportForms =>
    [
        Export(true, "name: leads, profile: csv, people: { main: { email: object_id } }, columns: { Email: email }"),
        Export(true, "name: Leads_2, profile: csv, by: user, people: { main: { user: object_id } }, columns: { Id: user, Of: { constant: 7 } }, windows: 30, duplicates: first"),
        Export(true, "name: a, profile: csv, people: { main: { email: object_id, user: object_id } }, measures: { n: { count: main, where: { entry_name: [x, y] } }, p: { sum: main.count_plays }, last: { max: main._window } }, score: { weights: { n: 1, p: -0.5 }, hot: 5%, warm: 50%, population: 3 }, columns: { E: email, N: n, S: score, T: tier, W: score-parts, K: lead-key, L: last }"),
        Export(true, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, leave: { domains: [example.com], suppression: s.txt, consent: main.entry_name }, delta: false, accept: ack, raw: true, deliver: folder"),
        Export(true, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { folder: /srv/out }"),
        Export(true, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { store: lake }"),
        Export(true, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { webhook: crm, batch: 100 }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { store: lake, batch: 100 }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: sftp"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { store: lake, webhook: crm }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, deliver: { webhook: crm, batch: 0 }"),
        Export(false, "name: a b, profile: csv, people: { main: { email: object_id } }, columns: { E: email }"),
        Export(false, "profile: csv, people: { main: { email: object_id } }, columns: { E: email }"),
        Export(false, "name: a, people: { main: { email: object_id } }, columns: { E: email }"),
        Export(false, "name: a, profile: csv, columns: { E: email }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }"),
        Export(false, "name: a, profile: csv, people: { main: {} }, columns: { E: email }"),
        Export(false, "name: a, profile: csv, people: { main: { mail: object_id } }, columns: { E: email }"),
        Export(false, "name: a, profile: csv, by: phone, people: { main: { email: object_id } }, columns: { E: email }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, windows: 0"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, duplicates: newest"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: {}"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: [email] }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: { konstant: x } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { tier: { count: main } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { count: main, sum: main.count_plays } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { median: main.count_plays } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { sum: count_plays } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { count: main, where: {} } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, score: { hot: 5% }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, score: { weights: {} }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { count: main } }, score: { weights: { n: many } }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { count: main } }, score: { weights: { n: 1 }, hot: 0.1 }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, measures: { n: { count: main } }, score: { weights: { n: 1 }, population: 0 }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, leave: { domains: [a@example.com] }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, leave: { domains: [com] }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, leave: { consent: entry_name }"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, accept: later"),
        Export(false, "name: a, profile: csv, people: { main: { email: object_id } }, columns: { E: email }, delta: sometimes"),
        (false, "- parquet:", "- from: [main]\n    parquet:"),
        (false, "schema: hold", "schema: hold\nexport: { name: a }"),
    ];

    private static (bool Good, string Replace, string With) Export(bool good, string export) => (good, "checks:", $"  - export: {{ {export} }}\nchecks:");

    /// <summary>Whole jobs, where the form differs more.</summary>
    private static readonly (bool Good, string Yaml)[] s_jobs =
    [
        (true, "job: a\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { report: 34, action: graphs, interval: months, skipEmptyDates: false }\nland: [ { table: { name: x, key: [_window, month_id, count_plays] } } ]"),
        (true, "job: a\nsource: { report: 38, action: table }\nland: [ { from: main, parquet: { dataset: x } } ]"),
        (true, "job: a\nsources: { p: { report: 38, action: table }, q: { custom: 4021, action: custom-csv, params: { virtualeventid: 9 } } }\nland: [ { from: [p, q], export: { name: x, profile: csv, people: { p: { user: object_id }, q: { email: email, user: email } }, columns: { Email: email } } } ]"),
        (false, "job: a\nsources: { p: { report: 38, action: table }, q: { report: 38, action: table } }\nland: [ { from: [p, p], export: { name: x, profile: csv, people: { p: { email: object_id } }, columns: { Email: email } } }, { from: q, parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc] }\nwindow: { every: minute }\nland: [ { export: { name: x, profile: csv, people: { main: { email: object_id } }, columns: { Email: email } } } ]"),
        (true, "job: a\nsources: { p: { report: 38, action: table } }\nland: [ { from: p, parquet: { dataset: x } } ]"),
        (false, "job: a\nsources: { p: { report: 38, action: table } }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsources: {}\nland: [ { from: p, parquet: { dataset: x } } ]"),
        (false, "job: a\nsources: { P: { report: 38, action: table } }\nland: [ { from: P, parquet: { dataset: x } } ]"),
        (false, "job: a\nsources: { p: { report: 38 } }\nland: [ { from: p, parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { custom: 3007, action: custom-csv }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { custom: \"9999\", action: custom-csv, params: { a: 1, b: x y }, exclude: [company], dates: ids, privileges: [\"a:1\"], accounts: [123] }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: custom-csv }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, report: 38, action: custom-csv }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, action: custom-csv, dates: iso }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, action: custom-csv, params: {} }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, action: custom-csv, params: { a: [1] } }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, action: custom-csv, exclude: [\"a,b\"] }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { name: pollsActivity, action: microservice, parameters: { entries_ids: [1_abc], virtual_event_ids: [99] } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { name: anything, action: microservice, dates: unix, parameters: { a.b: 1, c: [x y] }, privileges: [\"a:1\"] }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: microservice }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { name: pollsActivity, report: 38, action: microservice }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { name: pollsActivity, action: microservice, dates: ids }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { name: pollsActivity, action: microservice, parameters: {} }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { name: pollsActivity, action: microservice, parameters: { a: { b: 1 } } }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { name: pollsActivity, action: microservice, parameters: { a: [] } }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table, name: pollsActivity }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { custom: 3007, action: custom-csv, dates: none }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: entries }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: entries, filter: { mediaTypeIn: [1, 5], tagsLike: a }, take: updated, accounts: [123] }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: entries, search: { captions: missing, media_type: [1, 5] } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: captions, filter: { statusIn: [2] }, search: { tags: a } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: events, privileges: [\"a:1\"], accounts: [123] }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: events, take: created }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: events, report: 38 }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: events, filter: { idIn: [1] } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { report: 38, action: table, accounts: { report: 42 } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { report: 38, action: table, accounts: { report: VPAAS_USAGE_MULTI, except: [12] } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { report: 38, action: table, crossAccount: true }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table, crossAccount: all }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table, accounts: {} }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table, accounts: { report: 42, exept: [12] } }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: entries, crossAccount: true }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: entries, report: 38 }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: entries, take: some }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: entries, filter: {} }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: table, report: 38, search: { tags: a } }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: live-events, entries: [1_abc], live: true }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: live-events, entries: [1_abc, 1_def], privileges: [\"a:1\"], accounts: [123] }\nwindow: { every: minute, timezone: UTC, settle: 30s }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc] }\nwindow: { every: minute }\nfreeze: 3\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc] }\nwindow: { every: minute }\nattempts: 3\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc] }\nwindow: { every: minute }\nhooks: due\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: beacons, kind: diagnostics, entries: [1_abc] }\nwindow: { every: minute, settle: 10m }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (true, "job: a\nsource: { report: 10005, action: table, interval: ten_seconds }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [] }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [\"1_abc,1_def\"] }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc], kind: health }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: live-events, entries: [1_abc], report: 38 }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: beacons, entries: [1_abc] }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: beacons, kind: log, entries: [1_abc] }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: beacons, kind: health, entries: [1_abc], live: true }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc], interval: days }\nwindow: { every: minute }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table, entries: [1_abc] }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute, lookback: 1 }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute, timezone: Europe/Paris }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute, settle: 11m }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute, settle: 601s }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { action: stream-status, entries: [1_abc] }\nwindow: { every: minute }\nschedule: { cron: \"* * * * *\" }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource: { report: 38, action: table }"),
        (false, "job: a\nsource: { report: 38, action: table }\nland: []"),
        (false, "job: a\nsource: { report: 38, action: table }\nland: [ {} ]"),
        (false, "job: a\nsource: { report: 38, action: table }\nland: [ { from: main } ]"),
        (false, "job: a\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: x }, table: { name: y } } ]"),
        (false, "job: a\njob: b\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: x } } ]"),
        (false, "job: a\nsource:\nland: [ { parquet: { dataset: x } } ]"),
        (false, "- job: a"),
        (false, "job: ["),
        (false, ""),
    ];

    [SkippableFact]
    public void Schema_and_reader_agree_on_good_and_bad_jobs()
    {
        var catalog = TestCatalog.FromSchemas();
        var files = new Dictionary<string, (bool Good, string Change)>(StringComparer.Ordinal);
        foreach (var (good, replace, with) in s_changes)
        {
            Assert.Contains(replace, Yaml.Full, StringComparison.Ordinal);
            var file = Path.Combine(_folder, $"{files.Count}.yaml");
            File.WriteAllText(file, Yaml.Full.Replace(replace, with, StringComparison.Ordinal));
            files.Add(file, (good, $"'{replace}' to '{with}'"));
        }

        foreach (var (good, yaml) in s_jobs)
        {
            var file = Path.Combine(_folder, $"{files.Count}.yaml");
            File.WriteAllText(file, yaml);
            files.Add(file, (good, yaml));
        }

        var verdicts = Validate([.. files.Keys]);

        Assert.Equal([], files.Where(f => JobFileReader.Load(f.Key, catalog).Faults.Count == 0 != f.Value.Good)
            .Select(f => $"The reader: {f.Value.Change} {string.Join(' ', JobFileReader.Load(f.Key, catalog).Faults)}"));
        Assert.Equal([], files.Where(f => verdicts[f.Key].Length == 0 != f.Value.Good).Select(f => $"The schema: {f.Value.Change} {string.Join("; ", verdicts[f.Key])}"));
    }

    [SkippableFact]
    public void Job_files_are_valid_against_the_schema() => Assert.Empty(Validate([.. JobFiles(), .. Directory.GetFiles(Repository.PathOf("jobs/patterns"))]).SelectMany(v => v.Value.Select(fault => $"{v.Key}: {fault}")));

    [Fact]
    public void Job_files_load_without_faults_with_the_projects_own_catalogue()
    {
        var set = JobFileReader.Load(Repository.PathOf("jobs"), TestCatalog.FromSchemas());

        Assert.Empty(set.Faults.Select(f => f.ToString()));
        Assert.Equal(JobFiles().Length, set.Jobs.Count);
        Assert.All(set.Jobs, j => Assert.Equal(j.Name, Path.GetFileNameWithoutExtension(j.File)));
        Assert.All(set.Jobs, j => Assert.NotEqual("", j.About));
        Assert.Equal(set.Jobs.Count(j => j.Schedule is not null), set.Jobs.Select(j => j.Schedule?.Cron).OfType<string>().Distinct().Count());
    }

    [Theory]
    [InlineData("nightly-content", "38")]
    [InlineData("nightly-users", "13")]
    [InlineData("nightly-engagement", "34")]
    [InlineData("nightly-countries", "36")]
    public void Nightly_job_pulls_its_report_and_lands_it_twice_by_the_reports_own_key(string name, string report)
    {
        var catalog = TestCatalog.FromSchemas();
        var job = JobFileReader.Load(Repository.PathOf("jobs"), catalog).Get(name);

        Assert.All(job.Sources, s => Assert.Equal(report, s.Report));
        Assert.Equal((SourceSpec.MainName, "table"), (job.Sources[0].Name, job.Sources[0].Action));
        Assert.IsType<ParquetLandSpec>(job.Land[0]);
        var table = Assert.IsType<TableLandSpec>(job.Land[1]);
        Assert.Equal(["_window", .. catalog.FindReport(report)!.Key], table.Key);
        Assert.Equal(("warehouse", 3), (table.Connection, job.Window.Lookback));
    }

    [Fact]
    public void Job_files_name_the_schema_on_their_first_line() =>
        Assert.All(JobFiles(), f => Assert.Equal("# yaml-language-server: $schema=../schemas/job.schema.json", File.ReadLines(f).First()));

    [Fact]
    public void Schema_knows_the_filter_fields_of_the_catalogue_and_the_defaults_of_the_model()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("schemas", "job.schema.json")));
        var schema = document.RootElement;
        var source = schema.GetProperty("$defs").GetProperty("source").GetProperty("properties");
        string[] filledIn = ["fromDate", "toDate", "fromDay", "toDay", "timeZoneOffset", "interval"];

        Assert.Equal(
            TestCatalog.FromSchemas().Filters.Values.Where(f => !f.Deprecated && f.Type != "object" && !filledIn.Contains(f.Name)).Select(f => f.Name).Order(StringComparer.Ordinal),
            schema.GetProperty("$defs").GetProperty("reportFilter").GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(SourceSpec.DefaultPageSize, Default(source, "pageSize").GetInt32());
        Assert.Equal(SourceSpec.DefaultDelimiter, Default(source, "delimiter").GetString());
        var window = schema.GetProperty("properties").GetProperty("window").GetProperty("properties");
        Assert.Equal((WindowSpec.DefaultLookback, "day", "UTC"), (Default(window, "lookback").GetInt32(), Default(window, "every").GetString(), Default(window, "timezone").GetString()));
        Assert.Equal(WindowSpec.DefaultSettle, Measures.Duration(Default(window, "settle").GetString()!));
        Assert.Equal(JobDefinition.DefaultRaw, Measures.Duration(Default(schema.GetProperty("properties"), "raw").GetString()!));
        Assert.Equal(JobDefinition.DefaultAttempts, Default(schema.GetProperty("properties"), "attempts").GetInt32());
        Assert.Equal(JobDefinition.DefaultFreeze, Default(schema.GetProperty("properties"), "freeze").GetInt32());
        var checks = schema.GetProperty("properties").GetProperty("checks").GetProperty("properties");
        Assert.Equal(CheckSpec.DefaultTolerance, Measures.Share(Default(checks, "tolerance").GetString()!));
        Assert.Equal(CheckSpec.DefaultShrinkShare, Measures.Share(Default(checks, "shrink").GetString()!));
        Assert.Equal("off", Default(checks, "second-path").GetString());
        Assert.Equal(QuarantineLimit.Default, Measures.Limit(Default(checks, "quarantine").GetString()!));
    }

    [Fact]
    public void Every_key_of_the_schema_is_described()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("schemas", "job.schema.json")));
        Assert.Empty(Undescribed(document.RootElement, "$"));
    }

    private static IEnumerable<string> Undescribed(JsonElement node, string path)
    {
        if (node.ValueKind != JsonValueKind.Object) yield break;
        foreach (var child in node.EnumerateObject())
        {
            if (child.Name is "oneOf" or "anyOf" or "if" or "then" or "not") continue;
            if (child.Name == "properties")
                foreach (var property in child.Value.EnumerateObject().Where(p => !p.Value.TryGetProperty("description", out _))) yield return $"{path}.{property.Name}";
            foreach (var fault in Undescribed(child.Value, $"{path}.{child.Name}")) yield return fault;
        }
    }

    private static JsonElement Default(JsonElement properties, string name) => properties.GetProperty(name).GetProperty("default");

    private static string[] JobFiles() => [.. Directory.EnumerateFiles(Repository.PathOf("jobs"), "*.yaml").Order(StringComparer.Ordinal)];

    private static Dictionary<string, string[]> Validate(string[] files)
    {
        var folder = Repository.PathOf("tests", "job-schema");
        var missing = !Directory.Exists(Path.Combine(folder, "node_modules"))
            ? "The modules of tests/job-schema are not installed: 'tests/run' installs them."
            : null;
        string output = "", errors = "";
        try
        {
            if (missing is null)
            {
                using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, "check.mjs"), Repository.PathOf("schemas", "job.schema.json"), .. files])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
                var reading = node.StandardError.ReadToEndAsync();
                output = node.StandardOutput.ReadToEnd();
                errors = reading.GetAwaiter().GetResult();
                node.WaitForExit();
                Assert.True(node.ExitCode == 0, errors);
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            missing = "Node is not installed.";
        }
        Skip.If(missing is not null && Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") != "1", missing);
        Assert.Null(missing);
        return JsonSerializer.Deserialize<Dictionary<string, string[]>>(output)!;
    }
}

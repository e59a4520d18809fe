using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Text;
using System.Text.Json;
using Etl.Core.Secrets;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Abuse;

/// <summary>
/// Canaries in every credential of the client, a service that sends them back in every way that it has, and ears on everything that a
/// process says: exceptions, captures, traces, metrics and events. None hears a canary.
/// </summary>
public class SecretAbuseTests
{
    private static readonly Dictionary<string, string> s_slots = new(StringComparer.Ordinal)
    {
        ["admin secret"] = Rig.AdminSecret, ["app token"] = Rig.AppToken, ["ready-made session"] = Rig.UserKs,
    };

    private static readonly Dictionary<string, Func<string, string>> s_forms = new(StringComparer.Ordinal)
    {
        ["plain"] = s => s,
        ["percent-encoded"] = Uri.EscapeDataString,
        ["percent-encoded twice"] = s => Uri.EscapeDataString(Uri.EscapeDataString(s)),
        ["base64"] = s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s)),
        ["base64 behind a name"] = s => Convert.ToBase64String(Encoding.UTF8.GetBytes("etl:" + s)),
        ["escaped as JSON"] = s => JsonEncodedText.Encode(s).ToString(),
        ["cut"] = s => s[..^6],
        ["in a path"] = s => $"https://cdn.example.com/api_v3/serve/ks/{Uri.EscapeDataString(s)}/id/1/report.csv",
        ["in a query"] = s => $"https://cdn.example.com/?ks={Uri.EscapeDataString(s)}&x=1",
    };

    private static readonly Dictionary<string, Func<string, Answer>> s_ways = new(StringComparer.Ordinal)
    {
        ["message of an error"] = s => Error("SERVICE_FORBIDDEN", $"The service refused [{s}]."),
        ["code of an error"] = s => Error(s, "no"),
        ["INVALID_KS echo"] = s => InvalidKs(s),
        ["error header"] = s => new Answer([]).With("X-Kaltura", $"error-{s}"),
        ["redirect"] = s => new Answer([]) { Status = 302 }.With("Location", "https://elsewhere.example.com/?a=" + Uri.EscapeDataString(s)),
        ["content type"] = s => ((Answer)"no JSON").With("Content-Type", $"text/plain; a=\"{s.Replace("\"", "", StringComparison.Ordinal)}\""),
        ["page for people"] = s => ((Answer)$"<html><title>{s}</title></html>").With("Content-Type", "text/html"),
        ["status line"] = s => new Answer(Encoding.UTF8.GetBytes(s)) { Status = 500 },
        ["header of a table"] = s => Table(["1_a|1"], 1, $"object_id|object_id|{s}"),
        ["row that is cut"] = s => $"{{\"header\":\"object_id|count_plays\",\"data\":\"{JsonEncodedText.Encode(s)}",
    };

    // Captures of rows are what replays read: of our credentials they lose those that are spelled out, and nothing that only a look inside would find.
    private static readonly string[] s_rowWays = ["header of a table", "row that is cut"], s_hiddenForms = ["percent-encoded twice", "base64", "base64 behind a name", "cut"];

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var slot in s_slots.Keys)
            foreach (var way in s_ways.Keys) data.Add(slot, way);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Credential_that_the_service_sends_back_is_heard_nowhere(string slot, string way)
    {
        foreach (var (form, write) in s_forms)
        {
            using var ears = new Ears();
            await using var rig = new Rig();
            rig.Settings = rig.Settings with
            {
                AdminSecret = slot == "admin secret" ? new Secret(Rig.AdminSecret) : null,
                AppTokenId = slot == "app token" ? "1_token" : null,
                AppToken = slot == "app token" ? new Secret(Rig.AppToken) : null,
                Ks = slot == "ready-made session" ? new Secret(Rig.UserKs) : null,
            };
            rig.Server.Script = _ => s_ways[way](write(s_slots[slot]));

            var failure = await Assert.ThrowsAnyAsync<Exception>(() => rig.PullAsync());

            ears.Hear(failure.ToString());
            if (!s_rowWays.Contains(way) || !s_hiddenForms.Contains(form))
                foreach (var raw in rig.Sink.Raw.Values) ears.Hear(raw);
            Assert.True(ears.Heard.Any(h => h.Contains("127.0.0.1", StringComparison.Ordinal) || h.Contains("report.", StringComparison.Ordinal)), "Nothing was heard at all.");
            var found = ears.Heard.FirstOrDefault(h => Holds(h, s_slots[slot]));
            Assert.True(found is null, $"{slot}, {way}, {form}: {found}");
        }
    }

    // Written apart from the product's masks: any twelve characters of the credential, or of its base64, in a row.
    private static bool Holds(string text, string secret)
    {
        foreach (var body in (string[])[text, Uri.UnescapeDataString(text), Uri.UnescapeDataString(Uri.UnescapeDataString(text))])
            for (var shift = 0; shift < 3; shift++)
            {
                var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', shift) + secret)).TrimEnd('=')[4..^2];
                if (Shares(body, secret) || Shares(body, encoded)) return true;
            }
        return false;
    }

    // A session begins with its account, which is no secret.
    private static bool Shares(string text, string secret)
    {
        for (var at = secret.StartsWith("djJ8", StringComparison.Ordinal) ? 16 : 0; at + 16 <= secret.Length; at++)
            if (text.Contains(secret.AsSpan(at, 16), StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>All that a process says of itself.</summary>
    private sealed class Ears : IDisposable
    {
        private readonly ActivityListener _activities;
        private readonly MeterListener _meters = new();
        private readonly Events _events;

        public Ears()
        {
            _events = new Events(Heard);
            _activities = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = a => Hear($"{a.OperationName} {a.DisplayName} {a.StatusDescription} {string.Join(' ', a.TagObjects)} {string.Join(' ', a.Events.SelectMany(e => e.Tags))} {string.Join(' ', a.Baggage)}"),
            };
            ActivitySource.AddActivityListener(_activities);
            _meters.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
            _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear(instrument.Name, tags));
            _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument.Name, tags));
            _meters.Start();
        }

        public ConcurrentQueue<string> Heard { get; } = new();

        public void Hear(string text) => Heard.Enqueue(text);

        public void Dispose()
        {
            _events.Dispose();
            _meters.Dispose();
            _activities.Dispose();
        }

        private void Hear(string name, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = new StringBuilder(name);
            foreach (var tag in tags) text.Append(' ').Append(tag.Key).Append('=').Append(tag.Value);
            Hear(text.ToString());
        }
    }

    private sealed class Events(ConcurrentQueue<string> heard) : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name.StartsWith("System.Net.", StringComparison.Ordinal)) EnableEvents(eventSource, EventLevel.LogAlways, EventKeywords.All);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            heard?.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload ?? (IReadOnlyList<object?>)[])}");
    }
}

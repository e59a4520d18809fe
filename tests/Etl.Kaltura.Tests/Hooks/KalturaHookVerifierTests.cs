using System.Security.Cryptography;
using System.Text;
using Etl.Core.Hooks;
using Etl.Kaltura.Hooks;
using Etl.Testing;

#pragma warning disable CA5350 // SHA-1 is the service's default.

namespace Etl.Kaltura.Tests.Hooks;

public class KalturaHookVerifierTests
{
    private const string Admin = "s3cret", Own = "job-secret";

    /// <summary>The constructed example of the wire facts.</summary>
    private const string Example =
        """{"object":{"id":"1_a","objectType":"KalturaMediaEntry"},"eventObjectType":1,"eventNotificationJobId":42,"templateId":7,"templateName":"ready","templateSystemName":"ETL_NIGHTLY_CONTENT_ENTRY_READY","eventType":3,"objectType":"KalturaHttpNotification"}""";

    private static readonly DateTimeOffset s_now = new(2025, 11, 19, 12, 5, 0, TimeSpan.Zero);
    private static readonly string[] s_jobs = ["nightly-content", "nightly", "nightly-content-live", "other"];

    private static readonly Dictionary<string, string> s_settings = new() { ["KALTURA_ADMIN_SECRET"] = Admin, ["ETL_HOOK_SECRET_NIGHTLY_CONTENT"] = Own };

    private static HookReading Read(byte[] body, Dictionary<string, string> headers, Dictionary<string, string>? settings = null, string job = "nightly-content") =>
        new KalturaHookVerifier((settings ?? s_settings).GetValueOrDefault, new FakeClock(s_now)).Read(new HookPost(job, s_jobs, body, headers.GetValueOrDefault));

    private static HookReading Signed(string body, string secret = Admin) => Signed(Encoding.UTF8.GetBytes(body), secret);

    private static HookReading Signed(byte[] body, string secret = Admin) => Read(body, Headers("sha256", SHA256.HashData([.. Encoding.UTF8.GetBytes(secret), .. body])));

    private static Dictionary<string, string> Headers(string? algorithm, byte[] hash)
    {
        var headers = new Dictionary<string, string> { ["X-KALTURA-SIGNATURE"] = Convert.ToHexStringLower(hash) };
        if (algorithm is not null) headers["X-KALTURA-HASH-ALGO"] = algorithm;
        return headers;
    }

    private static Dictionary<string, string> Bearer(string value) => new() { ["Authorization"] = value };

    [Theory]
    [InlineData(null)]
    [InlineData("sha1")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public void Signature_of_the_service_is_accepted_with_each_of_its_hashes(string? algorithm)
    {
        byte[] body = Encoding.UTF8.GetBytes(Example), all = [.. Encoding.UTF8.GetBytes(Admin), .. body];
        var hash = algorithm switch { "sha256" => SHA256.HashData(all), "sha512" => SHA512.HashData(all), _ => SHA1.HashData(all) };
        Assert.Equal(new HookReading(HookVerdict.Accepted, "42"), Read(body, Headers(algorithm, hash)));
    }

    [Fact]
    public void Signature_is_the_one_that_other_tools_compute()
    {
        // printf 's3cret%s' "$body" | sha256sum
        var headers = new Dictionary<string, string> { ["X-KALTURA-HASH-ALGO"] = "sha256", ["X-KALTURA-SIGNATURE"] = "ea164c161eba34b3532dfdbdec25b69b789bc42714c96417c81b71d0ef50b91d" };
        Assert.Equal(HookVerdict.Accepted, Read(Encoding.UTF8.GetBytes(Example), headers).Verdict);
    }

    [Fact]
    public void Wrong_proofs_are_all_refused()
    {
        var body = Encoding.UTF8.GetBytes(Example);
        byte[] right = SHA256.HashData([.. Encoding.UTF8.GetBytes(Admin), .. body]);
        var changed = (byte[])[.. right.AsSpan(0, 31), (byte)(right[31] ^ 1)];
        Dictionary<string, string>[] wrong =
        [
            [],
            Headers("sha256", changed),
            Headers("sha1", right),
            Headers("sha384", SHA384.HashData([.. Encoding.UTF8.GetBytes(Admin), .. body])),
            Headers("sha256", HMACSHA256.HashData(Encoding.UTF8.GetBytes(Admin), body)),
            Headers("sha256", SHA256.HashData(body)),
            new() { ["X-KALTURA-SIGNATURE"] = "", ["X-KALTURA-HASH-ALGO"] = "sha256" },
            new() { ["X-KALTURA-SIGNATURE"] = Convert.ToHexString(right), ["X-KALTURA-HASH-ALGO"] = "sha256" },
            Bearer("Bearer wrong"),
            Bearer("Bearer "),
            Bearer(Own),
            Bearer("Basic " + Own),
            Bearer("Bearer " + Admin),
        ];
        Assert.All(wrong, headers => Assert.Equal(new HookReading(HookVerdict.Unproven), Read(body, headers)));
    }

    [Fact]
    public void Wrong_signature_is_not_healed_by_a_right_bearer()
    {
        var headers = Headers("sha256", new byte[32]);
        headers["Authorization"] = "Bearer " + Own;
        Assert.Equal(HookVerdict.Unproven, Read(Encoding.UTF8.GetBytes(Example), headers).Verdict);
    }

    [Fact]
    public void Secret_of_the_job_proves_as_a_bearer_and_as_a_signing_secret()
    {
        Assert.Equal(new HookReading(HookVerdict.Accepted), Read([], Bearer("Bearer " + Own)));
        Assert.Equal(new HookReading(HookVerdict.Accepted, "42"), Read(Encoding.UTF8.GetBytes(Example), Bearer("bearer " + Own)));
        Assert.Equal(new HookReading(HookVerdict.Unreadable), Read("{}"u8.ToArray(), Bearer("Bearer " + Own)));
        Assert.Equal(HookVerdict.Accepted, Signed(Example, Own).Verdict);
        Assert.Equal(HookVerdict.Unproven, Read([], Bearer("Bearer " + Own), job: "other").Verdict);
    }

    [Fact]
    public void Without_any_secret_nothing_is_proven_and_the_missing_setting_is_named()
    {
        Assert.Equal(HookVerdict.Unproven, Read([], Bearer("Bearer "), []).Verdict);
        Assert.Equal(HookVerdict.Unproven, Read([], Headers("sha256", SHA256.HashData([])), new() { ["KALTURA_ADMIN_SECRET"] = " " }).Verdict);
        Assert.Contains("ETL_HOOK_SECRET_NIGHTLY_CONTENT", new KalturaHookVerifier(_ => null, TimeProvider.System).FindFault("nightly-content"), StringComparison.Ordinal);
        Assert.Null(new KalturaHookVerifier(s_settings.GetValueOrDefault, TimeProvider.System).FindFault("other"));
    }

    [Theory]
    [InlineData("raw JSON")]
    [InlineData("JSON in a form")]
    [InlineData("encoded JSON in a form")]
    [InlineData("XML in a form")]
    [InlineData("encoded XML in a form")]
    public void Notification_is_read_in_each_form_that_the_service_sends(string form)
    {
        const string Json = """{"object":{"id":"1_a","name":"a & b = \u00e9 100%","createdAt":1763500000,"updatedAt":1763553600,"objectType":"KalturaMediaEntry"},"eventNotificationJobId":33578094492,"templateSystemName":"ETL_NIGHTLY_CONTENT_ENTRY_READY","objectType":"KalturaHttpNotification"}""";
        const string Xml = """<notification><objectType>KalturaHttpNotification</objectType><object><objectType>KalturaMediaEntry</objectType><name>a &amp; b é</name><updatedAt>1763553600</updatedAt></object><eventNotificationJobId>33578094492</eventNotificationJobId><templateSystemName>ETL_NIGHTLY_CONTENT_ENTRY_READY</templateSystemName></notification>""";
        var body = form switch
        {
            "raw JSON" => Json,
            "JSON in a form" => "data=" + Json,
            "encoded JSON in a form" => "data=" + Uri.EscapeDataString(Json).Replace("%20", "+", StringComparison.Ordinal),
            "XML in a form" => "data=" + Xml,
            _ => "data=" + Uri.EscapeDataString(Xml),
        };
        Assert.Equal(new HookReading(HookVerdict.Accepted, "33578094492", new DateTimeOffset(2025, 11, 19, 12, 0, 0, TimeSpan.Zero)), Signed(body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("data=")]
    [InlineData("""{"eventNotificationJobId":42}""")]
    [InlineData("""{"objectType":"KalturaHttpNotification"}""")]
    [InlineData("""{"objectType":"KalturaHttpNotification","eventNotificationJobId":null}""")]
    [InlineData("""{"objectType":"KalturaHttpNotification","eventNotificationJobId":"4 2"}""")]
    [InlineData("""{"objectType":"KalturaHttpNotification","eventNotificationJobId":"\u0000"}""")]
    [InlineData("""{"objectType":"KalturaHttpNotification","eventNotificationJobId":42""")]
    [InlineData("""{"objectType":"KalturaHttpNotification","eventNotificationJobId":42}{}""")]
    [InlineData("""data={"objectType":"KalturaHttpNotification","eventNotificationJobId":42}&data={}""")]
    [InlineData("data=%7B%22objectType%22%3A%22KalturaHttpNotification%22%2C%22eventNotificationJobId%22%3A42%7D&x=1")]
    [InlineData("x=1&data=%7B%7D")]
    [InlineData("<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>42</eventNotificationJobId></notification><more/>")]
    [InlineData("<other><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>42</eventNotificationJobId></other>")]
    [InlineData("data=<!DOCTYPE n [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>&x;</eventNotificationJobId></notification>")]
    [InlineData("data=<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>&x;</eventNotificationJobId></notification>")]
    public void Proven_body_that_is_no_notification_is_unreadable(string body) => Assert.Equal(new HookReading(HookVerdict.Unreadable), Signed(body));

    [Theory]
    [InlineData("raw")]
    [InlineData("form")]
    [InlineData("encoded")]
    [InlineData("xml")]
    public void Bytes_that_a_carried_on_hash_would_cover_are_refused(string form)
    {
        // Who saw one signature can compute that of the same body with padding (0x80, zeros, a length) and anything behind it.
        var body = Encoding.UTF8.GetBytes(form switch
        {
            "raw" => Example,
            "form" => "data=" + Example,
            "encoded" => "data=" + Uri.EscapeDataString(Example),
            _ => "data=<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>42</eventNotificationJobId><templateSystemName>ETL_NIGHTLY_CONTENT_ENTRY_READY</templateSystemName></notification>",
        });
        Assert.Equal(HookVerdict.Accepted, Signed(body).Verdict);
        byte[][] tails = [[0x80, 0, 0, 0, 0, 0, 0, 1, 0], [0x80, 0, 1, .. "&data="u8, .. Encoding.UTF8.GetBytes(Example.Replace("42", "43", StringComparison.Ordinal))]];
        Assert.All(tails, tail => Assert.Equal(HookVerdict.Unreadable, Signed([.. body, .. tail]).Verdict));
    }

    [Theory]
    [InlineData("ETL_NIGHTLY_CONTENT_ENTRY_READY", HookVerdict.Accepted)]
    [InlineData("ETL_NIGHTLY_CONTENT_ENTRY_STATUS", HookVerdict.Accepted)]
    [InlineData("ETL_NIGHTLY_CONTENT_HTTP_ENTRY_ADDED", HookVerdict.Accepted)]
    [InlineData("ETL_NIGHTLY_ENTRY_READY", HookVerdict.Replayed)]
    [InlineData("ETL_NIGHTLY_CONTENT_LIVE_ENTRY_READY", HookVerdict.Replayed)]
    [InlineData("ETL_NIGHTLY_CONTENT_LIVE_HTTP_ENTRY_ADDED", HookVerdict.Replayed)]
    [InlineData("ETL_NIGHTLY_CONTENT", HookVerdict.Replayed)]
    [InlineData("etl_nightly_content_entry_ready", HookVerdict.Replayed)]
    [InlineData("OTHER_RECEIVER", HookVerdict.Replayed)]
    [InlineData("", HookVerdict.Replayed)]
    public void Signed_notification_must_come_from_a_template_of_the_job(string template, HookVerdict verdict)
    {
        var body = Example.Replace("ETL_NIGHTLY_CONTENT_ENTRY_READY", template, StringComparison.Ordinal);
        Assert.Equal(new HookReading(verdict, verdict == HookVerdict.Accepted ? "42" : null), Signed(body));
        // Who knows the job's own secret may tell it of anything.
        Assert.Equal(new HookReading(HookVerdict.Accepted, "42"), Read(Encoding.UTF8.GetBytes(body), Bearer("Bearer " + Own)));
    }

    [Fact]
    public void Event_whose_name_looks_like_another_jobs_is_still_the_jobs_own()
    {
        // Job 'plays-entry' with an event 'ready' would be named the same; the known event decides.
        string[] jobs = ["plays", "plays-entry"];
        Assert.Equal((true, false), (HookTemplates.Tells("ETL_PLAYS_ENTRY_READY", "plays", jobs), HookTemplates.Tells("ETL_PLAYS_ENTRY_READY", "plays-entry", jobs)));
        Assert.Equal((false, true), (HookTemplates.Tells("ETL_PLAYS_ENTRY_ADDED", "plays", jobs), HookTemplates.Tells("ETL_PLAYS_ENTRY_ADDED", "plays-entry", jobs)));
    }

    [Theory]
    [InlineData("ENTRY_READY", 30, HookVerdict.Accepted)]
    [InlineData("ENTRY_READY", 30.01, HookVerdict.Replayed)]
    [InlineData("ENTRY_STATUS", 365, HookVerdict.Replayed)]
    [InlineData("HTTP_METADATA_CHANGED", 365, HookVerdict.Accepted)] // does not change the entry, whose time is then not the event's
    public void Signed_change_that_is_older_than_the_memory_of_ids_is_a_recording(string happening, double days, HookVerdict verdict)
    {
        var at = s_now.AddDays(-days);
        var body = $$"""{"object":{"createdAt":1,"updatedAt":{{at.ToUnixTimeSeconds()}}},"eventNotificationJobId":7,"templateSystemName":"ETL_NIGHTLY_CONTENT_{{happening}}","objectType":"KalturaHttpNotification"}""";
        Assert.Equal(verdict, Signed(body).Verdict);
        Assert.Equal(HookVerdict.Accepted, Read(Encoding.UTF8.GetBytes(body), Bearer("Bearer " + Own)).Verdict);
        // Only created: that is not when it happened.
        Assert.Equal(HookVerdict.Accepted, Signed(body.Replace("updatedAt", "other", StringComparison.Ordinal)).Verdict);
    }

    [Fact]
    public void Time_that_is_none_is_left_out()
    {
        foreach (var time in (string[])["0", "-1", "253402300800", "9999999999999999999", "\"soon\"", "1.5"])
        {
            var reading = Signed($$"""{"object":{"updatedAt":{{time}}},"eventNotificationJobId":1,"templateSystemName":"ETL_NIGHTLY_CONTENT_ENTRY_READY","objectType":"KalturaHttpNotification"}""");
            Assert.Equal(new HookReading(HookVerdict.Accepted, "1"), reading);
        }
    }
}

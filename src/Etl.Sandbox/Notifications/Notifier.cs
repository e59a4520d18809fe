using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Etl.Sandbox.Lists;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Notifications;

/// <summary>One notification on its way, or what became of it.</summary>
internal sealed record Notification(long JobId, string Url, byte[] Body, int HashAlgorithm, DateTimeOffset NextAt)
{
    /// <summary>Answers so far; 0 for none.</summary>
    public IReadOnlyList<int> Answers { get; init; } = [];

    /// <summary>pending, delivered, or failed after the last attempt.</summary>
    public string State { get; init; } = "pending";
}

/// <summary>
/// Posts what happens to entries to the active templates, signed (wire facts 7). Only 200 and 204 count; anything else is posted again, three
/// times in all, sixty seconds apart by a clock of its own that the control endpoint moves.
/// </summary>
internal sealed class Notifier(TemplateBook templates, Assets assets, Func<string, int> find, string adminSecret, TimeProvider clock)
{
    private const int MaxAttempts = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    private readonly List<Notification> _all = [];
    private Task _last = Task.CompletedTask;
    private TimeSpan _ahead;

    /// <summary>An entry got a status; posts to whom it concerns and returns when each was tried once.</summary>
    public Task<IReadOnlyList<Notification>> HappenAsync(string entry, string status, long? at)
    {
        var index = find(entry);
        if (index < 0) throw new ArgumentException($"Entry '{entry}' is not known.");
        return InTurnAsync(() =>
        {
            foreach (var template in templates.List(delivered: false).Where(t => t is { Status: 2, Url.Length: > 0 } && (t.TriggerStatus is null || t.TriggerStatus == status)))
                _all.Add(Make(template, index, status, at ?? Now.ToUnixTimeSeconds()));
        });
    }

    /// <summary>Lets time pass, and posts again what is due by then; sends everything that was ever sent once more with <paramref name="again"/>.</summary>
    public Task<IReadOnlyList<Notification>> PassAsync(TimeSpan time, bool again) => InTurnAsync(() =>
    {
        _ahead += time;
        if (!again) return;
        for (var i = 0; i < _all.Count; i++) _all[i] = _all[i] with { State = "pending", NextAt = Now, Answers = [] };
    });

    /// <summary>One after the other: what is due is posted by one caller only.</summary>
    private async Task<IReadOnlyList<Notification>> InTurnAsync(Action change)
    {
        var mine = new TaskCompletionSource();
        var before = Interlocked.Exchange(ref _last, mine.Task);
        await before.ConfigureAwait(false);
        try
        {
            change();
            await TryDueAsync().ConfigureAwait(false);
            return [.. _all];
        }
        finally
        {
            mine.SetResult();
        }
    }

    private DateTimeOffset Now => clock.GetUtcNow() + _ahead;

    private Notification Make(Template template, int entry, string status, long at)
    {
        var job = 33_578_094_000 + _all.Count;
        // Without data the body is empty.
        var body = template.DataType is null ? "" : JsonSerializer.Serialize(new ApiObject("KalturaHttpNotification",
            ("object", Changed(assets.Entry(entry), status, at)),
            ("eventObjectType", 1),
            ("eventNotificationJobId", job),
            ("templateId", template.Id),
            ("templateName", template.Name),
            ("templateSystemName", template.SystemName),
            ("eventType", 3)));
        return new Notification(job, template.Url, Encoding.UTF8.GetBytes(body), template.HashAlgorithm, Now);
    }

    private static ApiObject Changed(ApiObject entry, string status, long at) =>
        new(entry.ObjectType, [.. entry.Fields.Select(f => f.Name switch { "status" => (f.Name, (object?)status), "updatedAt" => (f.Name, at), _ => f })]);

    private async Task TryDueAsync()
    {
        for (var i = 0; i < _all.Count; i++)
        {
            if (_all[i].State != "pending" || _all[i].NextAt > Now) continue;
            var answer = await PostAsync(_all[i]).ConfigureAwait(false);
            IReadOnlyList<int> answers = [.. _all[i].Answers, answer];
            _all[i] = _all[i] with
            {
                Answers = answers,
                NextAt = Now + RetryAfter,
                State = answer is 200 or 204 ? "delivered" : answers.Count >= MaxAttempts ? "failed" : "pending",
            };
        }
    }

    [SuppressMessage("Security", "CA5350", Justification = "SHA-1 is what the service signs with unless told otherwise.")]
    private async Task<int> PostAsync(Notification notification)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(adminSecret), .. notification.Body];
        var (name, hash) = notification.HashAlgorithm switch
        {
            2 => ("sha256", SHA256.HashData(signed)),
            3 => ("sha512", SHA512.HashData(signed)),
            _ => ("sha1", SHA1.HashData(signed)),
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, notification.Url) { Content = new ByteArrayContent(notification.Body) };
        request.Headers.Add("X-KALTURA-SIGNATURE", Convert.ToHexStringLower(hash));
        request.Headers.Add("X-KALTURA-HASH-ALGO", name);
        request.Content.Headers.Add("Content-Type", notification.Body.Length > 0 ? "application/json" : "application/x-www-form-urlencoded");
        try
        {
            using var reply = await Http.SendAsync(request).ConfigureAwait(false);
            return (int)reply.StatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return 0;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Sessions;
using Etl.Parsing;

namespace Etl.Kaltura.Hooks;

/// <summary>
/// The account's notification templates (wire facts 7). A new one is a clone of a template that the service brings along: accounts may clone, while
/// <c>add</c> is for the service's own administrators. A clone starts disabled and is switched on by <c>updateStatus</c>.
/// </summary>
/// <param name="connection">The account.</param>
public sealed class HookTemplates(KalturaConnection connection)
{
    /// <summary>What system names of our templates begin with.</summary>
    public const string Prefix = "ETL_";

    private const string Service = "eventnotification_eventnotificationtemplate", Type = "httpNotification.Http";
    private const string Duplicate = "EVENT_NOTIFICATION_TEMPLATE_DUPLICATE_SYSTEM_NAME";
    private const int PageSize = 100, MaxAnswerBytes = 16 << 20;

    /// <summary>Events by the words of the command line, and the template of the service that tells them.</summary>
    public static IReadOnlyDictionary<string, string> Events { get; } = new Dictionary<string, string>
    {
        // Its parameter trigger_status is 2, ready, unless it is changed.
        ["entry-ready"] = "HTTP_ENTRY_STATUS_EQUALS",
        ["entry-status"] = "HTTP_ENTRY_STATUS_CHANGED",
    };

    /// <summary>The system name of the template that tells a job of an event.</summary>
    public static string SystemNameOf(string job, string happening) => Prefix + (job + "_" + happening).ToUpperInvariant().Replace('-', '_');

    /// <summary>Whether a template tells a job of one of <see cref="Events"/>, each of which changes the entry.</summary>
    public static bool TellsChange(string systemName, string job) => Events.Keys.Any(e => systemName == SystemNameOf(job, e));

    /// <summary>Whether a template tells a job of anything. Of two jobs whose names begin alike it is the one whose event is known, else the one with the longer name.</summary>
    /// <param name="systemName">The template.</param>
    /// <param name="job">The job.</param>
    /// <param name="jobs">All jobs.</param>
    public static bool Tells(string systemName, string job, IEnumerable<string> jobs) =>
        TellsChange(systemName, job)
        || (IsNamedAfter(systemName, job) && !jobs.Any(other => other != job && (TellsChange(systemName, other) || (other.Length > job.Length && IsNamedAfter(systemName, other)))));

    private static bool IsNamedAfter(string systemName, string job) => systemName.StartsWith(SystemNameOf(job, ""), StringComparison.Ordinal);

    /// <summary>All HTTP templates of the account, by id.</summary>
    public Task<IReadOnlyList<HookTemplate>> ListAsync(CancellationToken cancellation) => AllAsync("list", null, cancellation);

    /// <summary>Makes the template of a job and an event, or brings the one that is there in line. Doing it twice changes nothing.</summary>
    /// <param name="job">The job.</param>
    /// <param name="happening">A key of <see cref="Events"/>, or the system name of a template to clone.</param>
    /// <param name="url">Where the service posts to.</param>
    /// <param name="dryRun">True to change nothing and only say what would be done.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>What was done, such as <c>created</c> and <c>activated</c>, and the template; null before it was made.</returns>
    /// <exception cref="EtlException">The service has no template for the event, or refuses.</exception>
    public async Task<(IReadOnlyList<string> Done, HookTemplate? Template)> RegisterAsync(string job, string happening, Uri url, bool dryRun, CancellationToken cancellation)
    {
        var done = new List<string>();
        var name = SystemNameOf(job, happening);
        var template = await FindAsync("list", name, cancellation).ConfigureAwait(false);
        if (template is null)
        {
            var source = await SourceAsync(Events.GetValueOrDefault(happening, happening), cancellation).ConfigureAwait(false);
            done.Add("created");
            if (dryRun) return (done, null);
            template = await CloneAsync(source, job, happening, name, url, cancellation).ConfigureAwait(false);
        }
        if (template.Url != url.AbsoluteUri)
        {
            done.Add("updated");
            if (!dryRun) template = await ChangeAsync("update", [new("id", template.Id), .. Settings(url)], cancellation).ConfigureAwait(false);
        }
        if (template.Status != HookTemplate.Active)
        {
            done.Add("activated");
            if (!dryRun) template = await ChangeAsync("updateStatus", [new("id", template.Id), new("status", "2")], cancellation).ConfigureAwait(false);
        }
        return (done, template);
    }

    private async Task<HookTemplate> SourceAsync(string systemName, CancellationToken cancellation)
    {
        if (await FindAsync("listTemplates", systemName, cancellation).ConfigureAwait(false) is { } source) return source;
        var known = await AllAsync("listTemplates", null, cancellation).ConfigureAwait(false);
        var names = known.Select(t => t.SystemName).Where(n => n.Length > 0).Order(StringComparer.Ordinal).ToList();
        throw new EtlException(
            FaultKind.Usage,
            $"The service has no template '{systemName}' to clone. {(names.Count == 0 ? "It offers none to this account." : $"It offers: {string.Join(", ", names)}. Give one of them as the event.")}") { Code = "no-template" };
    }

    private async Task<HookTemplate> CloneAsync(HookTemplate source, string job, string happening, string name, Uri url, CancellationToken cancellation)
    {
        try
        {
            return await ChangeAsync("clone", [
                new("id", source.Id),
                .. Settings(url),
                new(Field("name"), $"etl: {job}, {happening}"),
                new(Field("systemName"), name),
                new(Field("description"), $"Tells etl's job '{job}'. Made by 'etl hooks register'."),
            ], cancellation).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.Code == Duplicate)
        {
            // A clone whose answer was lost was made all the same.
            if (await FindAsync("list", name, cancellation).ConfigureAwait(false) is { } made) return made;
            throw;
        }
    }

    /// <summary>Everything of a template that we rely on: a POST of the entry as JSON, signed with SHA-256.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Settings(Uri url) =>
    [
        new(Field("objectType"), "KalturaHttpNotificationTemplate"),
        new(Field("url"), url.AbsoluteUri),
        new(Field("method"), "2"),
        new(Field("secureHashingAlgo"), "2"),
        new(Field("data") + "[objectType]", "KalturaHttpNotificationObjectData"),
        new(Field("data") + "[apiObjectType]", "KalturaBaseEntry"),
        new(Field("data") + "[format]", "1"),
        new(Field("data") + "[ignoreNull]", "1"),
    ];

    private static string Field(string name) => $"eventNotificationTemplate[{name}]";

    private async Task<HookTemplate?> FindAsync(string action, string systemName, CancellationToken cancellation) =>
        (await AllAsync(action, systemName, cancellation).ConfigureAwait(false)).FirstOrDefault(t => t.SystemName == systemName);

    private async Task<IReadOnlyList<HookTemplate>> AllAsync(string action, string? systemName, CancellationToken cancellation)
    {
        var all = new List<HookTemplate>();
        for (var page = 1; ; page++)
        {
            var fields = new List<KeyValuePair<string, string>>
            {
                new("filter[objectType]", "KalturaEventNotificationTemplateFilter"),
                new("filter[typeEqual]", Type),
                new("filter[orderBy]", "+id"),
                new("pager[pageSize]", PageSize.ToString(CultureInfo.InvariantCulture)),
                new("pager[pageIndex]", page.ToString(CultureInfo.InvariantCulture)),
            };
            if (systemName is not null) fields.Add(new("filter[systemNameEqual]", systemName));
            var request = new ApiRequest(Service, action, fields) { Page = page };
            var reply = await CallAsync(request, bytes => ListReplyReader.Read(bytes), cancellation).ConfigureAwait(false);
            all.AddRange(reply.Objects.Select(HookTemplate.Of));
            if (reply.Objects.Count < PageSize) return all;
        }
    }

    private Task<HookTemplate> ChangeAsync(string action, IReadOnlyList<KeyValuePair<string, string>> fields, CancellationToken cancellation)
    {
        return CallAsync(new ApiRequest(Service, action, fields), Read, cancellation);

        static HookTemplate Read(byte[] body)
        {
            using var document = JsonDocument.Parse(body);
            return HookTemplate.Of(document.RootElement);
        }
    }

    private Task<T> CallAsync<T>(ApiRequest request, Func<byte[], T> read, CancellationToken cancellation) =>
        connection.Api.CallAsync(request, connection.Settings.PartnerId, [], async (stream, token) =>
        {
            var body = await AllOfAsync(request, stream, token).ConfigureAwait(false);
            if (ServiceErrorReader.TryRead(body) is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, connection.Api.Mask);
            try
            {
                return read(body);
            }
            catch (Exception e) when (e is JsonException or ReportFormatException)
            {
                // The cause is left out: its message may repeat parts of the body.
                throw new ApiException(FaultKind.Unreachable, $"{request.What}: the answer is not JSON of the expected form.") { Code = "not-json", IsTransient = true, MaxAttempts = 2 };
            }
        }, new CallMeter(), cancellation);

    private static async Task<byte[]> AllOfAsync(ApiRequest request, Stream body, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + read > MaxAnswerBytes)
                throw new ApiException(FaultKind.Unreachable, $"{request.What}: the answer has more than {MaxAnswerBytes} bytes.") { Code = "too-large" };
            copy.Write(buffer, 0, read);
        }
        return copy.ToArray();
    }
}

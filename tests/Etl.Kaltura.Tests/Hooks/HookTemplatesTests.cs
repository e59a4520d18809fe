using System.Text.Json;
using Etl.Core.Errors;
using Etl.Kaltura.Hooks;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Hooks;

public sealed class HookTemplatesTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Empty = """{"totalCount":0,"objects":[],"objectType":"KalturaEventNotificationTemplateListResponse"}""";
    private static readonly Uri s_url = new("https://etl.example.com/hooks/plays");

    private readonly Rig _rig = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    private HookTemplates Templates => new(_rig.Connection);

    private static string Template(int id, int status, string url = "https://etl.example.com/hooks/plays", string systemName = "ETL_PLAYS_ENTRY_READY") =>
        JsonSerializer.Serialize(new { url, id, name = "x", systemName, type = "httpNotification.Http", status, eventType = "3", eventObjectType = "1", objectType = "KalturaHttpNotificationTemplate" });

    private static string List(params string[] objects) => $$"""{"totalCount":{{objects.Length}},"objects":[{{string.Join(',', objects)}}],"objectType":"KalturaEventNotificationTemplateListResponse"}""";

    private static string Error(string code) => $$"""{"code":"{{code}}","message":"m","objectType":"KalturaAPIException","args":[]}""";

    private string Asked => string.Join(' ', _rig.Server.Calls.Select(c => c.Action));

    ValueTask IAsyncDisposable.DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task New_one_is_cloned_with_the_properties_that_the_service_knows_and_switched_on()
    {
        _rig.Server.Script = call => call.Action switch
        {
            "list" => Empty,
            "listTemplates" => List(Template(12, 1, "", "HTTP_ENTRY_STATUS_EQUALS")),
            "clone" => Template(77, 1),
            "updateStatus" => Template(77, 2),
            _ => Error("ACTION_DOES_NOT_EXISTS"),
        };
        var (done, template) = await Templates.RegisterAsync("plays", "entry-ready", s_url, dryRun: false, default);
        Assert.Equal("created, activated", string.Join(", ", done));
        Assert.Equal(new HookTemplate("77", "ETL_PLAYS_ENTRY_READY", "x", s_url.AbsoluteUri, "active", "entry changed"), template);
        Assert.Equal("list listTemplates clone updateStatus", Asked);
        Assert.All(_rig.Server.Calls, c => Assert.StartsWith("/api_v3/service/eventnotification_eventnotificationtemplate/action/", c.Path, StringComparison.Ordinal));
        var clone = _rig.Server.Calls[2].Form;
        Assert.Equal(
            ("12", "ETL_PLAYS_ENTRY_READY", s_url.AbsoluteUri, "2", "2", "KalturaHttpNotificationObjectData", "KalturaBaseEntry", "1"),
            (clone["id"], clone["eventNotificationTemplate[systemName]"], clone["eventNotificationTemplate[url]"], clone["eventNotificationTemplate[method]"], clone["eventNotificationTemplate[secureHashingAlgo]"],
                clone["eventNotificationTemplate[data][objectType]"], clone["eventNotificationTemplate[data][apiObjectType]"], clone["eventNotificationTemplate[data][format]"]));
        Assert.Equal(("77", "2"), (_rig.Server.Calls[3].Form["id"], _rig.Server.Calls[3].Form["status"]));
    }

    [Theory]
    [InlineData(2, "https://etl.example.com/hooks/plays", "", "list")]
    [InlineData(1, "https://etl.example.com/hooks/plays", "activated", "list updateStatus")]
    [InlineData(2, "https://old.example.com/hooks/plays", "updated", "list update")]
    public async Task One_that_is_there_is_brought_in_line_and_no_further(int status, string url, string expected, string asked)
    {
        _rig.Server.Script = call => call.Action == "list" ? List(Template(77, status, url)) : Template(77, 2);
        var (done, template) = await Templates.RegisterAsync("plays", "entry-ready", s_url, dryRun: false, default);
        Assert.Equal((expected, asked, "active"), (string.Join(", ", done), Asked, template!.Status));
    }

    [Fact]
    public async Task Dry_run_only_reads()
    {
        _rig.Server.Script = call => call.Action == "list" ? List(Template(77, 1, "https://old.example.com")) : Error("ACTION_DOES_NOT_EXISTS");
        var (done, _) = await Templates.RegisterAsync("plays", "entry-ready", s_url, dryRun: true, default);
        Assert.Equal(("updated, activated", "list"), (string.Join(", ", done), Asked));
    }

    [Fact]
    public async Task Name_that_another_object_holds_is_the_services_fault_to_tell()
    {
        _rig.Server.Script = call => call.Action switch { "list" => Empty, "listTemplates" => List(Template(12, 1, "", "HTTP_ENTRY_STATUS_EQUALS")), _ => Error("EVENT_NOTIFICATION_TEMPLATE_DUPLICATE_SYSTEM_NAME") };
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => Templates.RegisterAsync("plays", "entry-ready", s_url, dryRun: false, default));
        Assert.Equal("EVENT_NOTIFICATION_TEMPLATE_DUPLICATE_SYSTEM_NAME", fault.Code);
    }

    [Theory]
    [InlineData("FEATURE_FORBIDDEN")]
    [InlineData("SERVICE_FORBIDDEN")]
    public async Task Account_without_notifications_is_refused_and_told_whom_to_ask(string code)
    {
        _rig.Server.Script = _ => Error(code);
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => Templates.ListAsync(default));
        Assert.Equal((FaultKind.Refused, code), (fault.Kind, fault.Code));
        Assert.Contains("sk ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_pages_are_listed_and_numbers_that_are_not_known_are_shown_as_they_are()
    {
        var odd = """{"id":9,"name":"Odd","status":7,"eventType":"x.Y","eventObjectType":"z.Z","type":"httpNotification.Http"}""";
        _rig.Server.Script = call => call.Page == 1 ? List([.. Enumerable.Range(1, 100).Select(i => Template(i, 2))]) : List(odd);
        var all = await Templates.ListAsync(default);
        Assert.Equal(101, all.Count);
        Assert.Equal(new HookTemplate("9", "", "Odd", "", "7", "z.Z event x.Y"), all[^1]);
        Assert.True(all[0].IsOurs);
        Assert.False(all[^1].IsOurs);
    }

    [Fact]
    public async Task Answer_that_is_no_list_fails_without_repeating_it()
    {
        _rig.Server.Script = _ => """{"totalCount":"canary-in-the-body"}""";
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => Templates.ListAsync(default));
        Assert.Equal("not-json", fault.Code);
        Assert.DoesNotContain("canary", fault.ToString(), StringComparison.Ordinal);
    }
}

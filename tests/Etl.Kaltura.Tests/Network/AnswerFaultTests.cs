using System.Globalization;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Network;

/// <summary>Answers that are whole and wrong: errors, storms, another's answer, clocks, sessions (docs/reliability.md, N16 to N18, N26, N27, N29 to N31).</summary>
public class AnswerFaultTests
{
    public static TheoryData<string> KnownCodes => [.. ErrorRules.Known.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(KnownCodes))]
    public async Task N16_Error_object_instead_of_an_address_follows_its_rule(string code)
    {
        var rule = ErrorRules.Of(code);
        await using var service = new CsvService { Address = _ => Bodies.Error(code, $"about {CsvService.FileKs}") };

        var failure = await service.FailAsync();

        Assert.Equal((rule.Kind, code, rule.Attempts > 1), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(Math.Min(rule.Attempts, 6), service.AddressCalls.Count());
        Assert.Empty(service.FileCalls);
    }

    [Theory]
    [MemberData(nameof(KnownCodes))]
    public async Task N16_Error_object_instead_of_a_file_asks_for_another_address(string code)
    {
        await using var pull = new FaultyRoute(RouteName.File) { Always = _ => Bodies.Error(code, $"about {CsvService.FileKs}") };

        Assert.Equal((code, true), (await pull.FailsAsync(calls: 4)) is var f ? (f.Code, f.IsTransient) : default);
    }

    [Theory]
    [InlineData(RouteName.Table, 1)]
    [InlineData(RouteName.Table, 3)]
    [InlineData(RouteName.File, 1)]
    [InlineData(RouteName.File, 3)]
    [InlineData(RouteName.File, 8)]
    [InlineData(RouteName.File, 20)]
    [InlineData(RouteName.Background, 1)]
    [InlineData(RouteName.Background, 3)]
    public async Task N17_Storm_that_passes_is_survived(RouteName route, int length)
    {
        foreach (var status in new[] { 500, 502, 503, 504 })
        {
            await using var pull = new FaultyRoute(route, Enumerable.Repeat<Func<Answer, Answer>>(a => a.WithStatus(status), length));
            await pull.SurvivesAsync();
        }
    }

    [Theory]
    [InlineData(RouteName.Table, 6)]
    [InlineData(RouteName.File, 24)]
    [InlineData(RouteName.Background, 6)]
    public async Task N17_Storm_that_does_not_pass_ends_as_transient(RouteName route, int calls)
    {
        foreach (var status in new[] { 500, 502, 503, 504 })
        {
            await using var pull = new FaultyRoute(route) { Always = a => a.WithStatus(status) };
            var failure = await pull.FailsAsync(calls);
            Assert.Equal((FaultKind.Unreachable, $"http-{status}", true), (failure.Kind, failure.Code, failure.IsTransient));
        }
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData(null, 0)]
    [InlineData("999999", 3600)]
    [InlineData("-5", 0)]
    [InlineData("nonsense", 0)]
    [InlineData("Wed, 01 Apr 2026 12:02:00 GMT", 120)]
    [InlineData("Wed, 01 Apr 2099 12:02:00 GMT", 3600)]
    public async Task N18_Wait_that_the_service_asks_for_is_kept_and_bounded(string? header, int seconds)
    {
        foreach (var route in new[] { RouteName.Table, RouteName.File, RouteName.Background })
        {
            await using var pull = new FaultyRoute(route, a => header is null ? a.WithStatus(429) : a.WithStatus(429).With("Retry-After", header));
            // A background report is waited for beforehand, two seconds.
            if (route == RouteName.Background) pull.Rig.Clock.Advance(TimeSpan.FromSeconds(-2));

            await pull.SurvivesAsync();

            // On top of it half of one second of jitter.
            Assert.Equal(TimeSpan.FromSeconds(seconds + 0.5), pull.Rig.Clock.Waits[^1]);
        }
    }

    [Fact]
    public async Task N26_File_of_another_question_is_refused_by_its_title()
    {
        await using var service = new CsvService();
        service.File = _ => service.Whole() with { Title = "Report 19 2020-01-01" };

        Assert.Equal("csv-other-file", (await service.FailAsync()).Code);
        Assert.Equal(4, service.FileCalls.Count());
    }

    [Fact]
    public async Task N26_Table_of_another_question_is_refused_by_its_page_size_or_told_by_its_columns()
    {
        // A table answer does not say what it answers. More rows than were asked are another's; other columns are drift, which the job's checks hold.
        await using var rig = new Rig().TableAnswers(Bodies.Table(Bodies.Entries(0, 11), 11));
        Assert.Equal("page-too-large", (await rig.FailAsync(Rig.Spec() with { PageSize = 10 })).Code);

        await using var other = new Rig().TableAnswers(Bodies.Table(["GB|3"], 1, "country|count_plays")).TotalAnswers(Bodies.Plays(3));
        var outcome = await other.PullAsync();
        Assert.NotEmpty(outcome.Schema.Drift.AbsentKey);
    }

    [Fact]
    public async Task N27_Clocks_change_nothing_in_what_is_asked()
    {
        var asked = new List<string>();
        foreach (var (step, date) in new[] { (0, "Wed, 01 Apr 2026 12:00:00 GMT"), (-1, "Sun, 06 Nov 1994 08:49:37 GMT"), (1, "Fri, 31 Dec 2100 23:59:59 GMT") })
        {
            foreach (var label in new[] { "2026-03-10", "2026-03-29", "2025-10-26" })
            {
                await using var rig = new Rig().TableAnswers(((Answer)Bodies.Table(Bodies.Entries(0, 3), 3)).With("Date", date)).TotalAnswers(Bodies.Plays(3));
                rig.Clock.Advance(TimeSpan.FromHours(step));

                Assert.Equal(3, (await rig.PullAsync(request: Rig.Request(label, "Europe/Berlin"))).Rows);

                var call = rig.Server.Tables.First();
                asked.Add($"{label} {call.Filter("fromDate")} {call.Filter("toDate")} {call.Filter("timeZoneOffset")}");
            }
        }
        // Three windows, on two of which Berlin changes its clocks, asked the same each time.
        Assert.Equal(3, asked.Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task N29_Session_that_ends_on_a_page_is_renewed_and_the_page_asked_again(int page)
    {
        await using var rig = new Rig();
        var ended = false;
        rig.Server.Script = call =>
        {
            if (call.Action == "getTotal") return Bodies.Plays(25);
            if (call.Page == page && !ended)
            {
                ended = true;
                return Bodies.InvalidKs("EXPIRED");
            }
            return Bodies.Table(Bodies.Entries((call.Page - 1) * 10, call.Page < 3 ? 10 : 5), 25);
        };

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(25, rig.Sink.Column("object_id").Distinct().Count());
        Assert.Equal(25, outcome.Rows);
        Assert.Equal(4, rig.Server.Tables.Count());
        Assert.Equal(2, rig.Server.Tables.Select(c => c.Form["ks"]).Distinct().Count());
    }

    [Fact]
    public async Task N30_Session_that_is_refused_right_after_its_renewal_is_final()
    {
        await using var rig = new Rig().TableAnswers([.. Enumerable.Repeat<Answer>(Bodies.InvalidKs("EXPIRED"), 5)]);

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Refused, "INVALID_KS", false), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(2, rig.Server.Tables.Count());
        Assert.Empty(rig.Clock.Waits);
    }

    [Theory]
    [InlineData("EXCEEDED_ACTIONS_LIMIT")]
    [InlineData("EXCEEDED_RESTRICTED_IP")]
    [InlineData("UNKNOWN_WORD")]
    public async Task N31_Session_that_may_not_do_more_is_final_at_once(string reason)
    {
        await using var rig = new Rig().TableAnswers([.. Enumerable.Repeat<Answer>(Bodies.InvalidKs(reason), 5)]);

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Refused, "INVALID_KS", false), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Single(rig.Server.Tables);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task N31_Echo_of_our_own_session_is_not_repeated()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => Bodies.Error("INVALID_KS", $"Invalid KS \"{call.Form["ks"]}\"", $"{{\"KSID\":{JsonSerializer.Serialize(call.Form["ks"])}}}");

        var failure = await rig.FailAsync();

        foreach (var ks in rig.Server.Calls.Select(c => c.Form["ks"]).Distinct())
        {
            Assert.DoesNotContain(ks, failure.ToString(), StringComparison.Ordinal);
            Assert.All(rig.Sink.Raw.Values, raw => Assert.DoesNotContain(ks, raw, StringComparison.Ordinal));
            // Nor the half of it.
            Assert.DoesNotContain(ks[..(ks.Length / 2)], failure.ToString(), StringComparison.Ordinal);
        }
    }
}

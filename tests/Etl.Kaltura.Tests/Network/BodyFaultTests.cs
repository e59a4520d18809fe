using System.IO.Compression;
using System.Text;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Network;

/// <summary>Bodies that are cut, damaged, slow, endless or not what they seem (docs/reliability.md, N5 to N15, N19, N21, N22, N28).</summary>
public class BodyFaultTests
{
    private const int Cuts = 16, ZipCuts = 32;

    public static TheoryData<RouteName> Routes => FaultyRoute.All;
    public static TheoryData<RouteName> Zipped => FaultyRoute.Zipped;

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N05_Reset_in_the_middle_is_pulled_again(RouteName route)
    {
        for (var i = 0; i < Cuts; i++)
        {
            await using var pull = new FaultyRoute(route, a => a.CutTo(a.At(i, Cuts)) with { EndsInReset = true });
            await pull.SurvivesAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N06_End_below_the_stated_length_is_pulled_again(RouteName route)
    {
        for (var i = 0; i < Cuts; i++)
        {
            await using var pull = new FaultyRoute(route, a => a.CutTo(a.At(i, Cuts)));
            await pull.SurvivesAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N07_Chunks_that_break_off_are_pulled_again(RouteName route)
    {
        for (var i = 0; i < Cuts; i++)
        {
            await using var pull = new FaultyRoute(route, a => a.Chunked(100, a.At(i, Cuts)));
            await pull.SurvivesAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N07_All_chunks_but_the_last_are_pulled_again(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a.Chunked(100, a.Body.Length));

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N08_Body_that_only_the_connection_ends_is_refused_by_its_content(RouteName route)
    {
        for (var i = 0; i < Cuts; i++)
        {
            await using var pull = new FaultyRoute(route, a => a with { Body = a.Body[..a.At(i, Cuts)], CloseDelimited = true });
            await pull.SurvivesAsync();
        }
    }

    [Fact]
    public async Task N08_Background_file_whose_end_nothing_tells_is_refused_even_at_a_line_end()
    {
        // All that comes could be whole: there is no count, and the last line is terminated.
        await using var pull = new FaultyRoute(RouteName.Background) { Always = a => a with { Body = a.Body[..^"u039,yes\n".Length], CloseDelimited = true } };

        Assert.Equal("unframed", (await pull.FailsAsync(calls: 3)).Code);
    }

    [Theory]
    [MemberData(nameof(Zipped))]
    public async Task N09_gzip_cut_at_32_positions_is_pulled_again(RouteName route)
    {
        for (var i = 0; i < ZipCuts; i++)
        {
            await using var pull = new FaultyRoute(route, a =>
            {
                var zipped = Zip(a);
                // The framing is right: only the compression tells.
                return zipped with { Body = zipped.Body[..zipped.At(i, ZipCuts)] };
            });
            await pull.SurvivesAsync();
        }
    }

    [Fact]
    public async Task N09_gzip_of_a_file_by_address_was_not_offered_and_is_refused()
    {
        await using var pull = new FaultyRoute(RouteName.File) { Always = Zip };

        Assert.Equal("bad-encoding", (await pull.FailsAsync(calls: 1)).Code);
    }

    [Theory]
    [MemberData(nameof(Zipped))]
    public async Task N10_gzip_with_a_wrong_check_sum_or_length_is_pulled_again(RouteName route)
    {
        for (var fromEnd = 1; fromEnd <= 8; fromEnd++)
        {
            await using var pull = new FaultyRoute(route, a =>
            {
                var zipped = Zip(a);
                zipped.Body[^fromEnd] ^= 0x40;
                return zipped;
            });
            await pull.SurvivesAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Zipped))]
    public async Task N11_gzip_whose_second_member_is_missing_is_refused_by_its_content(RouteName route)
    {
        // The end of a member is a valid end; that the edge lies inside a line is what tells.
        await using var pull = new FaultyRoute(route, a => Zip(a with { Body = a.Body[..(a.Body.Length / 2)] }));

        await pull.SurvivesOrRefusesAsync("bad-row");
    }

    [Theory]
    [MemberData(nameof(Zipped))]
    public async Task N11_gzip_of_two_members_is_read_to_its_end(RouteName route)
    {
        await using var pull = new FaultyRoute(route) { Always = a => Zip(a with { Body = a.Body[..100] }) with { Body = [.. Zip(a with { Body = a.Body[..100] }).Body, .. Zip(a with { Body = a.Body[100..] }).Body] } };

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N12_Stated_length_that_is_too_small_is_refused_by_the_content(RouteName route)
    {
        for (var i = 1; i < Cuts; i++)
        {
            // A file that announces nothing is found out unless it is cut right behind a line.
            await using var pull = new FaultyRoute(route, a => a with { StatedLength = a.At(i, Cuts) is var keep && a.Body[keep - 1] == '\n' ? keep - 1 : a.At(i, Cuts) });
            await pull.SurvivesOrRefusesAsync("bad-row");
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N13_Stated_length_that_is_too_large_is_pulled_again(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { StatedLength = a.Body.Length + 10 });

        await pull.SurvivesAsync();
    }

    [Theory]
    [InlineData(RouteName.Table, "empty-body", 6)]
    [InlineData(RouteName.File, "csv-empty", 4)]
    [InlineData(RouteName.Background, "empty-body", 3)]
    public async Task N14_Empty_body_with_status_200_never_lands(RouteName route, string code, int calls)
    {
        await using (var once = new FaultyRoute(route, a => a with { Body = [] })) await once.SurvivesAsync();
        await using var pull = new FaultyRoute(route) { Always = a => a with { Body = [] } };

        Assert.Equal(code, (await pull.FailsAsync(calls)).Code);
        Assert.Equal(0, pull.Rig.Sink.Starts);
    }

    [Fact]
    public async Task N14_Questions_that_all_fail_inside_the_service_are_no_empty_report()
    {
        const string NoTotals = """{"objectType":"KalturaReportTotal"}""";
        await using var file = new CsvService { Table = _ => Bodies.Absent, Total = _ => NoTotals };
        Assert.Equal("empty-unproven", (await file.FailAsync()).Code);
        Assert.Empty(file.AddressCalls);

        await using var table = new Rig();
        table.Server.Script = call => call.Action == "getTotal" ? NoTotals : Bodies.Absent;
        Assert.Equal("empty-unproven", (await table.FailAsync()).Code);

        await using var graph = new Rig();
        graph.Server.Script = call => call.Action == "getTotal" ? NoTotals : "[]";
        Assert.Equal("empty-unproven", (await graph.FailAsync(Rig.Spec("34", "graphs"))).Code);
    }

    [Theory]
    [InlineData(RouteName.Table, "not-json", 2)]
    [InlineData(RouteName.File, "html", 4)]
    [InlineData(RouteName.Background, "html", 3)]
    public async Task N15_N25_Html_page_with_status_200_is_asked_again_and_then_refused(RouteName route, string code, int calls)
    {
        Func<Answer, Answer> page = _ => new Answer("<html><body>Sign in to the guest network</body></html>"u8.ToArray()).With("Content-Type", "text/html");
        await using (var once = new FaultyRoute(route, page)) await once.SurvivesAsync();
        await using var pull = new FaultyRoute(route) { Always = page };

        Assert.Equal(code, (await pull.FailsAsync(calls)).Code);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N19_Silence_of_30_seconds_is_given_up_by_the_clock(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { HangAfter = 20 });
        var begun = pull.Rig.Clock.GetUtcNow();

        await pull.SurvivesAsync();

        Assert.InRange(pull.Rig.Clock.GetUtcNow() - begun, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N19_Drip_of_one_byte_every_400_ms_is_given_up_by_the_rate(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { Body = [.. a.Body, .. new byte[2000]], Drip = TimeSpan.FromSeconds(0.4) });

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N21_Endless_body_is_refused_at_the_cap(RouteName route)
    {
        var row = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(route switch { RouteName.Table => "1_00000001|1;", RouteName.File => "\"1_a\",\"One\",\"1\"\n", _ => "u1,yes\n" }, 1000)));
        var begun = "[{\"header\":\"object_id|count_plays\",\"data\":\""u8.ToArray();
        await using var pull = new FaultyRoute(route) { Always = a => (route == RouteName.Table ? a with { Body = begun } : a).Chunked(10_000, forEver: row) };
        pull.Rig.Settings = pull.Rig.Settings with { Limits = new() { MaxBodyBytes = 1 << 20 }, Downloads = new() { MaxFileBytes = 1 << 20 } };

        var failure = await pull.FailsAsync(calls: 1);

        Assert.Equal(("too-large", false), (failure.Code, failure.IsTransient));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N22_Body_in_utf_16_is_refused(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { Body = [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(a.Body))] });

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N22_Invalid_utf_8_is_refused(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a =>
        {
            var body = a.Body.ToArray();
            body[body.Length / 2] = 0xff;
            return a with { Body = body };
        });

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N22_Wrong_charset_in_the_head_changes_nothing(RouteName route)
    {
        // Both faces of the service write UTF-8 whatever they say.
        await using var pull = new FaultyRoute(route) { Always = a => a.With("Content-Type", a.Headers["Content-Type"] + "; charset=iso-8859-1") };

        await pull.SurvivesAsync();
        Assert.Equal(1, pull.Calls);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N28_Body_in_pieces_of_one_byte_is_accepted(RouteName route)
    {
        await using var pull = new FaultyRoute(route) { Always = a => a with { Slice = 1 } };
        await pull.SurvivesAsync();

        if (route == RouteName.File) return;
        await using var zipped = new FaultyRoute(route) { Always = a => Zip(a) with { Slice = 1 } };
        await zipped.SurvivesAsync();
    }

    private static Answer Zip(Answer whole)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(whole.Body);
        return (whole with { Body = packed.ToArray() }).With("Content-Encoding", "gzip");
    }
}

using System.Text;
using Etl.Fuzz.Tests.Targets;
using Etl.Core.Hooks;
using Etl.Kaltura.Hooks;
using Etl.Landing.Audit.Log;
using Etl.Parsing;

namespace Etl.Fuzz.Tests;

/// <summary>
/// Limits as they are by default, at one less, at the limit itself and at one more. Those of transport (256 MiB decoded, 200 to 1, idle, rate) are tested where connections are.
/// </summary>
public class LimitTests
{
    private const int MaxCellBytes = 1 << 20, MaxColumns = 2000, MaxDepth = 64;

    private const string ReportHead = "\"t\"\n\"a\",\"b\"\n\"x\"\n\"# ---\"\n\"# ---\"\n\"# Table\",\"\",\"Total Count\",\"1\"\n\"# ---\"\n";

    [Theory]
    [InlineData(MaxCellBytes - 1, true)]
    [InlineData(MaxCellBytes, true)]
    [InlineData(MaxCellBytes + 1, false)]
    public void Cell_of_a_megabyte_is_the_largest(int bytes, bool isRead)
    {
        foreach (var cell in new[] { new string('x', bytes), new string('x', bytes - 2) + "é" })
        {
            Assert.Equal(isRead ? null : "too-large", Code("table", $"|\n{{\"header\":\"a|b\",\"data\":\"1|2;{cell}|3;\"}}"));
            Assert.Equal(isRead ? null : "too-large", Code("csv-report", $"{ReportHead}\"a\",\"b\"\n\"1\",\"{cell}\"\n"));
            Assert.Equal(isRead ? null : "too-large", Code("csv-custom", $"a,b\n1,2\n{cell},4\n"));
            Assert.Equal(isRead ? null : "too-large", Code("csv-file", $"a,b\n1,2\n3,\"{cell}\"\n"));
        }
    }

    [Theory]
    [InlineData(MaxColumns - 1, true)]
    [InlineData(MaxColumns, true)]
    [InlineData(MaxColumns + 1, false)]
    public void Two_thousand_columns_are_the_most(int columns, bool isRead)
    {
        var names = Enumerable.Range(0, columns).Select(i => $"c{i}").ToList();
        var line = string.Join(',', names);
        Assert.Equal(isRead ? null : "too-large", Code("table", $",\n{{\"header\":\"{line}\",\"data\":\"{line};\"}}"));
        Assert.Equal(isRead ? null : "too-large", Code("csv-report", $"{ReportHead}{string.Join(',', names.Select(n => $"\"{n}\""))}\n"));
        Assert.Equal(isRead ? null : "too-large", Code("csv-custom", $"{line}\n{line}\n"));
        Assert.Equal(isRead ? null : "too-large", Code("csv-file", $"{line}\n{line}\n"));
        var total = Encoding.UTF8.GetBytes($"{{\"header\":\"{line}\",\"data\":\"{line}\"}}");
        if (isRead) Assert.Equal(columns, ReportTotalReader.Read(total, ",").Cells!.Count);
        else Assert.Equal("too-large", Assert.Throws<ReportFormatException>(() => ReportTotalReader.Read(total, ",")).Code);
    }

    [Theory]
    [InlineData(MaxDepth - 1, true)]
    [InlineData(MaxDepth, true)]
    [InlineData(MaxDepth + 1, false)]
    public void Json_of_sixty_four_levels_is_the_deepest(int depth, bool isRead)
    {
        // The object around it is the first level.
        var value = new string('[', depth - 1) + new string(']', depth - 1);
        Assert.Equal(isRead ? null : "not-json", Code("table", $"|\n{{\"x\":{value},\"header\":\"a\",\"data\":\"1;\"}}"));
        Assert.Equal(isRead ? null : "not-json", Code("status", $"{{\"x\":{value},\"status\":\"pending\"}}"));
        Assert.Equal(isRead ? null : "not-json", Code("answer", $"{{\"x\":{value},\"header\":\"a\",\"data\":\"1\"}}"));
        Assert.Equal(isRead, ServiceErrorReader.TryRead(Encoding.UTF8.GetBytes($"{{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"x\":{value}}}")) is not null);
        Assert.Equal(isRead, Posted($"{{\"objectType\":\"KalturaHttpNotification\",\"eventNotificationJobId\":1,\"x\":{value}}}"));
        var canonical = new CanonicalObject { ["a"] = 1L };
        for (var level = 1; level < depth; level++) canonical = new CanonicalObject { ["a"] = canonical };
        if (isRead) Assert.NotEmpty(CanonicalReader.Read(CanonicalJson.Write(canonical)));
        else Assert.Throws<ArgumentException>(() => CanonicalJson.Write(canonical));
    }

    [Theory]
    [InlineData(MaxDepth - 1, true)]
    [InlineData(MaxDepth, true)]
    [InlineData(MaxDepth + 1, false)]
    public void Xml_of_sixty_four_levels_is_the_deepest(int depth, bool isRead)
    {
        var inside = depth - 1;
        Assert.Equal(isRead, ServiceErrorReader.TryRead(Encoding.UTF8.GetBytes($"<xml><result><error><code>X</code></error></result>{Nested(inside)}</xml>")) is not null);
        Assert.Equal(isRead, Posted($"<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>1</eventNotificationJobId>{Nested(inside)}</notification>"));

        static string Nested(int levels) => string.Concat(Enumerable.Repeat("<a>", levels)) + string.Concat(Enumerable.Repeat("</a>", levels));
    }

    [Theory]
    [InlineData("<!DOCTYPE xml>")]
    [InlineData("<!DOCTYPE xml [<!ENTITY e \"x\">]>")]
    [InlineData("<!DOCTYPE xml SYSTEM \"http://127.0.0.1/x.dtd\">")]
    public void Xml_with_a_document_type_is_not_read(string doctype)
    {
        const string Error = "<xml><result><error><code>X</code></error></result></xml>";
        const string Notification = "<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>1</eventNotificationJobId></notification>";
        Assert.NotNull(ServiceErrorReader.TryRead(Encoding.UTF8.GetBytes(Error)));
        Assert.Null(ServiceErrorReader.TryRead(Encoding.UTF8.GetBytes(doctype + Error)));
        Assert.True(Posted(Notification));
        Assert.False(Posted(doctype + Notification));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Xml_error_of_a_million_characters_is_the_largest(int more, bool isRead)
    {
        const string Head = "<xml><result><error><code>X</code><message>";
        const string Tail = "</message></error></result></xml>";
        var body = Head + new string('x', (1 << 20) - Head.Length - Tail.Length + more) + Tail;
        Assert.Equal(isRead, ServiceErrorReader.TryRead(Encoding.UTF8.GetBytes(body)) is not null);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Largest_bodies_and_records_are_those_of_the_options(int more, bool isRead)
    {
        var body = "{\"header\":\"a\",\"data\":\"1;\"}"u8.ToArray();
        var reader = new ReportTableReader(new ReportTableOptions { MaxBodyBytes = body.Length - more });
        var print = new RowPrint();
        var fault = Record.Exception(() => reader.ReadAsync(new MemoryStream(body), print.Bind, print.Take, CancellationToken.None).GetAwaiter().GetResult());
        Assert.Equal(isRead ? null : "too-large", (fault as ReportFormatException)?.Code);
        Assert.Equal((256L << 20, MaxCellBytes, MaxColumns), (new ReportTableOptions().MaxBodyBytes, new ReportTableOptions().MaxCellBytes, new ReportTableOptions().MaxColumns));
        Assert.Equal((16 << 20, MaxCellBytes, MaxColumns), (new CsvReadOptions().MaxRecordBytes, new CsvReadOptions().MaxCellBytes, new CsvReadOptions().MaxColumns));
    }

    [Fact]
    public void Address_longer_than_eight_thousand_characters_is_refused_unseen()
    {
        const string Host = "https://www.kaltura.com/";
        Assert.Null(Code("url", Host + new string('a', 8192 - Host.Length)));
        Assert.Equal("csv-url-refused", Code("url", Host + new string('a', 8193 - Host.Length)));
    }

    private static string? Code(string target, string input) => AllTargets.Get(target).Read(Encoding.UTF8.GetBytes(input)).Code;

    private static bool Posted(string body) => NotificationReader.Read(Encoding.UTF8.GetBytes(body)).Reading.Verdict == HookVerdict.Accepted;
}

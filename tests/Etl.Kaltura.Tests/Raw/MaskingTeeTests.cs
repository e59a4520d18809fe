using System.Text;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Raw;

namespace Etl.Kaltura.Tests.Raw;

public class MaskingTeeTests
{
    private static async Task<(string Passed, string Copied)> RunAsync(string body, int readBytes, params string[] secrets)
    {
        var copy = new KeptStream();
        var tee = new MaskingTee(new MemoryStream(Encoding.UTF8.GetBytes(body)), copy, new SecretMask([.. secrets.Select(s => new Secret(s))]));
        var passed = new MemoryStream();
        var buffer = new byte[readBytes];
        int read;
        while ((read = await tee.ReadAsync(buffer)) > 0) passed.Write(buffer, 0, read);
        await tee.DisposeAsync();
        return (Encoding.UTF8.GetString(passed.ToArray()), Encoding.UTF8.GetString(copy.Kept));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task Secret_is_masked_wherever_reads_cut_it(int readBytes)
    {
        var body = $"{new string('x', 20_000)}SECRET-SECRET{new string('y', 20_000)}SECRETSECRET-SECRET";

        var (passed, copied) = await RunAsync(body, readBytes, "SECRET-SECRET");

        Assert.Equal(body, passed);
        Assert.Equal(body.Replace("SECRET-SECRET", "***", StringComparison.Ordinal), copied);
    }

    [Fact]
    public async Task Json_escaped_form_is_masked_too() =>
        Assert.Equal("""{"ks":"***"}""", (await RunAsync("""{"ks":"ab\/cd\/ef"}""", 5, "ab/cd/ef")).Copied);

    [Fact]
    public async Task Error_answer_is_cleaned_of_foreign_tokens() =>
        Assert.Equal("""{"objectType":"KalturaAPIException","args":{"KSID":"***"}}""",
            (await RunAsync("""{"objectType":"KalturaAPIException","args":{"KSID":"djJ8MTIzfGFiY2RlZmdoaQ=="}}""", 9)).Copied);

    [Theory]
    [InlineData("""  "https:\/\/host.test:8443\/api\/ks\/djJ8MTIzfGFiY2RlZmdoaQ==\/id\/f1?x=1" """, "\"https://host.test:8443/api/ks/***\"")]
    [InlineData("\"http://127.0.0.1:5/a/report.csv?ks=abc\"", "\"http://127.0.0.1:5/a/report.csv?***\"")]
    [InlineData("\"https://host.test/a/djJ8MTIzfGFiY2RlZmdoaQ/b\"", "\"https://host.test/a/***/b\"")]
    [InlineData("\"https:\\/\\/host.test\\/ks\\/abc", "\"***\"")]
    [InlineData("\"some words\"", "\"***\"")]
    [InlineData("null", "null")]
    [InlineData("\"\"", "\"\"")]
    public async Task Answer_that_is_one_text_keeps_no_session(string body, string kept)
    {
        foreach (var readBytes in new[] { 1, 11, 1000 }) Assert.Equal(kept, (await RunAsync(body, readBytes)).Copied);
    }

    [Fact]
    public async Task Address_too_long_to_be_fetched_is_hidden_whole() =>
        Assert.Equal("\"***\"", (await RunAsync($"\"https://host.test/{new string('a', 60_000)}/ks/abc/x\"", 1000)).Copied);

    [Fact]
    public async Task File_that_begins_with_a_quote_is_copied_as_it_is()
    {
        const string File = "\"https_status\",\"n\"\n\"200\",\"1\"\n";
        Assert.Equal(File, (await RunAsync(File, 7)).Copied);
    }

    [Fact]
    public async Task Body_that_breaks_off_is_kept_as_far_as_it_came()
    {
        var copy = new KeptStream();
        var tee = new MaskingTee(new MemoryStream("partial"u8.ToArray()), copy, new SecretMask());
        Assert.Equal(4, await tee.ReadAsync(new byte[4]));
        await tee.DisposeAsync();
        Assert.Equal("part", Encoding.UTF8.GetString(copy.Kept));
    }

    private sealed class KeptStream : MemoryStream
    {
        public byte[] Kept => ToArray();
    }
}

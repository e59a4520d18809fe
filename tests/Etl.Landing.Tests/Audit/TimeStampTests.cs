using System.Diagnostics;
using System.Net;
using Etl.Core.Errors;
using Etl.Landing.Audit.TimeStamps;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Audit;

/// <summary>Time stamps by an authority made of <c>openssl ts</c>.</summary>
public sealed class TimeStampTests : IDisposable
{
    private static readonly Uri s_address = new("http://tsa.example.com/tsr?user=1");
    private readonly AuditBench _bench = new();

    /// <summary>The authority's clock is the machine's.</summary>
    public TimeStampTests() => _bench.Clock.Advance(DateTimeOffset.UtcNow.AddDays(-1) - _bench.Clock.GetUtcNow());

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Checkpoints_are_stamped_and_stamps_are_checked()
    {
        using var authority = new Authority();
        using var http = new HttpClient(authority);
        using (var log = _bench.Log(stamper: new HttpTimeStamper(s_address, http)))
        {
            await _bench.AppendAsync(1, log: log);
            await _bench.AppendAsync(2, log: log);
        }
        Assert.Empty(_bench.Warnings);
        Assert.Equal(["application/timestamp-query", "application/timestamp-query"], authority.Asked);
        using var second = new SecondVerifier();
        var verdict = _bench.Verify();
        Assert.Empty(verdict.Findings);
        Assert.Equal(("ok", "ok"), (verdict.Word, second.Ask(_bench.Folder, _bench.Fingerprint)));
        Assert.Equal(2, verdict.Proven!.Entries);
        Assert.Contains("Test TSA", verdict.Proven.Authority, StringComparison.Ordinal);
        Assert.Contains("Verification: OK", authority.Run("ts", "-verify", "-data", _bench.Folder + "/log/checkpoint", "-in", Stamp(2), "-CAfile", authority.Certificate), StringComparison.Ordinal);

        // One in the place of the other, a damaged one, one of more entries than there are.
        Tampered(() => File.Copy(Stamp(1), Stamp(2), overwrite: true), "is of something else");
        Tampered(() => Change(Stamp(2), b => b[..^1]), "is no time stamp");
        Tampered(() => Change(Stamp(2), b => [.. b, 0]), "is no time stamp");
        Tampered(() => Change(Stamp(2), b => Flip(b, b.Length - 5)), "The time stamp of the checkpoint with 2 entries");
        Tampered(() => File.Copy(Stamp(2), Stamp(3)), "The log was cut");
        Assert.Equal("ok", _bench.Verify().Word);

        void Tampered(Action with, string says)
        {
            var copies = new[] { 1, 2 }.ToDictionary(n => n, n => File.ReadAllBytes(Stamp(n)));
            with();
            var found = _bench.Verify();
            Assert.Contains(says, Assert.Single(found.Findings).Message, StringComparison.Ordinal);
            Assert.Equal("tampered", second.Ask(_bench.Folder, _bench.Fingerprint));
            foreach (var (n, bytes) in copies) File.WriteAllBytes(Stamp(n), bytes);
            File.Delete(Stamp(3));
        }
    }

    [Fact]
    public async Task Entry_that_claims_to_be_younger_than_its_stamp_is_found()
    {
        _bench.Clock.Advance(TimeSpan.FromDays(3650));
        using var authority = new Authority();
        using var http = new HttpClient(authority);
        using (var log = _bench.Log(stamper: new HttpTimeStamper(s_address, http))) await _bench.AppendAsync(1, log: log);
        Assert.Contains("later than the time stamp", Assert.Single(_bench.Verify().Findings).Message, StringComparison.Ordinal);
        using var second = new SecondVerifier();
        Assert.Equal("tampered", second.Ask(_bench.Folder, _bench.Fingerprint));
    }

    [Fact]
    public async Task Answers_that_are_no_stamp_of_ours_are_refused_and_stop_nobody()
    {
        using var authority = new Authority();
        Func<byte[], HttpResponseMessage>[] answers =
        [
            _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable),
            _ => new HttpResponseMessage { Content = new StringContent("<html>") },
            _ => throw new HttpRequestException("away"),
            _ => throw new TaskCanceledException("too long"),
            // An old answer, to another question.
            _ => new HttpResponseMessage { Content = new ByteArrayContent(authority.Answer(authority.Question())) },
        ];
        foreach (var answer in answers)
        {
            using var http = new HttpClient(new Answering(answer));
            var stamper = new HttpTimeStamper(s_address, http);
            var fault = await Assert.ThrowsAsync<EtlException>(() => stamper.StampAsync("x"u8.ToArray(), default));
            Assert.Equal("time-stamp", fault.Code);
            Assert.DoesNotContain("user=1", fault.Message, StringComparison.Ordinal);
        }
        using var away = new HttpClient(new Answering(answers[2]));
        using var log = _bench.Log(stamper: new HttpTimeStamper(s_address, away));
        await _bench.AppendAsync(1, log: log);
        Assert.Contains("has no time stamp", Assert.Single(_bench.Warnings), StringComparison.Ordinal);
        Assert.Equal("ok", _bench.Verify().Word);
    }

    private string Stamp(int size) => $"{_bench.Folder}/log/tsa/{size:D20}.tsr";

    private static void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(file, change(File.ReadAllBytes(file)));

    private static byte[] Flip(byte[] bytes, int at)
    {
        var changed = bytes.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    private sealed class Answering(Func<byte[], HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answer(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>An authority with a certificate of its own.</summary>
    private sealed class Authority : HttpMessageHandler
    {
        private readonly TempFolder _folder = new();
        private int _files;

        public Authority()
        {
            File.WriteAllText(_folder["tsa.cnf"], """
                [req]
                distinguished_name = name
                prompt = no
                x509_extensions = tsa
                [name]
                CN = Test TSA
                [tsa]
                basicConstraints = critical,CA:false
                keyUsage = critical,digitalSignature
                extendedKeyUsage = critical,timeStamping
                [tsa_config]
                serial = $ENV::TSA_FOLDER/serial
                signer_digest = sha256
                default_policy = 1.2.3.4
                digests = sha256
                ess_cert_id_alg = sha256
                """);
            File.WriteAllText(_folder["serial"], "01");
            Run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-config", _folder["tsa.cnf"], "-keyout", _folder["tsa.key"], "-out", Certificate);
        }

        public string Certificate => _folder["tsa.pem"];

        public List<string> Asked { get; } = [];

        public byte[] Question()
        {
            File.WriteAllText(_folder["other"], "other");
            Run("ts", "-query", "-data", _folder["other"], "-sha256", "-cert", "-config", _folder["tsa.cnf"], "-out", _folder["other.tsq"]);
            return File.ReadAllBytes(_folder["other.tsq"]);
        }

        public byte[] Answer(byte[] question)
        {
            var (asked, answer) = (_folder[$"{++_files}.tsq"], _folder[$"{_files}.tsr"]);
            File.WriteAllBytes(asked, question);
            Run("ts", "-reply", "-config", _folder["tsa.cnf"], "-section", "tsa_config", "-queryfile", asked, "-signer", Certificate, "-inkey", _folder["tsa.key"], "-out", answer);
            return File.ReadAllBytes(answer);
        }

        public string Run(params string[] arguments)
        {
            var start = new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["TSA_FOLDER"] = _folder.Path;
            using var process = Process.Start(start)!;
            var said = process.StandardOutput.ReadToEndAsync();
            var wrong = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, wrong);
            return said.Result + wrong;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.Content!.Headers.ContentType!.ToString());
            return new HttpResponseMessage { Content = new ByteArrayContent(Answer(await request.Content.ReadAsByteArrayAsync(cancellationToken))) };
        }

        protected override void Dispose(bool disposing)
        {
            _folder.Dispose();
            base.Dispose(disposing);
        }
    }
}

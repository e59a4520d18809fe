using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Etl.Core.Errors;
using Etl.Server.Alerts;
using Etl.Testing;
using Etl.Testing.Servers;

namespace Etl.Server.Tests.Alerts;

/// <summary>Mail to a real server that somebody else wrote.</summary>
public sealed partial class MailChannelTests
{
    private const string Addresses = ";from=etl@example.com;to=ops@example.com,boss@example.com";

    [SkippableFact]
    public async Task Mail_says_the_sentence_and_the_facts_in_plain_text()
    {
        await using var server = await MailServer.StartAsync("plain");
        await SendAsync($"host=127.0.0.1;port={server.Port};tls=off{Addresses}", null);
        var mail = Assert.Single(server.Mails);
        Assert.Equal("etl@example.com", mail.GetProperty("from").GetString());
        Assert.Equal(["ops@example.com", "boss@example.com"], mail.GetProperty("to").EnumerateArray().Select(t => t.GetString()));
        var (headers, body) = Parts(mail.GetProperty("text").GetString()!);
        Assert.Contains("\nSubject: [etl] plays: low fires\n", headers, StringComparison.Ordinal);
        Assert.Contains("\nMessage-ID: <0199@example.com>\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\nAuto-Submitted: auto-generated\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("text/plain; charset=utf-8", headers, StringComparison.Ordinal);
        Assert.Equal("Größer als nötig.\n\nid: 0199\nstate: firing\nvalue: 0.25", body);
    }

    [SkippableFact]
    public async Task Login_goes_over_a_connection_that_was_made_secure()
    {
        await using var server = await MailServer.StartAsync("login");
        await TrustedAsync(() => SendAsync($"host=localhost;port={server.Port};user=etl{Addresses}", "right"));
        var mail = Assert.Single(server.Mails);
        Assert.Equal((true, "etl"), (mail.GetProperty("secure").GetBoolean(), mail.GetProperty("user").GetString()));
    }

    [SkippableFact]
    public async Task Wrong_password_is_a_fault_that_does_not_repeat_it()
    {
        await using var server = await MailServer.StartAsync("login");
        var fault = await TrustedAsync(() => Assert.ThrowsAsync<EtlException>(() => SendAsync($"host=localhost;port={server.Port};user=etl{Addresses}", "wr0ng-password")));
        Assert.StartsWith("Mail channel 'ops' could not send at 'localhost': ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-password", fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Mails);
    }

    [SkippableFact]
    public async Task Certificate_that_nobody_vouches_for_is_refused()
    {
        await using var server = await MailServer.StartAsync("open");
        var fault = await Assert.ThrowsAsync<EtlException>(() => SendAsync($"host=localhost;port={server.Port}{Addresses}", null));
        Assert.Equal(FaultKind.Unreachable, fault.Kind);
        Assert.Empty(server.Mails);
    }

    [SkippableFact]
    public async Task Server_that_cannot_be_secure_gets_no_mail()
    {
        await using var server = await MailServer.StartAsync("plain");
        var fault = await Assert.ThrowsAsync<EtlException>(() => SendAsync($"host=localhost;port={server.Port}{Addresses}", null));
        Assert.Contains("secure", fault.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(server.Mails);
    }

    [SkippableFact]
    public async Task Server_that_knows_nobody_is_a_fault()
    {
        await using var server = await MailServer.StartAsync("refuse");
        var fault = await Assert.ThrowsAsync<EtlException>(() => SendAsync($"host=127.0.0.1;port={server.Port};tls=off{Addresses}", null));
        Assert.StartsWith("Mail channel 'ops' could not send at '127.0.0.1': ", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Line_breaks_in_a_subject_begin_no_header()
    {
        await using var server = await MailServer.StartAsync("plain");
        await SendAsync($"host=127.0.0.1;port={server.Port};tls=off{Addresses}", null, "a\r\nBcc: victim@example.com\r\n\r\nbody\u2028x");
        var mail = Assert.Single(server.Mails);
        var (headers, _) = Parts(mail.GetProperty("text").GetString()!);
        Assert.DoesNotMatch(BccLine(), headers);
        Assert.Equal(2, mail.GetProperty("to").GetArrayLength());
    }

    [Theory]
    [InlineData("from=a@b.c;to=d@e.f", null, "It needs 'host'.")]
    [InlineData("host=h;to=d@e.f", null, "It needs 'from', a mail address.")]
    [InlineData("host=h;from=a@b.c", null, "It needs 'to', a mail address or several with commas.")]
    [InlineData("host=h;from=nobody;to=d@e.f", null, "'from' holds something that is no mail address.")]
    [InlineData("host=h;from=a@b.c;to=d@e.f\r\nBcc: x@y.z", null, "'to' holds something that is no mail address.")]
    [InlineData("host=h;port=465;from=a@b.c;to=d@e.f", null, "Port 465 is secure from the first byte, which is not supported. Use the server's port for STARTTLS, mostly 587.")]
    [InlineData("host=h;port=0;from=a@b.c;to=d@e.f", null, "'port' is not a number from 1 to 65535.")]
    [InlineData("host=h;form=a@b.c;to=d@e.f", null, "'form' is none of its keys host, port, from, to, user, tls. Did you mean 'from'?")]
    [InlineData("host=h;host=i;from=a@b.c;to=d@e.f", null, "'host' occurs twice.")]
    [InlineData("host=h;from=a@b.c;to=d@e.f;tls=on", null, "'tls' is starttls or off.")]
    [InlineData("host=h;from=a@b.c;to=d@e.f;user=u", null, "'user' needs its password in ETL_ALERT_OPS_PASSWORD.")]
    [InlineData("host=h;from=a@b.c;to=d@e.f", "p", "There is a password in ETL_ALERT_OPS_PASSWORD and no 'user'.")]
    [InlineData("host=h;from=a@b.c;to=d@e.f;user=u;tls=off", "p", "'tls=off' would send the password in the clear. Leave 'tls' out.")]
    public void Setting_that_describes_no_server_says_what_is_missing(string value, string? password, string what)
    {
        var fault = Assert.Throws<EtlException>(() => Channel(value, password));
        Assert.Equal($"ETL_ALERT_OPS describes no mail server. {what} Write 'smtp:host=mail.example.com;from=etl@example.com;to=ops@example.com'.", fault.Message);
    }

    [GeneratedRegex("^bcc:", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex BccLine();

    private static Core.Alerts.IAlertChannel Channel(string value, string? password)
    {
        using var channels = new AlertChannelFactory(
            name => name switch { "ETL_ALERT_OPS" => "smtp:" + value, "ETL_ALERT_OPS_PASSWORD" => password, _ => null }, _ => { }, new FakeClock(DateTimeOffset.UnixEpoch));
        return channels.Find("ops");
    }

    private static Task SendAsync(string value, string? password, string subject = "plays: low fires") =>
        Channel(value, password).DeliverAsync(WebhookChannelTests.Message(subject), default).WaitAsync(TimeSpan.FromMinutes(1));

    private static (string Headers, string Body) Parts(string mail)
    {
        var text = mail.ReplaceLineEndings("\n");
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var (headers, body) = ("\n" + text[..split] + "\n", text[(split + 2)..].Trim());
        if (headers.Contains("base64", StringComparison.Ordinal)) body = Encoding.UTF8.GetString(Convert.FromBase64String(body.Replace("\n", "", StringComparison.Ordinal)));
        else if (headers.Contains("quoted-printable", StringComparison.Ordinal))
            body = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Hex().Replace(body.Replace("=\n", "", StringComparison.Ordinal), m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString())));
        return (headers, body.ReplaceLineEndings("\n").Trim());
    }

    [GeneratedRegex("=([0-9A-F]{2})")]
    private static partial Regex Hex();

#pragma warning disable SYSLIB0014 // The one place where the mail client of .NET can be told to trust a certificate.
    private static async Task<T> TrustedAsync<T>(Func<Task<T>> work)
    {
        ServicePointManager.ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject.Contains("localhost", StringComparison.Ordinal) == true;
        try
        {
            return await work();
        }
        finally
        {
            ServicePointManager.ServerCertificateValidationCallback = null;
        }
    }
#pragma warning restore SYSLIB0014

    private static Task TrustedAsync(Func<Task> work) => TrustedAsync(async () =>
    {
        await work();
        return 0;
    });
}

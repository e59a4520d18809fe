using System.Net;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Core.Webhooks;
using Etl.Server.Alerts;
using Etl.Testing;
using Microsoft.AspNetCore.Http;

namespace Etl.Server.Tests.Alerts;

/// <summary>Webhooks to a real server: signed, not led astray, and silent about secrets.</summary>
public sealed class WebhookChannelTests
{
    private const string Secret = "a secret of 24 characters";

    private static readonly FakeClock s_clock = new(DateTimeOffset.FromUnixTimeSeconds(1_763_676_000));

    [Fact]
    public void Signature_is_what_openssl_computes()
    {
        // printf '%s' '1763676000.{"id":"0199","message":"ü"}' | openssl dgst -sha256 -hmac 'a secret of 24 characters'
        Assert.Equal(
            "v1=8194329eb8066a70ba31cac4f5199d8e4d6ba72e57df0051064c93a83c9392d4",
            WebhookSignature.Of(new Secret(Secret), 1_763_676_000, "{\"id\":\"0199\",\"message\":\"ü\"}"u8));
    }

    [Fact]
    public async Task Message_comes_with_an_id_a_time_and_a_signature_over_both()
    {
        await using var receiver = await Receiver.StartAsync((_, _) => Task.CompletedTask);
        using var channels = Channels(receiver.Address.ToString());
        await channels.Find("ops").DeliverAsync(Message(), default);
        var (path, headers, body) = Assert.Single(receiver.Requests);
        Assert.Equal(("/hook", "0199", "1763676000", "application/json; charset=utf-8"), (path, headers["Etl-Id"], headers["Etl-Timestamp"], headers["Content-Type"]));
        Assert.Equal(Message().Body, Encoding.UTF8.GetString(body));
        byte[] signed = [.. "1763676000."u8, .. body];
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);
        Assert.Equal("v1=" + Convert.ToHexStringLower(expected), headers["Etl-Signature"]);
    }

    [Theory]
    [InlineData(500, "Webhook 'ops' at '127.0.0.1' answered 500.")]
    [InlineData(403, "Webhook 'ops' at '127.0.0.1' answered 403.")]
    [InlineData(302, "Webhook 'ops' at '127.0.0.1' answered 302, a redirect, which is not followed: set the address that it leads to.")]
    public async Task Answer_that_is_no_success_is_a_fault_and_no_redirect_is_followed(int status, string fault)
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        using var channels = Channels(receiver.Address.ToString());
        var thrown = await Assert.ThrowsAsync<EtlException>(() => channels.Find("ops").DeliverAsync(Message(), default));
        Assert.Equal((fault, true), (thrown.Message, thrown.IsTransient));
        Assert.Equal("/hook", Assert.Single(receiver.Requests).Path);
        Assert.DoesNotContain("t0ken", thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, thrown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receiver_that_never_answers_is_left_when_the_time_is_over()
    {
        await using var receiver = await Receiver.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var channels = Channels(receiver.Address.ToString());
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => channels.Find("ops").DeliverAsync(Message(), limit.Token));
    }

    [Fact]
    public async Task Answer_without_end_is_not_read()
    {
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync("so");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var channels = Channels(receiver.Address.ToString());
        await channels.Find("ops").DeliverAsync(Message(), default).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Receiver_that_is_not_there_is_named_by_its_host_only()
    {
        Uri gone;
        await using (var receiver = await Receiver.StartAsync((_, _) => Task.CompletedTask)) gone = receiver.Address;
        using var channels = Channels(gone.ToString());
        var fault = await Assert.ThrowsAsync<EtlException>(() => channels.Find("ops").DeliverAsync(Message(), default));
        Assert.Equal("Webhook 'ops' at '127.0.0.1' could not be reached: it does not take connections.", fault.Message);
    }

    [Theory]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[fe80::1]/")]
    [InlineData("https://[::ffff:169.254.169.254]/")]
    [InlineData("https://[fd00:ec2::254]/")]
    [InlineData("https://100.100.100.200/")]
    [InlineData("https://168.63.129.16/")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("https://255.255.255.255/")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]/")]
    public async Task Address_of_no_receiver_is_not_connected_to(string address)
    {
        using var channels = Channels(address);
        var fault = await Assert.ThrowsAsync<EtlException>(() => channels.Find("ops").DeliverAsync(Message(), default));
        Assert.Contains("which webhooks are not sent to: it is no address of a receiver.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.com", "10.0.0.5", true)]
    [InlineData("example.com", "93.184.216.34", true)]
    [InlineData("example.com", "2606:2800:220:1::1", true)]
    [InlineData("example.com", "fd12:3456::1", true)]
    [InlineData("example.com", "127.0.0.1", false)]
    [InlineData("example.com", "::1", false)]
    [InlineData("example.com", "::ffff:127.0.0.1", false)]
    [InlineData("example.com", "93.184.216.34,169.254.169.254", false)]
    [InlineData("localhost", "127.0.0.1,::1", true)]
    [InlineData("localhost", "10.0.0.5", false)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("[::1]", "::1", true)]
    [InlineData("example.com", "", false)]
    public void Name_is_judged_by_all_addresses_that_it_leads_to(string host, string addresses, bool isFine)
    {
        IPAddress[] found = [.. addresses.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
        if (isFine) Assert.Equal(found, WebhookGuard.Admit(host, found));
        else Assert.Equal("webhook", Assert.Throws<EtlException>(() => WebhookGuard.Admit(host, found)).Code);
    }

    [Theory]
    [InlineData("webhook:http://example.com/t0ken", Secret, "ETL_ALERT_OPS sends a webhook to 'example.com' in the clear. Use https; http is for this machine only.")]
    [InlineData("webhook:ftp://example.com/t0ken", Secret, "ETL_ALERT_OPS names no address for a webhook. Write 'webhook:https://example.com/hook', without user and password. Its value is not shown, it may hold a token.")]
    [InlineData("webhook:https://u:t0ken@example.com/", Secret, "ETL_ALERT_OPS names no address for a webhook. Write 'webhook:https://example.com/hook', without user and password. Its value is not shown, it may hold a token.")]
    [InlineData("webhook:https://example.com/", null, "Webhooks are signed: set ETL_ALERT_OPS_SECRET to a secret of at least 16 characters that the receiver knows, such as the output of 'openssl rand -hex 32'.")]
    [InlineData("webhook:https://example.com/", "t0ken", "Webhooks are signed: set ETL_ALERT_OPS_SECRET to a secret of at least 16 characters that the receiver knows, such as the output of 'openssl rand -hex 32'.")]
    [InlineData("https://example.com/t0ken", Secret, "ETL_ALERT_OPS is none of 'webhook:https://example.com/hook', 'smtp:host=mail.example.com;from=etl@example.com;to=ops@example.com' or 'log:'. Its value is not shown, it may hold a token.")]
    [InlineData(null, null, "Channel 'ops' is not configured. Set ETL_ALERT_OPS to 'webhook:https://example.com/hook', 'smtp:host=mail.example.com;from=etl@example.com;to=ops@example.com' or 'log:'.")]
    public void Setting_that_makes_no_channel_says_what_to_write_and_repeats_no_token(string? value, string? secret, string message)
    {
        using var channels = new AlertChannelFactory(
            name => name switch { "ETL_ALERT_OPS" => value, "ETL_ALERT_OPS_SECRET" => secret, _ => null }, _ => { }, s_clock);
        var fault = Assert.Throws<EtlException>(() => channels.Find("ops"));
        Assert.Equal(message, fault.Message);
        Assert.DoesNotContain("t0ken", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_is_there_without_any_setting()
    {
        var logged = new List<AlertMessage>();
        using var channels = new AlertChannelFactory(_ => null, logged.Add, s_clock);
        await channels.Find("log").DeliverAsync(Message(), default);
        Assert.Equal("0199", Assert.Single(logged).Id);
    }

    internal static AlertMessage Message(string subject = "plays: low fires") => new()
    {
        Id = "0199", Key = new AlertKey("plays", "low", "101"), Channel = "ops", Kind = AlertMessageKind.Firing, Subject = subject,
        Body = "{\"id\":\"0199\",\"type\":\"alert\",\"state\":\"firing\",\"value\":0.25,\"window\":null,\"message\":\"Größer als nötig.\"}",
    };

    private static AlertChannelFactory Channels(string address) => new(
        name => name switch { "ETL_ALERT_OPS" => "webhook:" + address, "ETL_ALERT_OPS_SECRET" => Secret, _ => null }, _ => { }, s_clock);
}

using System.Collections.Concurrent;
using System.Text;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Core.Webhooks;

namespace Etl.Server.Alerts;

/// <summary>
/// Makes channels from settings: <c>ETL_ALERT_&lt;NAME&gt;</c> (upper case, <c>-</c> as <c>_</c>) is <c>webhook:https://…</c>,
/// <c>smtp:host=…;from=…;to=…</c> or <c>log:</c>. A webhook's secret stands in <c>ETL_ALERT_&lt;NAME&gt;_SECRET</c>, a mail server's password in
/// <c>ETL_ALERT_&lt;NAME&gt;_PASSWORD</c>. No value is ever repeated in a message: an address may hold a token.
/// </summary>
/// <param name="settings">Value of an environment-style name, or null.</param>
/// <param name="log">Takes messages for the channel <c>log</c>.</param>
/// <param name="time">The clock.</param>
public sealed class AlertChannelFactory(Func<string, string?> settings, Action<AlertMessage> log, TimeProvider time) : IAlertChannels, IDisposable
{
    private const string Forms = "'webhook:https://example.com/hook', 'smtp:host=mail.example.com;from=etl@example.com;to=ops@example.com' or 'log:'";

    private readonly ConcurrentDictionary<string, IAlertChannel> _made = new(StringComparer.Ordinal);
    private readonly Lazy<HttpClient> _client = new(WebhookReceiver.NewClient);

    /// <summary>The variable that sets a channel.</summary>
    public static string VariableOf(string channel) => "ETL_ALERT_" + channel.ToUpperInvariant().Replace('-', '_');

    /// <inheritdoc/>
    public IAlertChannel Find(string name) => _made.GetOrAdd(name, Make);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }

    private IAlertChannel Make(string name)
    {
        var variable = VariableOf(name);
        var value = settings(variable) ?? (name == AlertChannels.Log ? "log:" : throw Fault($"Channel '{name}' is not configured. Set {variable} to {Forms}."));
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        var (kind, rest) = colon < 0 ? (value, "") : (value[..colon], value[(colon + 1)..]);
        return kind switch
        {
            "log" when rest.Length == 0 => new LogChannel(log),
            "webhook" => new WebhookChannel(WebhookReceiver.Make(
                name, variable, rest, "webhook:https://example.com/hook", SecretOf(variable + "_SECRET"), _client.Value, time)),
            "smtp" => MailChannel.Make(name, variable, rest, SecretOf(variable + "_PASSWORD")),
            _ => throw Fault($"{variable} is none of {Forms}. Its value is not shown, it may hold a token."),
        };
    }

    private Secret? SecretOf(string variable) => settings(variable) is { Length: > 0 } value ? new Secret(value) : null;

    internal static EtlException Fault(string message, Exception? cause = null) => new(FaultKind.Usage, message, cause) { Code = "alert-channel" };

    /// <summary>A post of the message's body.</summary>
    private sealed class WebhookChannel(WebhookReceiver receiver) : IAlertChannel
    {
        public Task DeliverAsync(AlertMessage message, CancellationToken cancellation) => receiver.PostAsync(message.Id, Encoding.UTF8.GetBytes(message.Body), cancellation);
    }

    /// <summary>A line in the output of this process.</summary>
    private sealed class LogChannel(Action<AlertMessage> log) : IAlertChannel
    {
        public Task DeliverAsync(AlertMessage message, CancellationToken cancellation)
        {
            log(message);
            return Task.CompletedTask;
        }
    }
}

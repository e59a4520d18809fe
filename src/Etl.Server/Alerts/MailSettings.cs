using System.Globalization;
using System.Net.Mail;
using Etl.Core.Text;
using Etl.Core.Webhooks;

namespace Etl.Server.Alerts;

/// <summary>
/// Where mail goes: <c>host=mail.example.com;port=587;from=etl@example.com;to=a@example.com,b@example.com;user=etl;tls=starttls</c>. The port is 587 and
/// the connection is turned into a secure one (STARTTLS) unless it says otherwise; servers that are secure from the first byte (port 465) are not spoken to.
/// </summary>
internal sealed record MailSettings(string Host, int Port, MailAddress From, IReadOnlyList<MailAddress> To, string? User, bool IsSecure)
{
    private static readonly string[] s_keys = ["host", "port", "from", "to", "user", "tls"];

    /// <summary>Reads the settings.</summary>
    /// <exception cref="Core.Errors.EtlException">They say too little or something else.</exception>
    public static MailSettings Parse(string variable, string value, bool hasPassword)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var split = part.IndexOf('=', StringComparison.Ordinal);
            var key = split < 0 ? part : part[..split].Trim();
            if (split < 0 || !s_keys.Contains(key)) throw Fault(variable, $"'{(key.Length > 20 ? "…" : key)}' is none of its keys {string.Join(", ", s_keys)}.{Nearest.Hint(key, s_keys)}");
            if (!parts.TryAdd(key, part[(split + 1)..].Trim())) throw Fault(variable, $"'{key}' occurs twice.");
        }
        if (parts.GetValueOrDefault("host") is not { Length: > 0 } host || host.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))) throw Fault(variable, "It needs 'host'.");
        var port = 587;
        if (parts.TryGetValue("port", out var text) && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535))
            throw Fault(variable, "'port' is not a number from 1 to 65535.");
        if (port == 465) throw Fault(variable, "Port 465 is secure from the first byte, which is not supported. Use the server's port for STARTTLS, mostly 587.");
        var tls = parts.GetValueOrDefault("tls", "starttls");
        if (tls is not ("starttls" or "off")) throw Fault(variable, "'tls' is starttls or off.");
        var user = parts.GetValueOrDefault("user");
        if (user is not null != hasPassword) throw Fault(variable, hasPassword ? $"There is a password in {variable}_PASSWORD and no 'user'." : $"'user' needs its password in {variable}_PASSWORD.");
        if (tls == "off" && user is not null && !WebhookGuard.IsLoopback(host)) throw Fault(variable, "'tls=off' would send the password in the clear. Leave 'tls' out.");
        var to = Addresses(variable, "to", parts);
        return new MailSettings(host, port, Addresses(variable, "from", parts)[0], to, user, tls == "starttls");
    }

    private static List<MailAddress> Addresses(string variable, string key, Dictionary<string, string> parts)
    {
        var found = new List<MailAddress>();
        foreach (var text in parts.GetValueOrDefault(key, "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            found.Add(!text.Any(char.IsControl) && MailAddress.TryCreate(text, out var address) ? address : throw Fault(variable, $"'{key}' holds something that is no mail address."));
        return found.Count > 0 ? found : throw Fault(variable, $"It needs '{key}', a mail address{(key == "to" ? " or several with commas" : "")}.");
    }

    private static Core.Errors.EtlException Fault(string variable, string what) =>
        AlertChannelFactory.Fault($"{variable} describes no mail server. {what} Write 'smtp:host=mail.example.com;from=etl@example.com;to=ops@example.com'.");
}

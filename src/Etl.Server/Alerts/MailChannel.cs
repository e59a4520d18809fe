using System.Net;
using System.Net.Mail;
using System.Text;
using System.Text.Json;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Secrets;

namespace Etl.Server.Alerts;

/// <summary>Sends messages as mail in plain text: the sentence, then the facts one to a line.</summary>
internal sealed class MailChannel(string name, MailSettings settings, Secret? password) : IAlertChannel
{
    private const int LongestSubject = 150;

    /// <summary>Makes the channel that settings describe.</summary>
    /// <exception cref="EtlException">They describe none.</exception>
    public static MailChannel Make(string name, string variable, string value, Secret? password) =>
        new(name, MailSettings.Parse(variable, value, password is not null), password);

    /// <inheritdoc/>
    public async Task DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var mail = Compose(message);
        using var client = new SmtpClient(settings.Host, settings.Port)
        {
            EnableSsl = settings.IsSecure,
            UseDefaultCredentials = false,
            Credentials = password is null ? null : new NetworkCredential(settings.User, password.Reveal()),
        };
        try
        {
            await client.SendMailAsync(mail, cancellation).ConfigureAwait(false);
        }
        catch (SmtpException fault)
        {
            throw new EtlException(FaultKind.Unreachable, $"Mail channel '{name}' could not send at '{settings.Host}': {OneLine(fault.InnerException is null ? fault.Message : $"{fault.Message} {fault.InnerException.Message}")}", fault)
            { Code = "alert-channel", IsTransient = true };
        }
        catch (Exception fault) when (fault is System.Security.Authentication.AuthenticationException or IOException)
        {
            throw new EtlException(FaultKind.Unreachable, $"Mail channel '{name}' could not make a secure connection to '{settings.Host}'. Is its certificate valid for that name? {OneLine(fault.Message)}", fault)
            { Code = "alert-channel", IsTransient = true };
        }
    }

    private MailMessage Compose(AlertMessage message)
    {
        var mail = new MailMessage
        {
            From = settings.From,
            // A line break in a subject would begin another header.
            Subject = OneLine($"[etl] {message.Subject}"),
            SubjectEncoding = Encoding.UTF8,
            Body = Text(message.Body),
            BodyEncoding = Encoding.UTF8,
            IsBodyHtml = false,
        };
        foreach (var address in settings.To) mail.To.Add(address);
        mail.Headers.Add("Message-ID", $"<{message.Id}@{settings.From.Host}>");
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        return mail;
    }

    private static string Text(string body)
    {
        using var facts = JsonDocument.Parse(body);
        var text = new StringBuilder();
        if (facts.RootElement.TryGetProperty("message", out var sentence)) text.Append(sentence.GetString()).Append("\n\n");
        foreach (var fact in facts.RootElement.EnumerateObject().Where(f => f.Name is not ("message" or "type") && f.Value.ValueKind != JsonValueKind.Null))
            text.Append(fact.Name).Append(": ").Append(fact.Value.ToString().ReplaceLineEndings(" ")).Append('\n');
        return text.ToString();
    }

    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
        return line.Length <= LongestSubject ? line : line[..(LongestSubject - 1)] + "…";
    }
}

using System.Text.Json;

namespace Etl.Parsing;

/// <summary>An answer that is an address.</summary>
/// <param name="Address">The text, not looked at; null when the service gave null or an empty text, behind which it hides nearly every failure (wire facts 4.1).</param>
/// <param name="Error">The error that came instead.</param>
public sealed record AddressReply(string? Address, ServiceError? Error)
{
    /// <summary>What came, without the address: it embeds a session.</summary>
    public override string ToString() => Error is not null ? $"error {Error.Code}" : Address is null ? "no address" : "an address";
}

/// <summary>Reads the answer of <c>getUrlForReportAsCsv</c>: one JSON text.</summary>
public static class AddressReplyReader
{
    /// <summary>Reads one whole reply.</summary>
    /// <param name="body">The decoded body.</param>
    /// <exception cref="ReportFormatException">The body is not a whole JSON text, or null.</exception>
    public static AddressReply Read(ReadOnlySpan<byte> body)
    {
        if (ServiceErrorReader.TryRead(body) is { } error) return new AddressReply(null, error);
        using var document = SmallBody.Parse(body);
        return document.RootElement.ValueKind switch
        {
            JsonValueKind.String => new AddressReply(SmallBody.Text(document.RootElement) is { Length: > 0 } text ? text : null, null),
            JsonValueKind.Null => new AddressReply(null, null),
            _ => throw SmallBody.NotJson("The reply is not an address."),
        };
    }
}

using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>Asks <c>getUrlForReportAsCsv</c>. Its answer is an address with a session in it, at which captures cut it.</summary>
internal static class ExportUrl
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The address of a new file; each call makes one.</summary>
    public static Task<DownloadUrl> AskAsync(PullContext pull, DownloadGate gate, ApiRequest request, CancellationToken cancellation) =>
        pull.CallAsync(request, async (body, token) => gate.Admit(request.What, await ReadAsync(pull, request.What, body, token).ConfigureAwait(false)), cancellation);

    private static async Task<string> ReadAsync(PullContext pull, string what, Stream body, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + read > MaxBytes) throw pull.Fault("too-large", $"the answer of {what} is larger than {MaxBytes} bytes; expected an address.");
            copy.Write(buffer, 0, read);
        }
        pull.Log.Bytes += copy.Length;
        AddressReply reply;
        try
        {
            reply = AddressReplyReader.Read(copy.GetBuffer().AsSpan(0, (int)copy.Length));
        }
        catch (ReportFormatException)
        {
            throw new ApiException(FaultKind.Window, $"{what}: the answer is not an address.") { Code = "not-json", IsTransient = true, MaxAttempts = 3 };
        }
        if (reply.Error is { } error) throw ErrorRules.Exception(what, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
        // Every failure but one is hidden behind an empty answer (wire facts 4.1), also one that stays.
        return reply.Address ?? throw new ApiException(FaultKind.Window, $"{what}: the service gave no address: it failed to write the file and does not say why. If it stays, narrow the filter or pull the report with 'action: table'.")
        { Code = "csv-url-empty", IsTransient = true, MaxAttempts = 4 };
    }
}

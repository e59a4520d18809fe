using System.Security.Cryptography;
using System.Text;
using Etl.Core.Raw;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;

namespace Etl.Kaltura.Raw;

/// <summary>What identifies a request in a recording. The session is no part of it; capture and replay make it in one way.</summary>
internal static class RawRequests
{
    private const string ShelfPrefix = "shelf:";

    /// <summary>A call. The session is added by the transport and stands in no field; should one repeat a known secret, it is masked.</summary>
    public static RawRequest Of(ApiRequest request, SecretMask mask) =>
        new(request.Service, request.Action, [.. Fields(request).Select(f => KeyValuePair.Create(f.Key, mask.HideKnown(f.Value)))]);

    /// <summary>A question whose answer came along with another pull's call.</summary>
    public static RawRequest Shelved(ApiRequest request, SecretMask mask) => Of(request, mask) with { Service = ShelfPrefix + request.Service };

    /// <summary>The question, when it was answered from the shelf; otherwise null.</summary>
    public static ApiRequest? FromShelf(RawRequest request) => request.Service.StartsWith(ShelfPrefix, StringComparison.Ordinal)
        ? new ApiRequest(request.Service[ShelfPrefix.Length..], request.Action, request.Fields)
        : null;

    /// <summary>A download.</summary>
    public static RawRequest Of(DownloadUrl url) => new("file", "get", [KeyValuePair.Create("url", url.Masked)]);

    private static IEnumerable<KeyValuePair<string, string>> Fields(ApiRequest request) =>
        request.Json is { } json ? request.Fields.Append(KeyValuePair.Create("json", Encoding.UTF8.GetString(json))) : request.Fields;

    /// <summary>A short form that is equal for equal requests.</summary>
    public static string Key(RawRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in request.Fields.SelectMany(f => new[] { f.Key, f.Value }).Prepend(request.Action).Prepend(request.Service))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            // With its length, so that no two lists of texts run together.
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A fault as it is kept.</summary>
    public static RawFault Of(ApiException fault, SecretMask mask) =>
        new(fault.Kind, fault.Code, mask.Clean(fault.Message, int.MaxValue), fault.IsTransient, fault.MaxAttempts, fault.SessionReason);

    /// <summary>A kept fault, to be raised again. Waits are left out: a replay waits for nobody.</summary>
    public static ApiException Fault(RawFault fault) => new(fault.Kind, fault.Message)
    {
        Code = fault.Code,
        IsTransient = fault.IsTransient,
        MaxAttempts = fault.MaxAttempts,
        SessionReason = fault.SessionReason,
    };
}

using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>Several calls in one, as the service takes them: <c>1[service]=…</c>, the answers in an array, each fault at its own position.</summary>
internal static class ScriptedMultirequest
{
    public static IEnumerable<RecordedCall> Split(RecordedCall call)
    {
        for (var number = 1; ; number++)
        {
            var prefix = number.ToString(CultureInfo.InvariantCulture) + "[";
            var form = new Dictionary<string, string>(call.Form.Where(f => !char.IsAsciiDigit(f.Key[0])));
            foreach (var (name, value) in call.Form.Where(f => f.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                var close = name.IndexOf(']', StringComparison.Ordinal);
                form[name[prefix.Length..close] + name[(close + 1)..]] = value;
            }
            if (!form.TryGetValue("service", out var service)) yield break;
            yield return call with { Path = $"/api_v3/service/{service}/action/{form["action"]}", Form = form };
        }
    }

    /// <summary>The answers as one. What goes wrong on the wire goes wrong with the whole: the first answer's faults are those of all.</summary>
    public static Answer Join(IReadOnlyList<Answer> answers)
    {
        var first = answers[0];
        if (first.Status != 200 || first.Reset || first.Body.Length == 0 || first.Headers.GetValueOrDefault("X-Kaltura", "").StartsWith("error-", StringComparison.Ordinal) || first.Body[0] == (byte)'<') return first;
        var isGzip = first.Headers.GetValueOrDefault("Content-Encoding") == "gzip";
        if (isGzip && Unzip(first.Body) is null) return first;
        var body = new MemoryStream();
        var head = isGzip ? Unzip(first.Body)! : first.Body;
        body.Write("["u8);
        body.Write(head);
        // A body that is cut or hangs has nothing behind it.
        var isWhole = first is { StatedLength: null, HangAfter: null } && head[^1] is (byte)'}' or (byte)']';
        if (isWhole)
        {
            foreach (var next in answers.Skip(1))
            {
                body.Write(","u8);
                body.Write(next.Status == 200 && next.Body.Length > 0 && !next.Headers.ContainsKey("Content-Encoding") ? next.Body
                    : Encoding.UTF8.GetBytes("{\"code\":\"INTERNAL_SERVER_ERROR\",\"message\":\"Internal server error N\\/A\",\"objectType\":\"KalturaAPIException\",\"args\":{\"ERR_TEXT\":\"N\\/A\"}}"));
            }
            body.Write("]"u8);
        }
        return first with { Body = isGzip ? Zip(body.ToArray()) : body.ToArray(), HangAfter = first.HangAfter < 0 ? first.HangAfter : first.HangAfter + 1, StatedLength = first.StatedLength + 1 };
    }

    private static byte[]? Unzip(byte[] body)
    {
        try
        {
            using var unzipped = new MemoryStream();
            using var stream = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            stream.CopyTo(unzipped);
            return unzipped.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] Zip(byte[] body)
    {
        using var zipped = new MemoryStream();
        using (var stream = new GZipStream(zipped, CompressionLevel.Fastest)) stream.Write(body);
        return zipped.ToArray();
    }
}

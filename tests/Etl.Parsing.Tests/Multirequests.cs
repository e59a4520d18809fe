namespace Etl.Parsing.Tests;

/// <summary>Cuts a multirequest reply and keeps all of it.</summary>
internal static class Multirequests
{
    /// <param name="body">The reply.</param>
    /// <param name="chunk">Bytes that arrive at once.</param>
    /// <param name="read">Bytes asked at once.</param>
    public static async Task<List<byte[]>> CutAsync(byte[] body, int chunk = int.MaxValue, int read = 4096)
    {
        var reply = new MultirequestBody(new SlowStream(body, chunk));
        var parts = new List<byte[]>();
        while (await reply.NextAsync(default) is { } part)
        {
            using var copy = new MemoryStream();
            var buffer = new byte[read];
            int got;
            while ((got = await part.ReadAsync(buffer)) > 0) copy.Write(buffer, 0, got);
            parts.Add(copy.ToArray());
        }
        return parts;
    }

    private sealed class SlowStream(byte[] body, int chunk) : ReadOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(chunk, buffer.Length), body.Length - _at);
            body.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return ValueTask.FromResult(count);
        }
    }
}

using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Raw;

/// <summary>
/// The recorded answers of one pull by what was asked, first in first out. Bodies stay on disk; in memory is one short line
/// per answer. Safe for concurrent use.
/// </summary>
internal sealed class Recording
{
    private readonly Dictionary<string, Queue<Answer>> _answers = new(StringComparer.Ordinal);
    private readonly List<(ApiRequest Request, string Body)> _shelved = [];
    private readonly IRawRecording _recording;

    public Recording(IRawRecording recording)
    {
        _recording = recording;
        foreach (var entry in recording.Read())
        {
            if (RawRequests.FromShelf(entry.Request) is { } asked && entry.Sha256 is { } shelved)
            {
                _shelved.Add((asked, shelved));
                continue;
            }
            var key = RawRequests.Key(entry.Request);
            if (!_answers.TryGetValue(key, out var queue)) _answers.Add(key, queue = new Queue<Answer>());
            queue.Enqueue(new Answer(entry.Sha256, entry.Fault));
        }
    }

    /// <summary>Questions that came along with another pull's call, and their answers, which are small.</summary>
    public IEnumerable<(ApiRequest Request, byte[] Body)> Shelved()
    {
        foreach (var (request, name) in _shelved)
        {
            using var body = _recording.Open(name);
            using var copy = new MemoryStream();
            body.CopyTo(copy);
            yield return (request, copy.ToArray());
        }
    }

    /// <summary>The next answer to a request.</summary>
    /// <exception cref="ApiException">It was a fault, or there is none.</exception>
    /// <exception cref="EtlException">Its body is damaged.</exception>
    public Stream Next(string what, RawRequest request)
    {
        Answer? answer;
        lock (_answers)
        {
            if (!_answers.TryGetValue(RawRequests.Key(request), out var queue) || !queue.TryDequeue(out answer)) throw NotRecorded(what, queue is not null);
        }
        if (answer.Body is null) throw answer.Fault is { } fault ? RawRequests.Fault(fault) : NotRecorded(what, known: true);
        var body = _recording.Open(answer.Body);
        return answer.Fault is { } broke ? new BrokenBody(body, broke) : new RecordedBody(body);
    }

    private ApiException NotRecorded(string what, bool known)
    {
        var head = _recording.Head;
        return new ApiException(
            FaultKind.Window,
            $"{what}: the recording of pull '{head.Pull}' has no {(known ? "further " : "")}answer to this request. The settings (KALTURA_PARTNER_ID, KALTURA_SERVICE_URL) or this program differ from those of the pull. "
            + $"Nobody else was asked and nothing was published. Pull the window again: 'etl run {head.Key.Job} --from {head.Key.Label} --to {head.Key.Label} --force'.")
        { Code = "not-recorded" };
    }

    private sealed record Answer(string? Body, RawFault? Fault);

    /// <summary>A whole body.</summary>
    private class RecordedBody(Stream body) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => body.ReadAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) body.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A body that broke off.</summary>
    private sealed class BrokenBody(Stream body, RawFault fault) : RecordedBody(body)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return read > 0 || buffer.IsEmpty ? read : throw RawRequests.Fault(fault);
        }
    }
}

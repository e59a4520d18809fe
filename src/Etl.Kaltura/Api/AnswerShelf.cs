using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Parsing;

namespace Etl.Kaltura.Api;

/// <summary>An answer that came along with another call's.</summary>
/// <param name="Body">The decoded answer.</param>
/// <param name="Pull">The pull that asked for it.</param>
/// <param name="Source">Its source.</param>
/// <param name="At">When it came.</param>
internal sealed record ShelvedAnswer(byte[] Body, string Pull, string Source, DateTimeOffset At)
{
    /// <summary>Pulls that have it: a pull that asks again wants a new one.</summary>
    public ConcurrentDictionary<string, bool> Takers { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Small answers that came in one round trip with another one (wire facts 1.6), until a source of the same job, account and window asks exactly that
/// question. Each pull gets it once, and none is given out later than <see cref="MaxAge"/> after it came. Safe for concurrent use.
/// </summary>
internal sealed class AnswerShelf(TimeProvider clock)
{
    /// <summary>How long an answer stands for the present.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    /// <summary>Larger answers are not kept: they are asked by themselves.</summary>
    private const int MaxBytes = 8 << 20;

    private readonly ConcurrentDictionary<string, ShelvedAnswer> _answers = new(StringComparer.Ordinal);

    /// <summary>The answer to a question, once for each pull; null when there is none. Another pull of the source that it came for asks anew.</summary>
    public ShelvedAnswer? Take(PullRequest pull, ApiRequest request) =>
        _answers.TryGetValue(KeyOf(pull.Key, request), out var answer) && clock.GetUtcNow() - answer.At <= MaxAge
            && (answer.Pull == pull.PullId || answer.Source != pull.Key.Source) && answer.Takers.TryAdd(pull.PullId, true) ? answer : null;

    /// <summary>Puts a recorded answer back, for a replay: there it does not age.</summary>
    public void Put(WindowKey window, ApiRequest request, byte[] body) =>
        _answers[KeyOf(window, request)] = new ShelvedAnswer(body, "that is recorded too", "", DateTimeOffset.MaxValue);

    /// <summary>Forgets the answer to a question.</summary>
    public void Drop(PullRequest pull, ApiRequest request) => _answers.TryRemove(KeyOf(pull.Key, request), out _);

    /// <summary>Reads what follows the first position of a multirequest, to the end, and keeps it.</summary>
    /// <exception cref="EtlException">The answer is damaged, or has another number of positions.</exception>
    public async Task FillAsync(PullRequest pull, IReadOnlyList<ApiRequest> requests, MultirequestBody parts, CancellationToken cancellation)
    {
        foreach (var (key, _) in _answers.Where(a => clock.GetUtcNow() - a.Value.At > MaxAge)) _answers.TryRemove(key, out _);
        List<(string Key, ShelvedAnswer Answer)> come = [];
        for (var i = 0; ; i++)
        {
            var part = await parts.NextAsync(cancellation).ConfigureAwait(false);
            if ((part is null) != (i == requests.Count))
                throw new ReportFormatException(ReportFormatException.Truncated, $"The reply answers {(part is null ? i + 1 : $"more than {i + 1}")} of {requests.Count + 1} requests.");
            if (part is null) break;
            if (await ReadAsync(part, cancellation).ConfigureAwait(false) is { } body)
                come.Add((KeyOf(pull.Key, requests[i]), new ShelvedAnswer(body, pull.PullId, pull.Key.Source, clock.GetUtcNow())));
        }
        foreach (var (key, answer) in come) _answers[key] = answer;
    }

    private static async Task<byte[]?> ReadAsync(Stream part, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await part.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + read > MaxBytes) return null;
            copy.Write(buffer, 0, read);
        }
        return copy.ToArray();
    }

    private static string KeyOf(WindowKey window, ApiRequest request) => $"{window.Job}/{window.Account}/{window.Label}\n{request.Signature}";
}

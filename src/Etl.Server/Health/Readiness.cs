using Etl.Core.Errors;

namespace Etl.Server.Health;

/// <summary>Whether this server can work: its ledger answers and its scheduler runs. Asks at most once a second, whoever asks how often.</summary>
internal sealed class Readiness(ServerParts parts)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(5);

    private readonly Reading.Fresh<string?> _fault = new(s_fresh, parts.Time, cancellation => AskAsync(parts, cancellation));

    /// <summary><c>ledger</c> or <c>scheduler</c>, what does not answer; null when both do.</summary>
    public Task<string?> FindFaultAsync(CancellationToken cancellation) => _fault.GetAsync(cancellation);

    private static async Task<string?> AskAsync(ServerParts parts, CancellationToken cancellation)
    {
        if (!await AnswersAsync(parts.Ledger.JobsAsync(cancellation)).ConfigureAwait(false)) return "ledger";
        return await AnswersAsync(parts.Desk.NextAsync(cancellation)).ConfigureAwait(false) ? null : "scheduler";
    }

    private static async Task<bool> AnswersAsync(Task question)
    {
        try
        {
            await question.WaitAsync(s_patience).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is EtlException or TimeoutException or InvalidOperationException)
        {
            return false;
        }
    }
}

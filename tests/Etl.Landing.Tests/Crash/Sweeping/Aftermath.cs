namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>What is asked of every state that a fault left.</summary>
internal static class Aftermath
{
    /// <summary>
    /// Looks at what a fault left, runs again, and once more. (a) One whole generation is to be seen, and the new one where it was reported as done; (b) a plain run
    /// reaches the new one; (c) nothing temporary is left then; (d) one more run changes nothing; (e) the ledger agrees.
    /// </summary>
    /// <param name="subject">What was at work.</param>
    /// <param name="data">Its folder.</param>
    /// <param name="answer">What the process said; null when it died.</param>
    /// <param name="hasFailedSync">True when something was refused that makes durable what is reported.</param>
    /// <returns>What was seen right after the fault, and what is wrong; null when nothing is.</returns>
    public static async Task<(Generation? Seen, string? Violation)> FindAsync(SweepSubject subject, string data, string? answer, bool hasFailedSync = false)
    {
        Generation? seen = null;
        var step = "right after it";
        try
        {
            seen = await subject.LookAsync(data);
            if (answer is not null && subject.IsAcknowledged(answer))
            {
                if (seen == Generation.Old) throw new ViolationException("it was reported as done, and is not to be seen");
                if (hasFailedSync) throw new ViolationException("it was reported as done over a sync that failed");
            }
            step = "run again";
            await RunAsync(subject, data);
            step = "run once more";
            var content = Folders.Content(data);
            await RunAsync(subject, data);
            var now = Folders.Content(data);
            if (now.Except(content).Concat(content.Except(now)).FirstOrDefault() is { } changed) throw new ViolationException($"a run that had nothing to do changed '{changed}'");
            return (seen, null);
        }
        catch (Exception fault) when (fault is not SkipException)
        {
            return (seen, $"{step}: {(fault is ViolationException ? fault.Message : fault.ToString())} (answer: {answer ?? "killed"})");
        }
    }

    private static async Task RunAsync(SweepSubject subject, string data)
    {
        await subject.RunAsync(data);
        if (await subject.LookAsync(data) != Generation.New) throw new ViolationException("the new generation is not to be seen");
        await subject.CheckEndAsync(data);
    }
}

using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Pipeline.Pulling;

namespace Etl.Pipeline.Running;

/// <summary>What becomes of the quarantine of pulls that did not land.</summary>
internal static class QuarantineKeeping
{
    /// <summary>A pull that failed on its data keeps its rows for people, until a later one lands; any other takes them along.</summary>
    public static void AfterFault(PipelineParts parts, WindowKey key, string pull, StagingSink sink, bool keep)
    {
        try
        {
            if (keep) sink.CompleteQuarantine();
            else parts.Quarantine.Remove(key, pull);
        }
        catch (EtlException)
        {
            // The fault that the window failed on is the one to tell.
        }
    }

    /// <summary>Removes what earlier pulls of the window left that never landed; those of pulls that did are part of what is known of them.</summary>
    public static async Task AfterLandingAsync(PipelineParts parts, WindowKey key, string landed)
    {
        try
        {
            var others = parts.Quarantine.List(key).Select(p => p.Pull).Where(p => p != landed).ToList();
            if (others.Count == 0) return;
            var known = (await parts.Ledger.LandingsAsync(key, CancellationToken.None).ConfigureAwait(false)).Select(l => l.Pull).ToHashSet(StringComparer.Ordinal);
            foreach (var pull in others)
                if (!known.Contains(pull)) parts.Quarantine.Remove(key, pull);
        }
        catch (EtlException)
        {
            // The pull is landed; what is left over goes after the next one.
        }
    }
}

using Etl.Core.Errors;

namespace Etl.Scheduling;

/// <summary>Says a fault of an engine's store as one that passes, which callers know what to do with.</summary>
internal static class StoreFaults
{
    private static readonly string[] s_ends = ["\n", " ---> ", "   at "];

    // Quartz puts all of an inner fault into its message, to the last line of the stack.
    private static string Sentence(string message)
    {
        var end = s_ends.Select(mark => message.IndexOf(mark, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(message.Length).Min();
        return message[..end].Trim().TrimEnd('.') + ".";
    }

    public static async Task<T> ExplainAsync<T>(string doing, Func<Exception, bool> isStore, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception fault) when (isStore(fault))
        {
            throw new EtlException(
                FaultKind.Window,
                $"The scheduler could not {doing}, since its store in the database of ETL_LEDGER did not answer: {Sentence(fault.Message)} It goes on by itself when the database is back.",
                fault)
                { Code = "scheduler-store", IsTransient = true };
        }
    }
}

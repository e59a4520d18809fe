using Etl.Core.Errors;

namespace Etl.Scheduling;

/// <summary>Says a fault of an engine's store as one that passes, which callers know what to do with.</summary>
internal static class StoreFaults
{
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
                $"The scheduler could not {doing}, since its store in the database of ETL_LEDGER did not answer: {fault.Message.ReplaceLineEndings(" ").Trim()} It goes on by itself when the database is back.",
                fault)
                { Code = "scheduler-store", IsTransient = true };
        }
    }
}

using Etl.Core.Errors;
using Etl.Core.Raw;

namespace Etl.Pipeline.Pulling;

/// <summary>Keeps the raw replies of a pull that failed on its data.</summary>
internal static class FailedCapture
{
    /// <summary>Keeps them and says where, in a whole sentence. Why the pull failed is told in any case, also when they cannot be kept: the reason may be a full disk.</summary>
    public static async Task<string> KeepAsync(IRawCapture raw, RawHead head)
    {
        try
        {
            return $"The raw replies are kept; '{await raw.KeepAsync(head, CancellationToken.None).ConfigureAwait(false)}' lists them.";
        }
        catch (EtlException e)
        {
            return $"The raw replies could not be kept: {e.Message}";
        }
    }
}

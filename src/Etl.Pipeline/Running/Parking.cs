using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Pipeline.Running;

/// <summary>
/// Parked windows: those whose attempts failed by themselves, or killed their process, as often in a row as their job allows. No alarm, retry or plain
/// run takes them up; what a person forces does (docs/decisions/0013).
/// </summary>
public static class Parking
{
    /// <summary>Code of a window that a run left alone because it is parked.</summary>
    public const string Code = "parked";

    private const string Began = "Parked after ";

    /// <summary>What to do about a parked window, as one sentence.</summary>
    public static string WayOut(WindowKey key) =>
        $"When the cause is gone: 'etl run {key.Job} --from {key.Label} --to {key.Label} --force'.";

    /// <summary>Why a window is parked and what to do, in whole sentences.</summary>
    public static string Describe(WindowRecord parked) => $"{parked.Reason ?? "It is parked."} {WayOut(parked.Key)}";

    /// <summary>The reason that is kept with a window that is parked now.</summary>
    /// <param name="strikes">Attempts that count.</param>
    /// <param name="last">What the last one ended with.</param>
    internal static string Reason(int strikes, string? last) => last?.StartsWith(Began, StringComparison.Ordinal) == true
        // Two workers were handed the window, and the other one has parked it.
        ? last
        : $"{Began}{strikes} {(strikes == 1 ? "attempt" : "attempts in a row")}. The last: {last ?? "its process ended without a word."}";
}

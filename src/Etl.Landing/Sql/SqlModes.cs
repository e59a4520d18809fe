using Etl.Core.Jobs;

namespace Etl.Landing.Sql;

/// <summary>Modes in the words of a job file.</summary>
internal static class SqlModes
{
    public static string Word(LandMode mode) => mode switch
    {
        LandMode.ReplaceWindow => "replace-window",
        LandMode.Merge => "merge",
        LandMode.Append => "append",
        LandMode.History => "history",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };
}

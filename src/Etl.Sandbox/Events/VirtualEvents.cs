namespace Etl.Sandbox.Events;

/// <summary>Which virtual event an entry belongs to: three events, each with a quarter of the entries; the rest belongs to none.</summary>
internal static class VirtualEvents
{
    public static readonly int[] Ids = [70001, 70002, 70003];

    /// <summary>The event's id, or 0.</summary>
    public static int Of(int entry) => entry % 4 is var part && part < Ids.Length ? Ids[part] : 0;
}

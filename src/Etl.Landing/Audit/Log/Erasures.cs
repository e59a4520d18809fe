namespace Etl.Landing.Audit.Log;

/// <summary>What entries of the kinds <c>erased</c> and <c>retention</c> say: which files of which snapshots are gone lawfully.</summary>
internal static class Erasures
{
    /// <summary>Name of the member of the facts.</summary>
    public const string Member = "erases";

    /// <summary>The member's value: a list of <c>{paths, seq}</c>. Paths are those of the manifests.</summary>
    public static IReadOnlyList<object> Of(params IEnumerable<Erasure> erasures) =>
        [.. erasures.Select(object (e) => new CanonicalObject { ["paths"] = e.Paths.ToArray<object>(), ["seq"] = e.Sequence })];
}

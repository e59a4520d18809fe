namespace Etl.Core.Jobs;

/// <summary>Something that a job does at the service besides reading. It is only done where a person says so, with <c>etl run --apply</c>, and once.</summary>
/// <param name="Name">Its name in the job.</param>
/// <param name="Call">What is called: one of <see cref="Calls"/>.</param>
/// <param name="With">
/// The fields that are sent, in order; nested ones as <c>thumbAsset[tags]</c>. <c>{name.id}</c> in a value stands for the id that an earlier action
/// of the job got as its answer.
/// </param>
public sealed record ActionSpec(string Name, string Call, IReadOnlyList<KeyValuePair<string, string>> With)
{
    /// <summary>What can be called. All others are refused: a list of what may be changed is short, and a typo must not reach <c>delete</c>.</summary>
    public static IReadOnlyList<string> Calls { get; } = ["thumbAsset.addFromEntry", "thumbAsset.setAsDefault", "entryVendorTask.add"];

    /// <summary>The call in one line, for people and for telling whether it was done.</summary>
    public override string ToString() => $"{Call}({string.Join(", ", With.Select(f => $"{f.Key}={f.Value}"))})";
}

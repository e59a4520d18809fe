using System.Globalization;
using System.Security.Cryptography;
using System.Text;

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
    /// <summary>A message to people, by the messaging service.</summary>
    public const string SendMessage = "message.send";

    /// <summary>What can be called. All others are refused: a list of what may be changed is short, and a typo must not reach <c>delete</c>.</summary>
    public static IReadOnlyList<string> Calls { get; } = ["thumbAsset.addFromEntry", "thumbAsset.setAsDefault", "entryVendorTask.add", SendMessage];

    /// <summary>
    /// The call in one line, for people and for telling whether it was done. People that a message goes to are counted and not named; eight digits of a
    /// hash tell one list of them from another.
    /// </summary>
    public override string ToString() => $"{Call}({string.Join(", ", With.Select(f => $"{f.Key}={(Call == SendMessage && f.Key == MessageFields.Users ? People(f.Value) : f.Value)}"))})";

    private static string People(string users) => string.Create(
        CultureInfo.InvariantCulture,
        $"{MessageFields.Items(users).Count} named users #{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(users)))[..8]}");
}

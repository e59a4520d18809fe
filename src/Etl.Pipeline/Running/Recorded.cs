using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Targets;

namespace Etl.Pipeline.Running;

/// <summary>
/// The recorded pull that a window is replayed from, and what speaks against publishing it. Replayed as it was it keeps its id and has to bring the
/// same rows; typed anew it is another pull over the same replies, and has to take rows out of quarantine.
/// </summary>
/// <param name="head">What the recording says of its pull.</param>
/// <param name="quarantined">To type it anew: rows of the pull in quarantine now. Otherwise null.</param>
internal sealed class Recorded(RawHead head, long? quarantined = null)
{
    /// <summary>Code of a replay that would leave as many rows in quarantine: nothing is changed.</summary>
    public const string StillQuarantined = "still-quarantined";

    /// <summary>Code of the refusal to replace a later pull.</summary>
    public const string Superseded = "superseded";

    /// <summary>Code of the refusal to drop a held pull.</summary>
    public const string Held = "held";

    private const string IdTime = "yyyyMMdd'T'HHmmss'Z'";

    public RawHead Head => head;

    /// <summary>True when the replies are typed anew.</summary>
    public bool IsAnew => quarantined is not null;

    /// <summary>Id of the pull that the replay makes.</summary>
    public string Pull { get; } = quarantined is null ? head.Pull : WindowRunner.NewPullId(head.PulledAt);

    /// <summary>
    /// When the service was asked: typing its replies anew does not make them younger. One millisecond orders the two pulls, so that the
    /// recording of the later one is the newest.
    /// </summary>
    public DateTimeOffset PulledAt { get; } = quarantined is null ? head.PulledAt : head.PulledAt.AddMilliseconds(1);

    /// <summary>What a window is, and what a run ends with, when its replay was refused.</summary>
    public static (WindowState State, int Exit) After(string code, int exit, WindowRecord? before) => code switch
    {
        Superseded => (WindowState.Superseded, exit),
        Held => (WindowState.Held, exit),
        StillQuarantined => before?.HeldPull is null ? (WindowState.Landed, ExitCode.Done) : (WindowState.Held, ExitCode.Held),
        _ => (WindowState.Failed, exit),
    };

    /// <summary>Throws when a later pull is published or held. Asked under the lease, so that nobody changes the answer.</summary>
    public async Task RefuseOlderAsync(ILedger ledger, IReadOnlyList<PublishedPull> published, CancellationToken cancellation)
    {
        var key = head.Key;
        var record = await ledger.FindWindowAsync(key, cancellation).ConfigureAwait(false);
        if (record?.HeldPull is { } held && !(IsAnew && held == head.Pull))
        {
            throw Refused(Held,
                $"pull '{held}' is held, and a replay would drop it. Publish it with 'etl release {key.Job} --window {key.Label}', or run the window again");
        }
        var pulls = (await ledger.PullsAsync(key, cancellation).ConfigureAwait(false)).ToDictionary(p => p.Pull, p => p.StartedAt);
        foreach (var pull in published.Select(p => p.Pull).Append(record?.LandedPull).OfType<string>().Distinct().Where(p => p != head.Pull))
        {
            // Where the ledger does not know the pull, its id tells the second in which it began.
            var latest = pulls.TryGetValue(pull, out var at) ? at : SecondOf(pull)?.AddSeconds(1);
            if (latest is not { } time || time > head.PulledAt)
                throw Refused(Superseded, $"pull '{pull}' is published, which was pulled later than the newest recorded one, '{head.Pull}'. Pull the window again: 'etl run {key.Job} --from {key.Label} --to {key.Label} --force'");
        }
    }

    /// <summary>Throws when the replay brought other rows than the pull had; typed anew, when it leaves as many in quarantine.</summary>
    public void RefuseOther(PullStamp stamp, long refused)
    {
        if (quarantined is { } before)
        {
            if (refused < before) return;
            throw Refused(StillQuarantined, string.Create(
                CultureInfo.InvariantCulture,
                $"today's parser and catalogue leave {refused} row{(refused == 1 ? "" : "s")} in quarantine, and pull '{head.Pull}' left {before}. Where the service sends better rows by now, pull the window again: 'etl run {head.Key.Job} --from {head.Key.Label} --to {head.Key.Label} --force'"));
        }
        if (stamp.Rows == head.Rows && stamp.ContentHash == head.ContentHash) return;
        throw Refused("replay-differs", string.Create(
            CultureInfo.InvariantCulture,
            $"the replay of pull '{head.Pull}' has {stamp.Rows} rows (content {stamp.ContentHash}), the pull had {head.Rows} ({head.ContentHash}): this build reads the replies in another way. Pull the window again: 'etl run {head.Key.Job} --from {head.Key.Label} --to {head.Key.Label} --force'"));
    }

    private EtlException Refused(string code, string why) =>
        new(FaultKind.Window, $"Window '{head.Key}' is not replayed: {why}. Nothing was touched.") { Code = code };

    private static DateTimeOffset? SecondOf(string pull) =>
        DateTimeOffset.TryParseExact(pull.Split('-')[0], IdTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

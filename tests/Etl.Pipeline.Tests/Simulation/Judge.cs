using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// Sees everything that happens at the ledger and at the targets, in the true order, and compares it with the promises. It knows the protocol's words and none of
/// the product's code.
/// </summary>
internal sealed class Judge(World world, SimService service)
{
    private readonly Dictionary<(WindowKey Key, long Fence), DateTimeOffset> _given = [];
    private readonly Dictionary<WindowKey, long> _highest = [];
    private readonly Dictionary<WindowKey, PullStamp> _settled = [];
    private readonly HashSet<(string Store, string Pull)> _refused = [];
    private readonly Dictionary<(string Store, WindowKey Key), long> _read = [];

    public List<string> Violations { get; } = [];

    /// <summary>How every try of a window ended.</summary>
    public List<WindowOutcome> Outcomes { get; } = [];

    public List<SimStore> Stores { get; } = [];

    public int Published { get; private set; }

    /// <summary>Commits that came too late and were refused.</summary>
    public int Refused => _refused.Count;

    /// <summary>Outcomes that said so.</summary>
    public int Superseded { get; private set; }

    public void Leased(Lease lease)
    {
        if (_highest.GetValueOrDefault(lease.Key) >= lease.Fence) Say($"fence {lease.Fence} of {lease.Key.Label} was given twice or out of order");
        _highest[lease.Key] = lease.Fence;
        _given[(lease.Key, lease.Fence)] = world.Now;
    }

    public void Publishing(SimStore store, WindowKey key, Shown? before, Shown after)
    {
        Published++;
        world.Note($"{store.Name} shows {key.Label}: pull {after.Pull} of fence {after.Fence}, {after.Rows.Count} rows");
        if (before is not null && after.Fence < before.Fence) Say($"{store.Name}: {key.Label} of fence {before.Fence} was replaced by an older pull, of fence {after.Fence}");
        Whole(store, key, after);
    }

    public void Refusing(SimStore store, string pull) => _refused.Add((store.Name, pull));

    public void Settled(Lease lease, Settlement settlement)
    {
        if (settlement.State is not (WindowState.Landed or WindowState.Frozen) || settlement.Stamp is not { } stamp) return;
        _settled[lease.Key] = stamp;
        foreach (var store in Stores)
        {
            Visible(store, lease.Key);
            if (_refused.Contains((store.Name, stamp.Pull))) Say($"{lease.Key.Label}: pull {stamp.Pull} was refused by {store.Name} and settled as landed");
        }
    }

    public void Finished(WindowOutcome outcome)
    {
        Outcomes.Add(outcome);
        if (outcome.State == WindowState.Superseded) Superseded++;
        if (outcome.Targets.Any(t => t.Outcome == LandingOutcome.Superseded) && outcome.State != WindowState.Superseded)
            Say($"{outcome.Key.Label}: a commit that came too late is told as {outcome.State}");
        if (outcome.State is WindowState.Landed or WindowState.Frozen && outcome.Pull is { } pull && outcome.Targets.Count > 0)
            foreach (var store in Stores)
                if (store.Find(outcome.Key) is not { } shown || shown.Fence < outcome.Fence && shown.Pull != pull)
                    Say($"{outcome.Key.Label}: told as landed, and {store.Name} does not show it");
    }

    /// <summary>A reader looks at a window.</summary>
    public void Read(SimStore store, WindowKey key)
    {
        Visible(store, key);
        if (store.Find(key) is not { } shown) return;
        Whole(store, key, shown);
        if (_read.GetValueOrDefault((store.Name, key)) > shown.Fence) Say($"{store.Name}: a reader of {key.Label} saw fence {_read[(store.Name, key)]} and then {shown.Fence}");
        _read[(store.Name, key)] = shown.Fence;
    }

    /// <summary>When everything is over: each window is landed, held or parked, and what the ledger says of it is what the targets show.</summary>
    public void End(IReadOnlyList<string> labels, Func<string, WindowRecord?> find)
    {
        foreach (var label in labels)
        {
            if (find(label) is not { } record)
            {
                Say($"{label} was never begun");
                continue;
            }
            if (record.State == WindowState.Parked && record.Reason?.Split("Parked after").Length != 2) Say($"{label} is parked with a reason that nobody can read: {record.Reason}");
            var isPoison = service.Poison.Contains(label);
            switch (record.State)
            {
                case WindowState.Parked when isPoison && !string.IsNullOrEmpty(record.Reason):
                case WindowState.Held when !isPoison && !string.IsNullOrEmpty(record.Reason):
                    break;
                // Planned and landed: a pull that was owed no more was cancelled, and the window is what it was.
                case WindowState.Landed or WindowState.Frozen or WindowState.Planned when !isPoison && record.LandedPull is not null:
                    foreach (var store in Stores)
                    {
                        Read(store, record.Key);
                        if (store.Find(record.Key) is not { } shown || shown.Pull != record.LandedPull || shown.Fence != record.LandedFence || shown.Hash != record.LandedHash)
                            Say($"{label}: the ledger says {record.LandedPull} of fence {record.LandedFence}, {store.Name} shows {store.Find(record.Key)?.Pull ?? "nothing"}");
                    }
                    break;
                default:
                    Say($"{label}{(isPoison ? " (poison)" : "")} ended as {record.State}{(record.IsLeased ? $" in the hands of {record.Owner}" : "")}, landed is {record.LandedPull ?? "nothing"}: {record.Reason ?? "no reason"}");
                    break;
            }
            if (isPoison && Stores.Any(s => s.Find(record.Key) is not null)) Say($"{label} is poison and was published");
        }
    }

    public void Say(string violation)
    {
        Violations.Add($"{world.Now:MM-dd HH:mm:ss} {violation}");
        world.Note($"VIOLATION {violation}");
    }

    // What was settled as landed is shown, or something newer.
    private void Visible(SimStore store, WindowKey key)
    {
        if (_settled.GetValueOrDefault(key) is not { } stamp) return;
        if (store.Find(key) is not { } shown) Say($"{store.Name}: {key.Label} is settled as landed and not there");
        else if (shown.Fence < stamp.Fence || (shown.Fence == stamp.Fence && shown.Pull != stamp.Pull))
            Say($"{store.Name}: {key.Label} is settled with fence {stamp.Fence}, and fence {shown.Fence} is shown");
    }

    // The rows are those of one state of the window, each once, that was there after the fence was given; and the record beside them is theirs.
    private void Whole(SimStore store, WindowKey key, Shown shown)
    {
        if (shown.RecordedPull != shown.Pull) Say($"{store.Name}: {key.Label} has rows of {shown.Pull} and the record of {shown.RecordedPull}");
        if (shown.Rows.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count() != shown.Rows.Count) Say($"{store.Name}: {key.Label} has rows twice");
        var edition = service.All(key.Label).FirstOrDefault(e => shown.Rows.Count > 0 ? e.Version == shown.Rows[0].Plays / 1000 : e.Rows == 0);
        if (edition is null || edition.Rows != shown.Rows.Count || shown.Rows.Where((r, i) => r.Plays != edition.Plays(i)).Any())
            Say($"{store.Name}: {key.Label} has rows that the service never had together: {string.Join(' ', shown.Rows.Select(r => r.Plays))}");
        else if (shown.Rows.Count > 0 && edition.Until <= _given.GetValueOrDefault((key, shown.Fence)))
            Say($"{store.Name}: {key.Label} has fence {shown.Fence} and rows from before that fence was given");
    }
}

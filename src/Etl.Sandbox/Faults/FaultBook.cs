namespace Etl.Sandbox.Faults;

/// <summary>The faults in force. Thread safe; a fault is used up by the calls that it hits.</summary>
internal sealed class FaultBook
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    public FaultBook(IEnumerable<SandboxFault> initial)
    {
        foreach (var fault in initial)
            Add(fault);
    }

    public void Add(SandboxFault fault)
    {
        if (!SandboxFaultKinds.All.Contains(fault.Kind, StringComparer.Ordinal))
            throw new ArgumentException($"Fault kind '{fault.Kind}' is not known; known are: {string.Join(", ", SandboxFaultKinds.All)}.", nameof(fault));
        lock (_gate)
            _entries.Add(new Entry(fault) { Left = fault.Times, Pass = fault.Skip });
    }

    public void Clear()
    {
        lock (_gate)
            _entries.Clear();
    }

    /// <summary>What is still in force.</summary>
    public List<SandboxFault> List()
    {
        lock (_gate)
            return [.. _entries.Where(e => e.Left != 0).Select(e => e.Fault with { Times = e.Left, Skip = e.Pass })];
    }

    /// <summary>The faults that hit this call; each is used up once.</summary>
    public List<SandboxFault> Take(string service, string action, long? report, long? page, long? account = null)
    {
        var hits = new List<SandboxFault>();
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                if (entry.Left == 0 || !Matches(entry.Fault, service, action, report, page, account) || entry.Pass-- > 0)
                    continue;
                entry.Pass = 0;
                if (entry.Left > 0)
                    entry.Left--;
                hits.Add(entry.Fault);
            }
        }
        return hits;
    }

    private static bool Matches(SandboxFault fault, string service, string action, long? report, long? page, long? account) =>
        (fault.Action == "*"
            || fault.Action.Equals(action, StringComparison.OrdinalIgnoreCase)
            || fault.Action.Equals(service + "." + action, StringComparison.OrdinalIgnoreCase))
        && (fault.Report is null || fault.Report == report)
        && (fault.Account is null || fault.Account == account)
        && (fault.Page is null || fault.Page == (page ?? 1));

    private sealed class Entry(SandboxFault fault)
    {
        public SandboxFault Fault { get; } = fault;

        public int Left { get; set; }

        public int Pass { get; set; }
    }
}

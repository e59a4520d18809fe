using System.Reflection;
using Etl.Core.Errors;
using Etl.Core.Ledger;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A ledger whose database is away while a test says so.</summary>
public class AwayLedger : DispatchProxy
{
    private object _inner = null!;
    private volatile bool _away;
    private int _asked;

    /// <summary>True while nothing can be asked.</summary>
    public bool IsAway
    {
        get => _away;
        set => _away = value;
    }

    /// <summary>How often it was asked something.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public static (T Ledger, AwayLedger Switch) Over<T>(T inner)
        where T : class
    {
        var ledger = Create<T, AwayLedger>();
        var away = (AwayLedger)(object)ledger;
        away._inner = inner;
        return (ledger, away);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Interlocked.Increment(ref _asked);
        return IsAway ? throw new EtlException(FaultKind.Window, "The ledger's database does not answer.") { IsTransient = true } : targetMethod!.Invoke(_inner, args);
    }
}

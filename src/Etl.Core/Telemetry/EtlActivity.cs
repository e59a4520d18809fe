using System.Diagnostics;
using System.Diagnostics.Metrics;
using Etl.Core.Windows;

namespace Etl.Core.Telemetry;

/// <summary>
/// What etl tells of its own work to whoever measures it. Spans: <c>run</c> (a look what is due), or <c>window</c> &gt; <c>pull</c> &gt;
/// <c>call</c>, and <c>window</c> &gt; <c>landing</c>. Nobody listening, nothing costs. Names and numbers only: never an address, a filter or an
/// answer, which may hold a credential.
/// </summary>
public static class EtlActivity
{
    /// <summary>Name of the source of spans and of the meter.</summary>
    public const string Name = "etl";

    /// <summary>The spans.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>The instruments that rooms without a server keep.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>Begins a span that speaks of a window; null when nobody listens.</summary>
    public static Activity? Start(string name, WindowKey key, ActivityKind kind = ActivityKind.Internal) => Source.StartActivity(name, kind)?
        .SetTag("etl.job", key.Job).SetTag("etl.source", key.Source).SetTag("etl.account", key.Account).SetTag("etl.window", key.Label);

    /// <summary>Ends a span as failed: by the fault's stable code or its type, not by its words.</summary>
    public static void Fail(Activity? activity, Exception fault)
    {
        var type = fault is Errors.EtlException { Code: var code } ? code : fault.GetType().FullName;
        activity?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error);
    }
}

using Etl.Core.Errors;
using Etl.Core.Scheduling;
using Etl.Scheduling.Quartz;

namespace Etl.Scheduling;

/// <summary>Chooses the engine.</summary>
public static partial class Schedulers
{
    /// <summary>The engines by the names that <c>--scheduler</c> takes. <c>auto</c> is Hangfire where this build has it, otherwise Quartz.</summary>
    public const string Auto = "auto", Quartz = "quartz", Hangfire = "hangfire";

    /// <summary>Makes the scheduler; it opens nothing before it starts.</summary>
    /// <param name="engine"><c>auto</c>, <c>quartz</c> or <c>hangfire</c>.</param>
    /// <param name="settings">How it works.</param>
    /// <param name="warn">Takes one sentence that a person should read; from several threads.</param>
    /// <exception cref="EtlException">This build does not have the engine.</exception>
    public static IJobScheduler Create(string engine, SchedulerSettings settings, Action<string> warn)
    {
        IJobScheduler? scheduler = null;
        if (engine != Quartz) TakeHangfire(settings, warn, ref scheduler);
        return scheduler ?? (engine == Hangfire
            ? throw new EtlException(
                FaultKind.Usage,
                "This build has no Hangfire, which comes with the package set 'full' (the container image has it; 'dotnet build -p:PackageSet=full' makes it). Leave --scheduler out, or say 'quartz': both do the same work.")
                { Code = "no-hangfire" }
            : new QuartzScheduler(settings, warn));
    }

    /// <summary>Has a body in the package set <c>full</c>.</summary>
    static partial void TakeHangfire(SchedulerSettings settings, Action<string> warn, ref IJobScheduler? scheduler);
}

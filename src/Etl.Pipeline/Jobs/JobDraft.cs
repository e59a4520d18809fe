using Etl.Core.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>A job file as far as it could be read, before it is compared with the others.</summary>
internal sealed class JobDraft(FaultList faults)
{
    /// <summary>Faults of the file.</summary>
    public FaultList Faults { get; } = faults;

    /// <summary>The job's name and where it stands; null when it could not be read.</summary>
    public string? Name { get; set; }

    /// <summary>Where the name stands.</summary>
    public Place NamePlace { get; set; }

    /// <summary>Land items that could be read.</summary>
    public IReadOnlyList<LandDraft> Land { get; set; } = [];

    /// <summary>Derived tables that could be read.</summary>
    public IReadOnlyList<DeriveDraft> Derive { get; set; } = [];

    /// <summary>The job; null when something that it must have is missing.</summary>
    public JobDefinition? Job { get; set; }
}

/// <summary>A land item with its place.</summary>
internal sealed record LandDraft(LandSpec Spec, YamlNode Node);

/// <summary>A step of <c>derive:</c> with its place.</summary>
internal sealed record DeriveDraft(DeriveSpec Spec, YamlNode Node);

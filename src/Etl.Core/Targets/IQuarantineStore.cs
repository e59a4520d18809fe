using Etl.Core.Columns;
using Etl.Core.Windows;

namespace Etl.Core.Targets;

/// <summary>Where rows go that cannot be typed: one file per pull that has any. Safe for concurrent use.</summary>
public interface IQuarantineStore
{
    /// <summary>Begins the quarantine of a pull. Nothing of it can be found before it is complete, and a pull without such rows leaves nothing.</summary>
    /// <param name="key">The window.</param>
    /// <param name="pull">Id of the pull.</param>
    /// <param name="at">When it began.</param>
    IQuarantineWriter Begin(WindowKey key, string pull, DateTimeOffset at);

    /// <summary>The pulls of a job that have rows here, by window, source, account and time.</summary>
    /// <exception cref="Errors.EtlException">A file is damaged; the message names it.</exception>
    IReadOnlyList<QuarantinedPull> List(string job);

    /// <summary>The pulls of one window that have rows here.</summary>
    /// <exception cref="Errors.EtlException">A file is damaged; the message names it.</exception>
    IReadOnlyList<QuarantinedPull> List(WindowKey key);

    /// <summary>The rows of a pull in the order in which they came, read as they are asked for; none when there is no file.</summary>
    /// <exception cref="Errors.EtlException">The file is damaged.</exception>
    IEnumerable<RefusedRow> Read(WindowKey key, string pull);

    /// <summary>Forgets the rows of a pull that is thrown away; no error when there are none.</summary>
    void Remove(WindowKey key, string pull);

    /// <summary>Removes what killed runs left half written for a window's label.</summary>
    void Sweep(WindowKey key);
}

/// <summary>Takes the refused rows of one pull. Dispose without <see cref="Complete"/> leaves nothing behind.</summary>
public interface IQuarantineWriter : IDisposable
{
    /// <summary>Adds a row.</summary>
    /// <exception cref="Errors.EtlException">It cannot be written.</exception>
    void Add(RefusedRow row);

    /// <summary>Makes the rows durable and findable, in place of an earlier file of the same pull. Does nothing when there are none.</summary>
    /// <exception cref="Errors.EtlException">They cannot be written.</exception>
    void Complete();
}

/// <summary>A pull with rows in quarantine.</summary>
/// <param name="Key">The window.</param>
/// <param name="Pull">Id of the pull.</param>
/// <param name="At">When it began.</param>
/// <param name="Rows">Rows in quarantine, at least one.</param>
/// <param name="Path">The file.</param>
public sealed record QuarantinedPull(WindowKey Key, string Pull, DateTimeOffset At, long Rows, string Path);

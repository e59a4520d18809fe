using Etl.Core.Windows;

namespace Etl.Core.Raw;

/// <summary>
/// Keeps the replies of pulls for people and for replay. Bodies are stored once by the hash of their bytes, however many
/// pulls share them. Safe for concurrent use, also by several processes on one folder.
/// </summary>
public interface IRawStore
{
    /// <summary>Begins the capture of a pull. Nothing of it can be found before it is kept.</summary>
    /// <exception cref="Errors.EtlException">Its folder cannot be made.</exception>
    Task<IRawCapture> BeginAsync(WindowKey key, string pull, CancellationToken cancellation);

    /// <summary>
    /// The newest complete recording of each source and account that has one for this window label. Reads what is needed
    /// to replay; a body that is damaged shows when it is opened.
    /// </summary>
    /// <exception cref="Errors.EtlException">A recording cannot be read.</exception>
    IReadOnlyList<IRawRecording> Newest(string job, string label);

    /// <summary>The recording of one pull; null when it has none.</summary>
    /// <exception cref="Errors.EtlException">It cannot be read.</exception>
    IRawRecording? Find(WindowKey key, string pull);

    /// <summary>Labels of a job's windows that have a complete recording, ordered.</summary>
    IReadOnlyList<string> Labels(string job);

    /// <summary>
    /// Removes a job's recordings of pulls that began before a moment, then bodies that no recording of any job names, and
    /// what captures of dead processes left behind. Bodies of captures that are under way are never touched. What cannot be
    /// removed stays and is said as a warning: a run does not fail by it.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="completeBefore">Complete pulls that began before it go.</param>
    /// <param name="failedBefore">Failed pulls that began before it go.</param>
    /// <param name="needed">Gives the pulls whose recordings stay whatever their age. Asked once nobody can add a recording until the sweep ends.</param>
    /// <param name="cancellation">Stops waiting for other processes.</param>
    Task SweepAsync(string job, DateTimeOffset completeBefore, DateTimeOffset failedBefore, Func<IReadOnlyCollection<string>> needed, CancellationToken cancellation);
}

/// <summary>The capture of one pull. Dispose without <see cref="KeepAsync"/> leaves nothing behind.</summary>
public interface IRawCapture : IDisposable
{
    /// <summary>Takes one reply. Several may be open at once.</summary>
    IRawReply Open(RawRequest request);

    /// <summary>Makes the capture durable and findable as a recording.</summary>
    /// <returns>Path of the file that lists the replies.</returns>
    /// <exception cref="Errors.EtlException">It could not be written.</exception>
    Task<string> KeepAsync(RawHead head, CancellationToken cancellation);
}

/// <summary>What a recording says of its pull.</summary>
/// <param name="Key">The window.</param>
/// <param name="Window">Its bounds.</param>
/// <param name="Pull">Id of the pull.</param>
/// <param name="PulledAt">When it began.</param>
/// <param name="DefinitionHash">Definition that it was pulled with.</param>
/// <param name="Complete">False for a pull that failed on its data.</param>
/// <param name="Rows">Rows of a complete pull; otherwise 0.</param>
/// <param name="ContentHash">Content hash of a complete pull; otherwise empty.</param>
public sealed record RawHead(
    WindowKey Key, Window Window, string Pull, DateTimeOffset PulledAt, string DefinitionHash, bool Complete, long Rows, string ContentHash)
{
    /// <summary>Names of the sources that were pulled right after this one: some of what they ask is asked along.</summary>
    public IReadOnlyList<string> Together { get; init; } = [];
}

/// <summary>One reply of a recording.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Sha256">Name of the body: hash of its bytes, hex; null when there was none.</param>
/// <param name="Bytes">Length of the body.</param>
/// <param name="Fault">How the reply ended when it did not end well; otherwise null.</param>
public sealed record RawEntry(RawRequest Request, string? Sha256, long Bytes, RawFault? Fault);

/// <summary>The recorded replies of one pull.</summary>
public interface IRawRecording
{
    /// <summary>What is known of the pull.</summary>
    RawHead Head { get; }

    /// <summary>The replies in the order in which they ended, read as they are asked for.</summary>
    /// <exception cref="Errors.EtlException">The list is damaged.</exception>
    IEnumerable<RawEntry> Read();

    /// <summary>Opens a body, after proving that its bytes are those that were recorded.</summary>
    /// <exception cref="Errors.EtlException">The body is missing or damaged; the message names its file.</exception>
    Stream Open(string sha256);
}

using Etl.Core.Errors;

namespace Etl.Core.Raw;

/// <summary>What was asked of the service, as it is kept beside the reply: never a credential, an address without its session.</summary>
/// <param name="Service">Service, such as <c>report</c>; <c>file</c> for a download.</param>
/// <param name="Action">Action, such as <c>getTable</c>.</param>
/// <param name="Fields">Form fields in the order sent.</param>
public sealed record RawRequest(string Service, string Action, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>The fault that came instead of a reply, or broke one off; replay raises it again at the same place.</summary>
/// <param name="Kind">Who must act.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Message">What happened, without credentials.</param>
/// <param name="IsTransient">True when the request was worth repeating.</param>
/// <param name="MaxAttempts">Attempts that made sense, the first included.</param>
/// <param name="SessionReason">Why a session was refused, or null.</param>
public sealed record RawFault(FaultKind Kind, string Code, string Message, bool IsTransient, int MaxAttempts, string? SessionReason);

/// <summary>One reply on its way into the capture. Dispose ends it; what was written until then is kept.</summary>
public interface IRawReply : IAsyncDisposable
{
    /// <summary>Takes the decoded bytes, masked; <see cref="Stream.Null"/> when nobody keeps them.</summary>
    Stream Body { get; }

    /// <summary>Notes that the reply ended in a fault, after the bytes written so far or before any.</summary>
    void Broke(RawFault fault);
}

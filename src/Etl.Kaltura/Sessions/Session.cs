using Etl.Core.Errors;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Sessions;

/// <summary>A session token and when it ends; null when that is not known.</summary>
internal sealed record Session(Secret Token, DateTimeOffset? ExpiresAt);

/// <summary>Makes new sessions in one way.</summary>
internal interface ISessionIssuer
{
    /// <summary>False for a ready-made session: it cannot be made again and takes no privileges.</summary>
    bool CanIssue { get; }

    Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation);
}

/// <summary>Gives the session to use now. Safe for concurrent use.</summary>
internal interface ISessionProvider
{
    /// <summary>True when a refused session can be replaced.</summary>
    bool CanRenew { get; }

    /// <summary>A session with these privileges, made or renewed when needed, by one caller at a time.</summary>
    ValueTask<Session> GetAsync(IReadOnlyList<string> privileges, CancellationToken cancellation);

    /// <summary>Says that the service refused this session; the next <see cref="GetAsync"/> gives another.</summary>
    void Drop(Session session);
}

/// <summary>A session that the operator made; used as it is.</summary>
internal sealed class ReadyMadeIssuer(Secret token) : ISessionIssuer
{
    public bool CanIssue => false;

    public Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation) =>
        privileges.Count == 0
            ? Task.FromResult(new Session(token, null))
            : throw new EtlException(FaultKind.Usage,
                $"The source asks for the privilege '{privileges[0]}', but only a ready-made session is configured (KALTURA_KS), which cannot be changed. Make that session with the privilege and take it out of the job, or set KALTURA_ADMIN_SECRET or an app token.")
            { Code = "privileges" };
}

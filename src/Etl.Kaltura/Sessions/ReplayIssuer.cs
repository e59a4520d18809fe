using Etl.Core.Secrets;

namespace Etl.Kaltura.Sessions;

/// <summary>Stands where sessions are made when nobody checks them: a replay asks nobody, and needs no credential.</summary>
internal sealed class ReplayIssuer : ISessionIssuer
{
    public bool CanIssue => true;

    public Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation) =>
        Task.FromResult(new Session(new Secret("no-session-in-a-replay"), null));
}

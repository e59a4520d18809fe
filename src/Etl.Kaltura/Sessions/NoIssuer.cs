using Etl.Core.Errors;

namespace Etl.Kaltura.Sessions;

/// <summary>Stands where no credential is set: planning needs none, and whoever asks for a session is told.</summary>
internal sealed class NoIssuer : ISessionIssuer
{
    // A credential that is set later may well take privileges: planning does not refuse them.
    public bool CanIssue => true;

    public Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation) =>
        throw new EtlException(FaultKind.Usage, "No credential is set. Set KALTURA_ADMIN_SECRET, KALTURA_APP_TOKEN_ID and KALTURA_APP_TOKEN, or KALTURA_KS.") { Code = "settings" };
}

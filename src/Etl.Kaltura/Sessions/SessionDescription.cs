using System.Text.Json;
using Etl.Core.Errors;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Sessions;

/// <summary>What the service says of a session (<c>session.get</c>, wire facts 2.1). Never holds the token.</summary>
/// <param name="Service">Host of the service.</param>
/// <param name="PartnerId">Account.</param>
/// <param name="UserId">User; may be empty.</param>
/// <param name="Kind"><c>admin</c> or <c>user</c>.</param>
/// <param name="Expiry">When it ends; null when it never does.</param>
/// <param name="Privileges">Privileges as the service lists them.</param>
/// <param name="MadeBy">How it was made.</param>
public sealed record SessionDescription(string Service, string PartnerId, string UserId, string Kind, DateTimeOffset? Expiry, string Privileges, string MadeBy);

using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Dispatch;

/// <summary>The services <c>session</c> and <c>appToken</c> (wire facts 2.1).</summary>
internal sealed class SessionService(SessionBook sessions)
{
    public object? Session(string action, ParamNode call, KalturaSession? session)
    {
        var token = call.TextOf("ks");
        switch (action)
        {
            case "start":
                return sessions.Start(
                    call.TextOf("secret") ?? throw ApiException.Missing("secret"),
                    call.TextOf("userId") ?? "",
                    PhpCast.ToInt(call.TextOf("type")),
                    call.TextOf("partnerId") ?? call.TextOf("p") ?? "",
                    PhpCast.ToInt(call.TextOf("expiry")),
                    call.TextOf("privileges") ?? "");
            case "startwidgetsession":
                return sessions.StartWidget(call.TextOf("widgetId"), PhpCast.ToInt(call.TextOf("expiry")));
            case "get":
                var asked = call.TextOf("session") is { Length: > 0 } other ? other : token;
                if (asked is null || session is null)
                    throw ApiException.MissingKs();
                return SessionBook.Describe(asked, asked == token ? session : sessions.Open(asked));
            case "end":
                if (token is null || session is null)
                    throw ApiException.MissingKs();
                sessions.End(token, session);
                return null;
            default:
                throw ApiException.UnknownAction("session", action);
        }
    }

    public ApiObject AppToken(string action, ParamNode call)
    {
        if (action != "startsession")
            throw ApiException.UnknownAction("apptoken", action);
        var token = call.TextOf("ks") is { Length: > 0 } ks ? ks : null;
        var id = call.TextOf("id") ?? throw ApiException.Missing("id");
        var hash = call.TextOf("tokenHash") ?? throw ApiException.Missing("tokenHash");
        return sessions.StartFromAppToken(
            token ?? throw ApiException.MissingKs(), id, hash, call.TextOf("userId"),
            PhpCast.ToInt(call.TextOf("expiry")), call.TextOf("sessionPrivileges") ?? "");
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Sessions;

/// <summary>Issues, opens and revokes session tokens (wire facts 2.1).</summary>
internal sealed class SessionBook(SandboxOptions options)
{
    private const int MostRead = 10_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KalturaSession?> _read = new(StringComparer.Ordinal);
    private long _issued;

    private long Now => options.Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The session of a token. Errors are INVALID_KS with the reason: the token itself, LOGOUT or EXPIRED.</summary>
    public KalturaSession Open(string token)
    {
        var session = Read(token);
        if (session is null || session.PartnerId != options.PartnerId)
            throw ApiException.InvalidKs(token);
        lock (_gate)
        {
            if (_revoked.Contains(token) || session.PrivilegeValue("sessionid") is { } group && _revoked.Contains("sessionid:" + group))
                throw ApiException.InvalidKs("LOGOUT");
        }
        if (session.Expiry <= Now)
            throw ApiException.InvalidKs("EXPIRED");
        return session;
    }

    /// <summary>What a token of this account says, whether it still holds or not; null when it was not signed here. Senders of events use few tokens many times.</summary>
    public KalturaSession? Read(string token)
    {
        if (_read.TryGetValue(token, out var known))
            return known;
        if (_read.Count >= MostRead)
            _read.Clear();
        return _read[token] = KsCodec.Decode(token, options.AdminSecret);
    }

    /// <summary>session.start.</summary>
    public string Start(string secret, string userId, long type, string partnerId, long expirySeconds, string privileges)
    {
        var admin = secret == options.AdminSecret;
        var mayStart = admin || (options.UserSecret is not null && secret == options.UserSecret && type != 2);
        if (!mayStart || PhpCast.ToInt(partnerId) != options.PartnerId || type is not (0 or 2))
            throw ApiException.StartSession(partnerId);
        // Zero or less is the default of a day, as an unset parameter would be.
        var lifetime = Math.Min(expirySeconds > 0 ? expirySeconds : 86_400, options.MaxSessionSeconds);
        return Issue(new KalturaSession
        {
            PartnerId = options.PartnerId,
            Expiry = Now + lifetime,
            Type = (int)type,
            UserId = userId,
            Privileges = KalturaSession.ParsePrivileges(privileges),
        });
    }

    /// <summary>session.startWidgetSession: the first half of the app-token flow.</summary>
    public ApiObject StartWidget(string? widgetId, long expirySeconds)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"_{options.PartnerId}");
        if (widgetId is not null && widgetId != expected)
            throw new ApiException("INVALID_WIDGET_ID", $"Invalid widget id \"{widgetId}\"", ("WIDGET_ID", widgetId));
        var ks = Issue(new KalturaSession
        {
            PartnerId = options.PartnerId,
            Expiry = Now + (expirySeconds > 0 ? expirySeconds : 86_400),
            Type = 0,
            UserId = "0",
            Privileges = [("view", "*"), ("widget", "1")],
        });
        return new ApiObject("KalturaStartWidgetSessionResponse", ("partnerId", options.PartnerId), ("ks", ks), ("userId", 0));
    }

    /// <summary>appToken.startSession: hash of the session token of this call followed by the application token.</summary>
    public ApiObject StartFromAppToken(string ks, string id, string hash, string? userId, long expirySeconds, string privileges)
    {
        var token = options.AppTokens.FirstOrDefault(t => t.Id == id)
            ?? throw new ApiException("APP_TOKEN_ID_NOT_FOUND", $"Application token id \"{id}\" not found", ("ID", id));
        if (!token.Active)
            throw new ApiException("APP_TOKEN_NOT_ACTIVE", $"Application token id \"{id}\" not active", ("ID", id));
        if (token.Expiry is { } end && end <= Now)
            throw new ApiException("APP_TOKEN_EXPIRED", $"Application token id \"{id}\" expired", ("ID", id));
        if (hash != AppTokenHash(token.HashType, ks, token.Token))
            throw new ApiException("INVALID_APP_TOKEN_HASH", "Invalid application token hash");

        // Type and privileges stored on the token win; the request can only add names that are not there yet.
        var list = KalturaSession.ParsePrivileges(token.Privileges);
        list.AddRange(KalturaSession.ParsePrivileges(privileges).Where(asked => list.TrueForAll(own => own.Name != asked.Name)));
        list.Add(("sessionid", SessionId()));
        list.Add(("apptoken", token.Id));
        var lifetime = Math.Min(expirySeconds > 0 ? expirySeconds : 86_400, token.SessionDuration);
        if (token.Expiry is { } tokenEnd)
            lifetime = Math.Min(lifetime, tokenEnd - Now);
        var session = new KalturaSession
        {
            PartnerId = options.PartnerId,
            Expiry = Now + lifetime,
            Type = token.SessionType,
            UserId = token.SessionUserId ?? userId ?? "",
            Privileges = list,
        };
        return Describe(Issue(session), session);
    }

    /// <summary>A user session that may only download one file, for at most a day (wire facts 4.2).</summary>
    public string IssueDownload(string file) => Issue(new KalturaSession
    {
        PartnerId = options.PartnerId,
        Expiry = Now + Math.Min(86_400, options.MaxSessionSeconds),
        Type = 0,
        Privileges = [("download", file)],
    });

    /// <summary>KalturaSessionInfo; its expiry is absolute.</summary>
    public static ApiObject Describe(string ks, KalturaSession session) => new("KalturaSessionInfo",
        ("ks", ks),
        ("sessionType", session.Type),
        ("partnerId", session.PartnerId),
        ("userId", session.UserId),
        ("expiry", session.Expiry),
        ("privileges", session.PrivilegeText));

    /// <summary>session.end: this token, or its whole group.</summary>
    public void End(string token, KalturaSession session)
    {
        lock (_gate)
        {
            _revoked.Add(token);
            if (session.PrivilegeValue("sessionid") is { } group)
                _revoked.Add("sessionid:" + group);
        }
    }

    /// <summary>Lower-case hex of H(ks followed by token): plain concatenation, not a keyed hash.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "The service's own default is SHA-1.")]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The service offers MD5.")]
    public static string AppTokenHash(string hashType, string ks, string token)
    {
        var bytes = Encoding.UTF8.GetBytes(ks + token);
        return Convert.ToHexStringLower(hashType.ToUpperInvariant() switch
        {
            "MD5" => MD5.HashData(bytes),
            "SHA256" => SHA256.HashData(bytes),
            "SHA512" => SHA512.HashData(bytes),
            _ => SHA1.HashData(bytes),
        });
    }

    private string Issue(KalturaSession session)
    {
        // Deterministic instead of random: same seed and same calls, same tokens.
        var number = Interlocked.Increment(ref _issued);
        var random = new byte[16];
        BitConverter.TryWriteBytes(random, Prng.Hash(options.Seed, 20, number));
        BitConverter.TryWriteBytes(random.AsSpan(8), Prng.Hash(options.Seed, 21, number));
        return KsCodec.EncodeV2(session, options.AdminSecret, random);
    }

    private string SessionId() =>
        string.Create(CultureInfo.InvariantCulture, $"1_{Prng.Hash(options.Seed, 22, Interlocked.Increment(ref _issued)) & 0xFFFFFFFF:x8}");
}

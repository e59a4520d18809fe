namespace Etl.Kaltura.Sessions;

/// <summary>How sessions are made from an admin secret.</summary>
public enum SessionMode
{
    /// <summary>Made here (KS version 2): no call, and the secret never leaves this machine.</summary>
    Local,
    /// <summary>Asked from <c>session.start</c>: for accounts that need the service's own form.</summary>
    Start,
}

/// <summary>Hash of an app token, as configured on the token (wire facts 2.1).</summary>
public enum AppTokenHash
{
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

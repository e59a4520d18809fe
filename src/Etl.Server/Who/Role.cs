namespace Etl.Server.Who;

/// <summary>What a user may do on a server.</summary>
public enum Role
{
    /// <summary>Sees everything that the server shows.</summary>
    Viewer,
    /// <summary>Releases, runs again and cancels windows as well.</summary>
    Operator,
}

using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Exports;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Accounts;

/// <summary>
/// The account of the sandbox and its child accounts. A session belongs to one of them; <c>partnerId</c> (or <c>p</c>) lets a session of the
/// parent act for a child, and nothing else (wire facts 1.3).
/// </summary>
internal sealed class AccountBook
{
    private readonly List<Account> _all = [];

    public AccountBook(SandboxOptions options, FaultBook faults, ServerAddress address, CatalogueData catalogue)
    {
        _all.Add(new Account(options, faults, address, catalogue, this));
        foreach (var child in options.Children)
        {
            var own = options with
            {
                PartnerId = child.PartnerId, AdminSecret = child.AdminSecret, Entries = child.Entries, Seed = options.Seed + child.PartnerId, UserSecret = null, Children = [],
            };
            own.Validate();
            _all.Add(new Account(own, faults, address, catalogue, this));
        }
    }

    /// <summary>The parent, then its children.</summary>
    public IReadOnlyList<Account> All => _all;

    public Account Parent => _all[0];

    /// <summary>An account by its id, or null.</summary>
    public Account? Find(long id) => _all.Find(a => a.PartnerId == id);

    /// <summary>The account that a call speaks of, whether it may or not: for faults.</summary>
    public long Meant(ParamNode call) => Named(call) ?? Owner(call).PartnerId;

    /// <summary>The account whose session a call carries; without one, the account that it names, or the parent.</summary>
    public Account Owner(ParamNode call)
    {
        if (call.TextOf("ks") is { Length: > 0 } token)
            return _all.Find(a => a.Sessions.Read(token)?.PartnerId == a.PartnerId) ?? Parent;
        var widget = call.TextOf("widgetId") is { Length: > 1 } id && id[0] == '_' ? PhpCast.ToInt(id[1..]) : (long?)null;
        return Find(Named(call) ?? widget ?? Parent.PartnerId) ?? Parent;
    }

    /// <summary>The account that answers: the session's own, or a child that its parent acts for.</summary>
    public Account Acting(Account owner, ParamNode call, string service, string action)
    {
        if (service is "session" or "apptoken" || Named(call) is not { } named || named == owner.PartnerId)
            return owner;
        return owner == Parent && Find(named) is { } child ? child : throw ApiException.Forbidden(service, action);
    }

    private static long? Named(ParamNode call) => (call.TextOf("partnerId") ?? call.TextOf("p")) is { Length: > 0 } text ? PhpCast.ToInt(text) : null;
}

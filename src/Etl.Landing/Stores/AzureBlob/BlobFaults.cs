using Etl.Core.Errors;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>Says the blob service's faults in words, and what to do.</summary>
internal static class BlobFaults
{
    /// <summary>True when a lease of somebody else stands in the way.</summary>
    public static bool IsLease(BlobException fault) => fault.Code == BlobCode.LeaseIdMissing || fault.Code.StartsWith("Lease", StringComparison.Ordinal);

    public static EtlException Explain(BlobException fault, string doing, string url, BlobAddress address)
    {
        var (code, isTransient, help) = Meaning(fault, address);
        var answer = fault.Status == 0 ? "" : $" (HTTP {fault.Status}, {fault.Code}{(fault.RequestId is { } id ? $", request {id}" : "")})";
        return new EtlException(FaultKind.Window, $"Could not {doing} at '{url}': {help}{answer} What was published before stays as it was.", fault)
        {
            Code = code,
            IsTransient = isTransient,
            RetryAfter = fault.RetryAfter,
        };
    }

    private static (string Code, bool IsTransient, string Help) Meaning(BlobException fault, BlobAddress address) => fault switch
    {
        { Code: BlobCode.UnknownHost } => ("store-unreachable", true,
            $"the host '{address.Container.Host}' is not known. Check the account's name in the store's setting and this machine's DNS, then run again."),
        { Code: BlobCode.Login } => ("store-refused", false,
            $"no login for Azure was found or it was refused: {FirstLine(fault.InnerException)} Log in (az login), set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET, "
            + "give the machine an identity, or put a shared access signature into the store's setting."),
        { Status: 0 } => ("store-unreachable", true,
            $"'{address.Container.Authority}' did not answer {BlobRetry.Attempts} times ({fault.Code}). Check the network and the service's health, then run again."),
        { Code: BlobCode.Replaced } => (StoreCode.Replaced, true, "a newer landing replaced it while it was being read. Read it again."),
        { Code: BlobCode.ContainerMayNotBeMade } => ("store-container", false,
            $"the container '{address.ContainerName}' does not exist and this credential may not make it. Make it (az storage container create), or name another one in the store's setting."),
        { Code: "ContainerBeingDeleted" } => ("store-container", true,
            $"the container '{address.ContainerName}' is being deleted. Wait some minutes and run again, or name another one in the store's setting."),
        { Code: "ContainerDisabled" or "AccountIsDisabled" } => ("store-container", false, "the container or its account is disabled. Ask whoever owns the account to enable it."),
        { Code: "AuthenticationFailed" or "InvalidAuthenticationInfo" or "NoAuthenticationInformation" or "KeyBasedAuthenticationNotPermitted" } => ("store-refused", false,
            "the credential in the store's setting was refused. A key may have been rotated or be cut, a shared access signature may have expired, "
            + "the account may not allow keys, or this machine's clock is more than 15 minutes off."),
        { Status: 401 or 403 } => ("store-rights", false,
            $"the credential may not do this. It needs read, write, list and delete in container '{address.ContainerName}' (role 'Storage Blob Data Contributor', or a signature with sp=racwdl), "
            + "and the account's firewall must let this machine in."),
        _ when IsLease(fault) => ("leased", fault.LeaseDuration == "fixed",
            fault.LeaseDuration == "fixed"
                ? "somebody else holds a lease on the blob that ends within a minute unless it is renewed. Run again later, or find out which tool takes it."
                : "somebody else holds a lease on the blob. Find out which tool took it; whoever may write to the container can end it (az storage blob lease break). Then run again."),
        { Code: var name } when name.StartsWith("BlobImmutable", StringComparison.Ordinal) => ("immutable", false,
            "a retention policy or a legal hold keeps the blob from being replaced. Land in a container without one, or ask whoever set it. Windows that never landed there are not affected."),
        { Code: "InvalidBlobType" } => ("foreign-file", false, "there is a page or append blob of this name, which is not ours to replace. Move it away, or name another dataset in the job."),
        { Code: "BlobArchived" or "BlobBeingRehydrated" } => ("archived", false,
            "the blob is in the archive tier and cannot be read before it is rehydrated. Set its tier to Cool or Hot (az storage blob set-tier), and keep what etl lands out of archiving rules."),
        { Code: BlobCode.InvalidBlobOrBlock or "InvalidBlockId" } => ("foreign-blocks", false,
            "another tool has staged blocks for this blob with ids of another length. Stop it; its blocks go a week after it stopped, or when it commits them. Or name another dataset in the job."),
        { Status: 429 or >= 500 } => ("store-busy", true, "the service is busy or failing, and stayed so when asked again. Run again later; fewer workers ask for less."),
        _ => ("store", false, "the service refused the request. Its own code says why."),
    };

    private static string FirstLine(Exception? fault)
    {
        var text = fault?.Message ?? "";
        var end = text.IndexOfAny(['\r', '\n']);
        if (end >= 0) text = text[..end];
        return text.Length <= 200 ? text : text[..200] + "…";
    }
}

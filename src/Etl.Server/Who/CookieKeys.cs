using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Etl.Server.Who;

/// <summary>
/// Keeps the keys by which cookies are sealed in the server's folder, a file each, readable by its owner only (the framework's own keeper
/// leaves that to the process). Servers that share a data folder read each other's cookies.
/// </summary>
internal sealed class CookieKeys(string folder) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.xml").Order(StringComparer.Ordinal).Select(f => XElement.Load(f))] : [];

    public void StoreElement(XElement element, string friendlyName)
    {
        ServerFolder.Make(folder);
        ServerFolder.Write(Path.Combine(folder, $"{Guid.NewGuid():N}.xml"), element.ToString());
    }
}

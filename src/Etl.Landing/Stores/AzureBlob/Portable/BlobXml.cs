using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Azure;

namespace Etl.Landing.Stores.AzureBlob.Portable;

/// <summary>The few documents of the blob service.</summary>
internal static class BlobXml
{
    /// <summary>
    /// The body of a commit. "Latest" takes a block where it is found, staged or committed: our ids say what is in a block, so that either is right.
    /// </summary>
    public static byte[] BlockList(IReadOnlyList<string> ids)
    {
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        foreach (var id in ids) text.Append(CultureInfo.InvariantCulture, $"<Latest>{id}</Latest>"); // base64 needs no escapes
        return Encoding.UTF8.GetBytes(text.Append("</BlockList>").ToString());
    }

    /// <exception cref="XmlException">It is no list.</exception>
    public static BlobPage Page(Stream body)
    {
        var root = XDocument.Load(body).Root!;
        var entries =
            from blob in root.Element("Blobs")?.Elements("Blob") ?? throw new XmlException("There is no 'Blobs'.")
            where blob.Element("Metadata")?.Element("hdi_isfolder")?.Value != "true"
            select new ObjectEntry(Name(blob.Element("Name")!), long.Parse(blob.Element("Properties")!.Element("Content-Length")?.Value ?? "0", CultureInfo.InvariantCulture));
        return new BlobPage([.. entries], root.Element("NextMarker")?.Value is { Length: > 0 } next ? next : null);
    }

    /// <summary>The service's code of a refusal: from its header, or from the body.</summary>
    public static string CodeOf(Response answer)
    {
        if (answer.Headers.TryGetValue("x-ms-error-code", out var code)) return code;
        try
        {
            if (answer.ContentStream is { CanSeek: true, Length: > 0 } body && XDocument.Load(body).Root?.Element("Code")?.Value is { Length: > 0 and < 100 } found) return found;
        }
        catch (XmlException)
        {
            // A proxy's page.
        }
        return BlobCode.Of(answer.Status);
    }

    // A name with characters that XML cannot hold comes percent-encoded.
    private static string Name(XElement name) => name.Attribute("Encoded")?.Value == "true" ? Uri.UnescapeDataString(name.Value) : name.Value;
}

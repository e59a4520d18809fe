using System.Xml;
using System.Xml.Linq;

namespace Etl.Parsing;

/// <summary>XML from outside: without a document type, nothing is fetched for it, and its length and depth are bounded.</summary>
public static class BoundedXml
{
    /// <summary>Deepest nesting of elements; what the service sends has six levels.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads a whole document.</summary>
    /// <param name="text">The document.</param>
    /// <param name="maxCharacters">Longest document.</param>
    /// <exception cref="XmlException">It is no XML, has a document type, or passes a limit.</exception>
    public static XElement Read(string text, int maxCharacters)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = maxCharacters };
        // Making the tree takes a time that grows with the square of the depth: a megabyte of '<a>' took minutes. So the depth is looked at first.
        using (var reader = XmlReader.Create(new StringReader(text), settings))
        {
            while (reader.Read())
                if (reader.NodeType == XmlNodeType.Element && reader.Depth >= MaxDepth) throw new XmlException($"Elements are nested more than {MaxDepth} levels deep.");
        }
        using var again = XmlReader.Create(new StringReader(text), settings);
        return XElement.Load(again);
    }
}

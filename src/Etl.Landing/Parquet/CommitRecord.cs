using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Landing.Parquet;

/// <summary>
/// What a Parquet file of ours says of itself in its footer: whose rows it holds, which pull brought them and under which
/// fence. The published file is its own commit record; nothing else has to agree with it.
/// </summary>
internal sealed record CommitRecord(WindowKey Key, DateTimeOffset From, DateTimeOffset To, PullStamp Stamp, TableSchema Schema)
{
    /// <summary>Form of the record. A reader refuses a higher one.</summary>
    public const int Format = 1;

    private const string InstantForm = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    private const string Prefix = "etl.", FormatName = "etl.format", ChecksumName = "etl.checksum";

    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var metadata = Fields();
        metadata[ChecksumName] = Checksum(metadata);
        return metadata;
    }

    /// <summary>True when a file carries something of ours, be it damaged.</summary>
    public static bool IsClaimed(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Keys.Any(k => k.StartsWith(Prefix, StringComparison.Ordinal));

    private Dictionary<string, string> Fields() => new()
    {
        [FormatName] = Format.ToString(CultureInfo.InvariantCulture),
        ["etl.job"] = Key.Job,
        ["etl.source"] = Key.Source,
        ["etl.account"] = Key.Account,
        ["etl.window"] = Key.Label,
        ["etl.from"] = Write(From),
        ["etl.to"] = Write(To),
        ["etl.pull"] = Stamp.Pull,
        ["etl.fence"] = Stamp.Fence.ToString(CultureInfo.InvariantCulture),
        ["etl.rows"] = Stamp.Rows.ToString(CultureInfo.InvariantCulture),
        ["etl.content_hash"] = Stamp.ContentHash,
        ["etl.pulled_at"] = Write(Stamp.PulledAt),
        ["etl.definition"] = Stamp.DefinitionHash,
        ["etl.schema"] = SchemaText.Write(Schema),
    };

    /// <summary>The form of the record in a file; 0 when it has none or it cannot be read.</summary>
    public static int FormatOf(IReadOnlyDictionary<string, string> metadata) =>
        int.TryParse(metadata.GetValueOrDefault(FormatName), NumberStyles.None, CultureInfo.InvariantCulture, out var format) ? format : 0;

    /// <summary>Reads a record of this build's form; false when it is damaged, with the reason.</summary>
    public static bool TryRead(
        IReadOnlyDictionary<string, string> metadata,
        [NotNullWhen(true)] out CommitRecord? record,
        [NotNullWhen(false)] out string? why)
    {
        (record, why) = (null, null);
        try
        {
            // A footer has no checksum of its own, and one flipped bit in a fence would let an old pull win.
            if (metadata[ChecksumName] != Checksum(metadata))
            {
                why = "the checksum of its record is wrong";
                return false;
            }
            var stamp = new PullStamp(
                metadata["etl.pull"],
                Whole(metadata["etl.fence"]),
                Whole(metadata["etl.rows"]),
                metadata["etl.content_hash"],
                Read(metadata["etl.pulled_at"]),
                metadata["etl.definition"]);
            var key = new WindowKey(metadata["etl.job"], metadata["etl.source"], metadata["etl.account"], metadata["etl.window"]);
            record = new CommitRecord(key, Read(metadata["etl.from"]), Read(metadata["etl.to"]), stamp, SchemaText.Read(metadata["etl.schema"]));
            return true;
        }
        catch (Exception fault) when (fault is KeyNotFoundException or FormatException or OverflowException or JsonException or ArgumentException)
        {
            why = "its record cannot be read: " + fault.Message;
            return false;
        }
    }

    private static string Checksum(IReadOnlyDictionary<string, string> metadata)
    {
        // Without queries over pairs: the framework would compile them anew in every process that opens a file.
        var names = new List<string>();
        foreach (var name in metadata.Keys)
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && name != ChecksumName) names.Add(name);
        names.Sort(StringComparer.Ordinal);
        var fields = new StringBuilder();
        foreach (var name in names) fields.Append(name).Append('=').Append(metadata[name]).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fields.ToString())));
    }

    // In the one form in which it is written: no sign, no blanks, no zeros before it.
    private static long Whole(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == text
            ? number
            : throw new FormatException($"'{text}' is not a whole number.");

    private static string Write(DateTimeOffset instant) => instant.UtcDateTime.ToString(InstantForm, CultureInfo.InvariantCulture);

    private static DateTimeOffset Read(string text) =>
        DateTimeOffset.ParseExact(text, InstantForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

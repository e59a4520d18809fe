using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Errors;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Files;

/// <summary>
/// What is about to be shown under a number: written when all files lie ready under temporary names. From then on the export can be finished by anybody
/// who finds it; before, it is thrown away.
/// </summary>
internal sealed record ExportNote
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    /// <summary>Form of this file.</summary>
    public int Version { get; init; } = 1;

    public required string Job { get; init; }
    public required string Export { get; init; }
    public required string Profile { get; init; }
    public required long Sequence { get; init; }
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Sequence of the accepted file that it goes on from; null when it holds all leads.</summary>
    public long? Since { get; init; }

    /// <summary>True when cells that a spreadsheet would run were left as they are.</summary>
    public bool Raw { get; init; }

    public required IReadOnlyList<ExportPart> Parts { get; init; }
    public required LeadCounts Counts { get; init; }
    public required ExportCounts Written { get; init; }
    public required string Inputs { get; init; }

    /// <summary>SHA-256 of the list of all leads.</summary>
    public required string Leads { get; init; }

    /// <summary>Leads a post, as the job said when it was made; null for a delivery of files.</summary>
    public int? Batch { get; init; }

    [JsonIgnore]
    public long Bytes => Parts.Sum(p => p.Bytes);

    [JsonIgnore]
    public long Rows => Parts.Sum(p => p.Rows);

    /// <summary>The text of this note.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);

    /// <summary>Reads a note; null when there is none.</summary>
    /// <exception cref="EtlException">It is damaged.</exception>
    public static ExportNote? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ExportNote>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("It is empty.");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException fault)
        {
            throw new EtlException(
                FaultKind.Window, $"The note '{path}' of an export is damaged: {fault.Message} Remove it; 'etl export make JOB --full' then sends all leads once more.", fault) { Code = "export-state" };
        }
    }

    /// <summary>The <c>.ok</c> file of a part: its last sign is the line's end, and there is none before the part is whole.</summary>
    public byte[] OkOf(ExportPart part)
    {
        var index = Parts.ToList().IndexOf(part);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            file = part.Name,
            bytes = part.Bytes,
            rows = part.Rows,
            sha256 = part.Sha256,
            job = Job,
            export = Export,
            profile = Profile,
            sequence = Sequence,
            part = index + 1,
            parts = Parts.Count,
            madeAt = MadeAt,
            kind = Since is null ? "full" : "delta",
            since = Since,
            raw = Raw,
            sent = Written.Sent,
            unchanged = Written.Unchanged,
            gone = Written.Gone,
            rejected = Written.Rejected,
            defused = Written.Defused,
            leads = Counts.Leads,
            source = new { Counts.Rows, Counts.Merged, Counts.Anonymous, Counts.Unresolved, Counts.Internal, Counts.Suppressed, Counts.WithoutConsent },
            inputs = Inputs,
            state = Leads,
        }, s_json);
        return [.. json, (byte)'\n'];
    }
}

/// <summary>A file of an export; most have one.</summary>
/// <param name="Temporary">Name under which it lies ready.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Rows">Rows without the row of headers.</param>
/// <param name="Sha256">Hash, hex.</param>
internal sealed record ExportPart(string Temporary, string Name, long Bytes, long Rows, string Sha256);

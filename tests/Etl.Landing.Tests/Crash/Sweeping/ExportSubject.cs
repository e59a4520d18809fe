using System.Security.Cryptography;
using System.Text.Json;
using Etl.Core.Exports;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Crash;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>The export of a night's leads, delivered to another folder.</summary>
/// <param name="night">1, or 2 for one that goes on from the first.</param>
internal sealed class ExportSubject(int night) : SweepSubject
{
    private const int Seed = 7;

    public override string Name => $"export, {(night == 1 ? "first file" : "next file")}";

    public override async Task PrepareAsync(string data)
    {
        Directory.CreateDirectory(data);
        if (night == 2) await Exporting.RunAsync(data, Seed, 1, Receiver(data));
    }

    public override string Command(string data) => $"export\t{data}\t{Seed}\t{night}\t{Receiver(data)}";

    public override bool IsAcknowledged(string answer) => answer.StartsWith("done ", StringComparison.Ordinal) && answer.Contains("State = Accepted", StringComparison.Ordinal) && answer.Contains("Fault = ,", StringComparison.Ordinal);

    public override async Task RunAsync(string data)
    {
        foreach (var outcome in await Exporting.RunAsync(data, Seed, night, Receiver(data)))
            if (outcome.Fault is { } fault) throw new ViolationException($"a plain run ended with '{fault.Message}'");
        SqliteConnection.ClearAllPools();
    }

    public override async Task<Generation> LookAsync(string data)
    {
        CheckWhole(Path.Combine(data, "exports", "crm", "leads"));
        var received = CheckWhole(Receiver(data));
        if (received.Count != night && received.Count != night - 1) throw new ViolationException($"{received.Count} files are with the receiver");
        if (await RecordsAsync(data) is { Count: > 0 } records && records.Count(r => r.State == ExportState.Accepted) > received.Count) throw new ViolationException("a file counts as accepted that the receiver does not have");
        if (received.Count < night) return Generation.Old;
        var lines = received.SelectMany(f => File.ReadLines(Path.Combine(Receiver(data), f)).Skip(1)).ToList();
        foreach (var (email, cells) in Exporting.After(Seed, night).Truth)
            if (!lines.Any(l => l.StartsWith(email + ",", StringComparison.Ordinal) && l.Contains($",{cells[2]},", StringComparison.Ordinal))) throw new ViolationException($"the receiver does not have '{email}' as it is now");
        return Generation.New;
    }

    public override async Task CheckEndAsync(string data)
    {
        if (Folders.Files(data).FirstOrDefault(f => f.EndsWith(".part", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal)) is { } left) throw new ViolationException($"'{left}' was left");
        var records = await RecordsAsync(data);
        if (records.FirstOrDefault(r => r.State is not (ExportState.Accepted or ExportState.Dropped)) is { } open) throw new ViolationException($"a file is not settled: {open}");
        var accepted = records.Where(r => r.State == ExportState.Accepted).Select(r => r.File).Order(StringComparer.Ordinal);
        if (!accepted.SequenceEqual(CheckWhole(Receiver(data)))) throw new ViolationException($"the ledger and the receiver do not agree: {string.Join(", ", records)}");
    }

    public override bool Sweeps(string path) => base.Sweeps(path) && !path.Contains(".db", StringComparison.Ordinal);

    private static string Receiver(string data) => Path.Combine(data, "receiver");

    /// <summary>The files that a receiver may fetch: those with an <c>.ok</c> file. Each is as its <c>.ok</c> file and its name say; no other has a name that one would fetch.</summary>
    private static List<string> CheckWhole(string folder)
    {
        var found = new List<string>();
        foreach (var file in Folders.Files(folder).Where(f => !f.StartsWith('.') && !f.Contains('/', StringComparison.Ordinal)))
        {
            var path = Path.Combine(folder, file);
            var bytes = File.ReadAllBytes(path);
            if (!file.EndsWith(".ok", StringComparison.Ordinal))
            {
                if (!file.EndsWith($"-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.csv", StringComparison.Ordinal)) throw new ViolationException($"'{file}' is not what its name says");
                continue;
            }
            if (!File.Exists(path[..^3])) throw new ViolationException($"'{file}' stands without its file");
            var content = File.ReadAllBytes(path[..^3]);
            try
            {
                using var ok = JsonDocument.Parse(bytes);
                if (ok.RootElement.GetProperty("file").GetString() != file[..^3] || ok.RootElement.GetProperty("bytes").GetInt64() != content.Length
                    || ok.RootElement.GetProperty("sha256").GetString() != Convert.ToHexStringLower(SHA256.HashData(content)))
                    throw new ViolationException($"'{file}' speaks of another file");
            }
            catch (JsonException)
            {
                throw new ViolationException($"'{file}' is half written");
            }
            found.Add(file[..^3]);
        }
        return found;
    }

    private static async Task<IReadOnlyList<ExportRecord>> RecordsAsync(string data)
    {
        if (!File.Exists(Path.Combine(data, "ledger.db"))) return [];
        await using var ledger = await SqliteLedger.OpenAsync(Path.Combine(data, "ledger.db"), default);
        return await ledger.ExportsAsync("crm", "leads", 0, default);
    }
}

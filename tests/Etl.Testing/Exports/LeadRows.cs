using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Core.Jobs;

namespace Etl.Testing.Exports;

/// <summary>Leads that a test made up, by e-mail address, in place of joined ones.</summary>
public sealed class LeadRows(IReadOnlyList<LeadColumn> columns, IReadOnlyDictionary<string, LeadCell[]> leads, string inputs) : ILeadTable
{
    public IReadOnlyList<LeadColumn> Columns => columns;

    public LeadCounts Counts => new(leads.Count * 2L, leads.Count, leads.Count, 1, 2, 3, 4, 5);

    public string Inputs => inputs;

    public IEnumerable<Lead> Read() => leads.Select(l => new Lead(KeyOf(l.Key), l.Value)).OrderBy(l => l.Key, StringComparer.Ordinal);

    public void Dispose()
    {
    }

    /// <summary>The key of a person.</summary>
    public static string KeyOf(string email) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email)))[..32];

    /// <summary>A text column.</summary>
    public static LeadColumn Text(string header) => new(header, ColumnType.Text);

    /// <summary>A cell of text; null for none.</summary>
    public static LeadCell Cell(string? text) => text is null ? LeadCell.Null : LeadCell.Of(text);
}

/// <summary>Gives out whatever leads a test says there are now.</summary>
public sealed class FakeJoiner(Func<ILeadTable?> now) : ILeadJoiner
{
    /// <summary>How often leads were joined.</summary>
    public int Joins { get; private set; }

    public Task<ILeadTable> JoinAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation)
    {
        Joins++;
        return Task.FromResult(now() ?? throw new InvalidOperationException("Nothing has landed."));
    }

    public Task<string?> InputsAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation) => Task.FromResult(now()?.Inputs);
}

/// <summary>People who come, change and go from night to night, by a seed.</summary>
public sealed class ChangingLeads(int seed, int people)
{
    private static readonly LeadColumn[] s_columns =
    [
        LeadRows.Text("Email"), LeadRows.Text("Company"), new("Minutes", ColumnType.Int64), new("Score", ColumnType.Double), LeadRows.Text("Note"),
    ];

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, (string Company, long Minutes, string? Note)> _people = new(StringComparer.Ordinal);
    private int _born;

    /// <summary>Nights that passed.</summary>
    public int Night { get; private set; }

    /// <summary>Everybody who is there now, as a file should have them.</summary>
    public IReadOnlyDictionary<string, string[]> Truth => _people.ToDictionary(
        p => p.Key,
        p => new[] { p.Key, p.Value.Company, $"{p.Value.Minutes}", $"{p.Value.Minutes / 4m:0.##}", p.Value.Note ?? "" });

    /// <summary>A night passes: some change, some go, some come.</summary>
    public void Pass()
    {
        Night++;
        foreach (var email in _people.Keys.ToList())
        {
            var (company, minutes, note) = _people[email];
            switch (_random.Next(20))
            {
                case 0:
                    _people.Remove(email);
                    break;
                case < 4:
                    _people[email] = (company, minutes + _random.Next(1, 90), note);
                    break;
                case 4:
                    _people[email] = (company, minutes, note is null ? $"called, \"{Night}\"" : null);
                    break;
            }
        }
        while (_people.Count < people) _people.Add($"p{_born++}@example.com", ($"Firm {_random.Next(50)}, Ltd", _random.Next(300), null));
    }

    /// <summary>They as joined leads.</summary>
    public ILeadTable Table() => new LeadRows(
        s_columns,
        _people.ToDictionary(p => p.Key, p => new[]
        {
            LeadCell.Of(p.Key), LeadCell.Of(p.Value.Company), LeadCell.Of(p.Value.Minutes), LeadCell.Of(p.Value.Minutes / 4d), LeadRows.Cell(p.Value.Note),
        }),
        $"{seed}-{Night}");
}

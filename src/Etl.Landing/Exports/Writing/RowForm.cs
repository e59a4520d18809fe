using Etl.Core.Errors;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Writing;

/// <summary>Brings leads into a profile's form.</summary>
internal sealed class RowForm
{
    private readonly ColumnForm[] _columns;
    private readonly WrittenCell[] _cells;
    private readonly List<(int[] Columns, string Names)> _oneOf = [];
    private readonly string _profile;

    /// <summary>Makes the form.</summary>
    /// <param name="export">The export, for messages.</param>
    /// <param name="columns">Columns in order.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="defuses">True when text that a spreadsheet would run is changed.</param>
    /// <exception cref="EtlException">A header that the profile requires is missing, or there is one that it does not allow.</exception>
    public RowForm(string export, IReadOnlyList<LeadColumn> columns, CrmProfile profile, bool defuses)
    {
        _profile = profile.Name;
        var headers = columns.Select(c => c.Header).ToList();
        if (headers.GroupBy(h => h, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw Fault($"has two columns '{twice.Key}'");
        if (profile.RequiredHeaders.FirstOrDefault(h => !headers.Contains(h)) is { } missing)
            throw Fault($"has no column '{missing}', without which {profile.Name} takes no row. Add it to 'columns'");
        if (!profile.AllowsOtherHeaders && headers.Find(h => profile.Find(h) is null) is { } foreign)
            throw Fault($"has a column '{foreign}', which {profile.Name} does not know.{Core.Text.Nearest.Hint(foreign, profile.Headers.Select(h => h.Name))}");
        foreach (var group in profile.OneOf)
        {
            int[] members = [.. group.Select(h => headers.IndexOf(h)).Where(i => i >= 0)];
            if (members.Length == 0) throw Fault($"has none of the columns {string.Join(", ", group)}, of which {profile.Name} needs one. Add it to 'columns'");
            _oneOf.Add((members, string.Join(", ", group)));
        }
        _columns = [.. columns.Select(c => new ColumnForm(c, profile, defuses))];
        _cells = new WrittenCell[columns.Count];

        EtlException Fault(string what) => new(FaultKind.Usage, $"Export '{export}' {what.TrimEnd('.')}.") { Code = "export-columns" };
    }

    /// <summary>Cells of the lead that was written last.</summary>
    public IReadOnlyList<WrittenCell> Cells => _cells;

    /// <summary>Writes the cells of a lead; what the importer would not take as one sentence, null when it takes them all.</summary>
    public string? Write(in Lead lead)
    {
        string? fault = null;
        for (var i = 0; i < _cells.Length; i++)
            if (_columns[i].Write(lead.Cells[i], out _cells[i]) is { } wrong) fault = fault is null ? wrong : $"{fault}; {wrong}";
        foreach (var (columns, names) in _oneOf)
            if (columns.All(i => _cells[i].Text.Length == 0)) fault = $"{(fault is null ? "" : fault + "; ")}none of {names} has a value, and {_profile} requires one";
        return fault is null ? null : fault + ".";
    }
}

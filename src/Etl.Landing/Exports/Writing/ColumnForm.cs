using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Writing;

/// <summary>Brings the cells of one column into a profile's form, and says which of them its importer would not take.</summary>
internal sealed class ColumnForm
{
    private const int UnixEpochDay = 719_162, LastDay = 3_652_058;

    private static readonly string[] s_dates = ["yyyy-MM-dd", "yyyy/MM/dd", "yyyyMMdd"];

    private static readonly string[] s_moments =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mm",
    ];

    private readonly LeadColumn _column;
    private readonly CrmHeader _header;
    private readonly CrmForm _form;
    private readonly string _profile;
    private readonly bool _defuses;
    private readonly string? _decimals;
    private readonly HashSet<string>? _values;

    /// <summary>Makes the form.</summary>
    /// <param name="column">The column.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="defuses">True when text that a spreadsheet would run is changed.</param>
    public ColumnForm(LeadColumn column, CrmProfile profile, bool defuses)
    {
        (_column, _form, _profile, _defuses) = (column, profile.Form, profile.Name, defuses);
        _header = profile.Find(column.Header) ?? new CrmHeader(column.Header, CrmType.Text);
        if (_form.Decimals is { } digits) _decimals = string.Create(CultureInfo.InvariantCulture, $"F{digits}");
        if (_header.Values.Count > 0) _values = [.. _header.Values];
    }

    /// <summary>Writes a cell; a sentence without its full stop when the importer would not take it.</summary>
    public string? Write(in LeadCell cell, out WrittenCell written)
    {
        written = WrittenCell.Empty;
        if (!cell.IsNull && (_column.Type == ColumnType.Text ? OfText(cell.Text!, out written) : OfTyped(cell, out written)) is { } fault) return fault;
        if (written.Text.Length == 0) return _header.IsRequired ? $"'{_column.Header}' has no value, and {_profile} requires one" : null;
        if (_values?.Contains(written.Text) == false) return $"'{_column.Header}' is '{Shorten(written.Text)}', which is none of the values of {_profile}: {string.Join(", ", _header.Values)}";
        if (written.Kind == CellKind.Text && _defuses)
        {
            var safe = Formula.Defuse(written.Text, _form.Delimiter, _header.Type == CrmType.Phone);
            if (!ReferenceEquals(safe, written.Text)) written = new WrittenCell(safe, CellKind.Text, IsDefused: true);
        }
        return written.Text.Length > _header.MaxLength
            ? string.Create(CultureInfo.InvariantCulture, $"'{_column.Header}' has {written.Text.Length} characters, and {_profile} takes at most {_header.MaxLength}")
            : null;
    }

    private string? OfText(string text, out WrittenCell written)
    {
        written = new WrittenCell(text, CellKind.Text);
        if (text.Length == 0) return null;
        switch (_header.Type)
        {
            case CrmType.Number:
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) return Wrong(text, "no number");
                written = new WrittenCell(text.Trim(), CellKind.Number);
                return null;
            case CrmType.Date when DateOnly.TryParseExact(text, s_dates, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var date):
                written = Date(date);
                return null;
            case CrmType.Date or CrmType.DateTime:
                if (Moment(text) is not { } moment) return Wrong(text, _header.Type == CrmType.Date ? "no date such as 2026-11-19" : "no moment such as 2026-11-19T14:05:00Z");
                written = _header.Type == CrmType.Date ? Date(DateOnly.FromDateTime(moment)) : Time(moment);
                return null;
            case CrmType.Boolean:
                if (Truth(text) is not { } truth) return Wrong(text, "neither true nor false");
                written = Boolean(truth);
                return null;
            case CrmType.Email when !IsEmail(text):
                return Wrong(text, "no e-mail address");
            case CrmType.Url when text.Any(char.IsWhiteSpace):
                return Wrong(text, "no address of a page");
            default:
                return null;
        }
    }

    private string? OfTyped(in LeadCell cell, out WrittenCell written)
    {
        written = WrittenCell.Empty;
        switch (_column.Type)
        {
            case ColumnType.Bool:
                written = Boolean(cell.Bits != 0);
                return null;
            case ColumnType.Int32 or ColumnType.Int64:
                written = _header.Type == CrmType.Boolean && cell.Bits is 0 or 1
                    ? Boolean(cell.Bits != 0)
                    : new WrittenCell(cell.Bits.ToString(CultureInfo.InvariantCulture), CellKind.Number);
                return null;
            case ColumnType.Double:
                if (!double.IsFinite(cell.Number)) return $"'{_column.Header}' is no finite number";
                written = new WrittenCell(NumberText(cell.Number), CellKind.Number);
                return null;
            case ColumnType.Date:
                if (cell.Bits is < -UnixEpochDay or > LastDay - UnixEpochDay) return $"'{_column.Header}' is no date of the years 1 to 9999";
                var date = DateOnly.FromDayNumber((int)cell.Bits + UnixEpochDay);
                written = _header.Type == CrmType.DateTime ? Time(date.ToDateTime(TimeOnly.MinValue)) : Date(date);
                return null;
            default:
                if (cell.Bits < (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond || cell.Bits > (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
                    return $"'{_column.Header}' is no moment of the years 1 to 9999";
                var moment = DateTime.UnixEpoch.AddTicks(cell.Bits * TimeSpan.TicksPerMicrosecond);
                written = _header.Type == CrmType.Date ? Date(DateOnly.FromDateTime(moment)) : Time(moment);
                return null;
        }
    }

    // Without an exponent where that is possible: importers read it as text.
    private string NumberText(double number)
    {
        if (_decimals is not null)
        {
            // "F" is exact at any size, where a picture of digits stops at 15 of them.
            var fixedText = number.ToString(_decimals, CultureInfo.InvariantCulture);
            if (fixedText.Contains('.', StringComparison.Ordinal)) fixedText = fixedText.TrimEnd('0').TrimEnd('.');
            return fixedText == "-0" ? "0" : fixedText;
        }
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('E', StringComparison.Ordinal) && Math.Abs(number) is > 1e-20 and < 7e28 ? decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) : text;
    }

    private static DateTime? Moment(string text) =>
        DateTimeOffset.TryParseExact(text.Trim(), s_moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment.UtcDateTime
        : DateOnly.TryParseExact(text.Trim(), s_dates, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.ToDateTime(TimeOnly.MinValue)
        : null;

    private static bool? Truth(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "y" or "1" or "on" => true,
        "false" or "no" or "n" or "0" or "off" => false,
        _ => null,
    };

    private static bool IsEmail(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 && text.IndexOf('@', at + 1) < 0 && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
    }

    private WrittenCell Boolean(bool value) => new(value ? _form.True : _form.False, CellKind.Boolean);

    private WrittenCell Date(DateOnly date) => new(date.ToString(_form.Date, CultureInfo.InvariantCulture), CellKind.Time);

    private WrittenCell Time(DateTime moment) => new(moment.ToString(_form.DateTime, CultureInfo.InvariantCulture), CellKind.Time);

    private string Wrong(string text, string what) => $"'{_column.Header}' is '{Shorten(text)}', which is {what}";

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}

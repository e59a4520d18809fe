using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Counts rows whose date lies outside the window: the service cuts days at a fixed offset, so the last hour of a day of 25
/// hours comes under the next date (wire facts 3.4). Such rows stay under their own date and are noted.
/// </summary>
internal sealed class DateSpill
{
    private readonly PullRequest _request;
    private readonly SortedDictionary<string, long> _outside = new(StringComparer.Ordinal);
    private readonly int _first, _last;

    public DateSpill(PullRequest request, string interval)
    {
        _request = request;
        var zone = WindowCalendar.FindZone(request.TimeZone) ?? TimeZoneInfo.Utc;
        _first = Bucket(TimeZoneInfo.ConvertTime(request.Window.From, zone), interval);
        _last = Bucket(TimeZoneInfo.ConvertTime(request.Window.To.AddTicks(-1), zone), interval);
    }

    /// <summary>Forgets what was counted.</summary>
    public void Clear() => _outside.Clear();

    /// <summary>Looks at the dates of a batch.</summary>
    public void Add(RowBatch batch)
    {
        for (var column = 0; column < batch.Schema.Columns.Count; column++)
        {
            var (name, type) = (batch.Schema.Columns[column].Name, batch.Schema.Columns[column].Type);
            // Unix-second dates of some families are midnights of the server's own zone: nothing to compare with.
            if (!ReportFacts.IsDateColumn(name) || type != ColumnType.Date) continue;
            var days = batch.Fixed<int>(column);
            for (var row = 0; row < batch.RowCount; row++)
            {
                if (days.IsNull(row) || (days.Values[row] >= _first && days.Values[row] <= _last)) continue;
                var date = DateOnly.FromDayNumber(Epoch + days.Values[row]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                _outside[date] = _outside.GetValueOrDefault(date) + 1;
            }
        }
    }

    /// <summary>Notes what was found.</summary>
    public void Tell(PullContext pull)
    {
        foreach (var (date, rows) in _outside)
            pull.Note($"{rows} row(s) carry the date {date}, outside of the window {_request.Window.Label}: the service cuts days at a fixed offset.");
    }

    private static int Epoch => new DateOnly(1970, 1, 1).DayNumber;

    private static int Bucket(DateTimeOffset local, string interval)
    {
        var day = DateOnly.FromDateTime(local.DateTime);
        var start = interval switch
        {
            "months" => new DateOnly(day.Year, day.Month, 1),
            "years" => new DateOnly(day.Year, 1, 1),
            _ => day,
        };
        return start.DayNumber - Epoch;
    }
}

/// <summary>Looks at the dates of what passes.</summary>
internal sealed class DatedTarget(IRowTarget next, DateSpill days) : IRowTarget
{
    public ValueTask StartAsync(BoundTable table, CancellationToken cancellation)
    {
        days.Clear();
        return next.StartAsync(table, cancellation);
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        days.Add(batch);
        return next.WriteAsync(batch, cancellation);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>The cells of one column in a run of rows: where each starts and ends in the text.</summary>
/// <param name="text">The text.</param>
/// <param name="before">End of the cell before the column's first cell; the column's own end is the slot behind it.</param>
/// <param name="stride">Cells per row.</param>
/// <param name="lead">Bytes between the end of the cell before and the start of this one: a delimiter, or one for the first column.</param>
/// <param name="rows">How many rows.</param>
internal readonly unsafe struct CellRun(byte* text, int* before, int stride, int lead, int rows)
{
    internal readonly byte* Text = text;
    internal readonly int* Before = before;
    internal readonly int Stride = stride;
    internal readonly int Lead = lead;
    internal readonly int Rows = rows;
}

/// <summary>Told of each cell that could not be typed: row in the run from zero, the cell.</summary>
internal unsafe delegate void CellRefused(int row, byte* cell, int length);

/// <summary>
/// Turns cells into column slots, one column after the other: each loop does one thing, so its branches are easy to foresee
/// (row by row with a switch per cell costs about twice as much).
/// </summary>
internal static unsafe class ColumnFiller
{
    internal static void Fill(CellFormat format, in CellRun cells, ColumnBuffer target, int offsetMinutes, CellRefused refused)
    {
        switch (format)
        {
            case CellFormat.Skip:
                break;
            case CellFormat.Text:
                Texts(cells, (TextBuffer)target);
                break;
            case CellFormat.Integer:
                Integers(cells, (FixedBuffer<long>)target, refused);
                break;
            case CellFormat.Number:
                Numbers(cells, (FixedBuffer<double>)target, refused);
                break;
            case CellFormat.Flag:
                Flags(cells, (FixedBuffer<bool>)target, refused);
                break;
            case CellFormat.DayId:
                Days(cells, (FixedBuffer<int>)target, refused);
                break;
            case CellFormat.IsoDay or CellFormat.MonthId or CellFormat.YearId:
                Periods(cells, (FixedBuffer<int>)target, format, refused);
                break;
            default:
                Instants(cells, (FixedBuffer<long>)target, format, offsetMinutes, refused);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Texts(in CellRun cells, TextBuffer target)
    {
        var text = cells.Text;
        int stride = cells.Stride, lead = cells.Lead, rows = cells.Rows;
        var total = 0;
        var place = cells.Before;
        for (var row = 0; row < rows; row++, place += stride) total += place[1] - place[0] - lead;
        var ends = target.Extend(rows, total, out var room, out var offset);
        place = cells.Before;
        fixed (byte* start = room)
        fixed (int* end = ends)
        {
            var to = start;
            for (var row = 0; row < rows; row++, place += stride)
            {
                var from = text + place[0] + lead;
                var length = place[1] - place[0] - lead;
                // Most cells are short: one vector, without asking how long exactly. The next cell overwrites the surplus.
                if (length <= 32) Vector256.Store(Vector256.Load(from), to);
                else Buffer.MemoryCopy(from, to, length, length);
                to += length;
                offset += length;
                end[row] = offset;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integers(in CellRun cells, FixedBuffer<long> target, CellRefused refused)
    {
        var text = cells.Text;
        int stride = cells.Stride, lead = cells.Lead, rows = cells.Rows;
        var first = target.Count;
        var place = cells.Before;
        fixed (long* slots = target.Extend(rows))
        {
            for (var row = 0; row < rows; row++, place += stride)
            {
                var from = text + place[0] + lead;
                var length = place[1] - place[0] - lead;
                if (length > 0 && (ShortNumber.TryInt64(from, length, out slots[row]) || NumberCell.TryInt64(from, length, out slots[row]))) continue;
                target.SetNull(first + row);
                if (length > 0) refused(row, from, length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Numbers(in CellRun cells, FixedBuffer<double> target, CellRefused refused)
    {
        var text = cells.Text;
        int stride = cells.Stride, lead = cells.Lead, rows = cells.Rows;
        var first = target.Count;
        var place = cells.Before;
        fixed (double* slots = target.Extend(rows))
        {
            for (var row = 0; row < rows; row++, place += stride)
            {
                var from = text + place[0] + lead;
                var length = place[1] - place[0] - lead;
                if (length > 0 && (ShortNumber.TryDouble(from, length, out slots[row]) || NumberCell.TryDouble(from, length, out slots[row]))) continue;
                target.SetNull(first + row);
                if (length > 0) refused(row, from, length);
            }
        }
    }

    private static void Flags(in CellRun cells, FixedBuffer<bool> target, CellRefused refused)
    {
        var first = target.Count;
        var slots = target.Extend(cells.Rows);
        var place = cells.Before;
        for (var row = 0; row < cells.Rows; row++, place += cells.Stride)
        {
            var from = cells.Text + place[0] + cells.Lead;
            var length = place[1] - place[0] - cells.Lead;
            if (FlagCell.TryFlag(new ReadOnlySpan<byte>(from, length), out slots[row])) continue;
            target.SetNull(first + row);
            if (length > 0) refused(row, from, length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Days(in CellRun cells, FixedBuffer<int> target, CellRefused refused)
    {
        var text = cells.Text;
        int stride = cells.Stride, lead = cells.Lead, rows = cells.Rows;
        var first = target.Count;
        var place = cells.Before;
        // Neighbours often carry the same day: compare the eight digits before reading them again.
        ulong known = 0;
        var day = 0;
        fixed (int* slots = target.Extend(rows))
        {
            for (var row = 0; row < rows; row++, place += stride)
            {
                var from = text + place[0] + lead;
                var length = place[1] - place[0] - lead;
                if (length == 8)
                {
                    var digits = *(ulong*)from;
                    if (digits == known)
                    {
                        slots[row] = day;
                        continue;
                    }
                    if (DateCell.TryDay(from, length, out var found))
                    {
                        slots[row] = day = found;
                        known = digits;
                        continue;
                    }
                }
                target.SetNull(first + row);
                if (length > 0) refused(row, from, length);
            }
        }
    }

    private static void Periods(in CellRun cells, FixedBuffer<int> target, CellFormat format, CellRefused refused)
    {
        var first = target.Count;
        var slots = target.Extend(cells.Rows);
        var place = cells.Before;
        for (var row = 0; row < cells.Rows; row++, place += cells.Stride)
        {
            var from = cells.Text + place[0] + cells.Lead;
            var length = place[1] - place[0] - cells.Lead;
            var good = format switch
            {
                CellFormat.IsoDay => DateCell.TryIsoDay(from, length, out slots[row]),
                CellFormat.MonthId => DateCell.TryMonth(from, length, out slots[row]),
                _ => DateCell.TryYear(from, length, out slots[row]),
            };
            if (good) continue;
            target.SetNull(first + row);
            if (length > 0) refused(row, from, length);
        }
    }

    private static void Instants(in CellRun cells, FixedBuffer<long> target, CellFormat format, int offsetMinutes, CellRefused refused)
    {
        var text = cells.Text;
        int stride = cells.Stride, lead = cells.Lead, rows = cells.Rows;
        var first = target.Count;
        var place = cells.Before;
        fixed (long* slots = target.Extend(rows))
        {
            for (var row = 0; row < rows; row++, place += stride)
            {
                var from = text + place[0] + lead;
                var length = place[1] - place[0] - lead;
                var good = length > 0 && format switch
                {
                    CellFormat.UnixSeconds => DateCell.TryUnixSeconds(from, length, out slots[row]),
                    CellFormat.HourId => DateCell.TryHour(from, length, offsetMinutes, out slots[row]),
                    _ => DateCell.TryIso(from, length, out slots[row]),
                };
                if (good) continue;
                target.SetNull(first + row);
                if (length == 0) continue;
                refused(row, from, length);
            }
        }
    }
}

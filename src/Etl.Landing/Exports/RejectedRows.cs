using Etl.Core.Exports;
using Etl.Landing.Exports.Files;
using Etl.Landing.Exports.Writing;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports;

/// <summary>Lists the leads of a cut that the importer would not take, each with the reason, in place of the list of the cut before. People open it: it is always defused.</summary>
internal sealed class RejectedRows(string path, string attempt, IEnumerable<string> headers) : IDisposable
{
    private static readonly CrmForm s_form = new() { HasByteOrderMark = true };

    private readonly CsvRows _rows = new(headers.Prepend("reason"), s_form, defuses: true);
    private TempFile? _file;

    /// <summary>Adds a lead.</summary>
    public void Add(string reason, IReadOnlyList<WrittenCell> cells)
    {
        if (_file is null)
        {
            _file = new TempFile(Path.Combine(Path.GetDirectoryName(path)!, ExportFolder.TemporaryName(attempt)));
            _file.Stream.Write(_rows.Head.Span);
        }
        _file.Stream.Write(_rows.Row([Safe(new WrittenCell(reason, CellKind.Text)), .. cells.Select(Safe)]).Span);
    }

    /// <summary>Shows the list; removes the earlier one when nothing was rejected.</summary>
    public void Publish()
    {
        if (_file is null)
        {
            File.Delete(path);
            return;
        }
        _file.Sync();
        _file.Publish(path);
        DurableFolder.Sync(Path.GetDirectoryName(path)!);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _rows.Dispose();
    }

    private static WrittenCell Safe(WrittenCell cell)
    {
        if (cell.Kind != CellKind.Text) return cell;
        var safe = Formula.Defuse(cell.Text, s_form.Delimiter, isPhone: false);
        return ReferenceEquals(safe, cell.Text) ? cell : new WrittenCell(safe, CellKind.Text, IsDefused: true);
    }
}

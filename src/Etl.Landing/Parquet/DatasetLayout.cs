using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Parquet;

/// <summary>
/// Where the windows of a dataset lie in its store: one folder per window, one object in it, one name.
/// <code>
/// &lt;dataset&gt;/[account=&lt;id&gt;/]date=2026-11-19/data.parquet                days
/// &lt;dataset&gt;/[account=&lt;id&gt;/]date=2026-11-01/hour=01-0400/data.parquet   hours
/// &lt;dataset&gt;/[account=&lt;id&gt;/]date=2026-11-01/hour=14/minute=05/data.parquet   live minutes
/// &lt;dataset&gt;/[account=&lt;id&gt;/]month=2026-11/data.parquet                  months
/// </code>
/// </summary>
internal sealed class DatasetLayout(IObjectStore store, string dataset, bool severalAccounts)
{
    public const string FileName = "data.parquet";

    /// <summary>Length of the date at the start of an hour's label, after which stands a <c>T</c>.</summary>
    private const int DateLength = 10;

    /// <summary>Length of a minute's label.</summary>
    private const int MinuteLength = 17;

    private readonly string _root = PathNames.Check("dataset", dataset) + "/";

    /// <summary>The object that holds a window.</summary>
    public string NameOf(WindowKey key, Window window) => FolderOf(key, window) + FileName;

    /// <summary>
    /// Refuses a window whose rows would lie beside the same rows in another cut: with and without accounts, days beside
    /// months, days beside their hours. A reader of the dataset would count them twice.
    /// </summary>
    /// <exception cref="EtlException">The dataset was landed in another layout.</exception>
    public async Task RefuseMixtureAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        var folder = FolderOf(key, window);
        var parent = ParentOf(key);
        var other = severalAccounts
            ? await FirstAsync(_root + "date=", cancellation) ?? await FirstAsync(_root + "month=", cancellation)
            : await FirstAsync(_root + "account=", cancellation);
        other ??= await FirstAsync(parent + (window.Unit == WindowUnit.Month ? "date=" : "month="), cancellation);
        other ??= window.Unit switch
        {
            WindowUnit.Day => await FirstAsync(folder + "hour=", cancellation),
            WindowUnit.Hour => await FirstAsync(DayOf(parent, key), name => Depth(name) is 0 or 2, cancellation),
            WindowUnit.Minute => await FirstAsync(DayOf(parent, key), name => Depth(name) is 0 or 1, cancellation),
            _ => null,
        };
        if (other is not null)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land window '{key}' at '{store.Locate(folder + FileName)}': the dataset also has '{other[_root.Length..]}', cut by other windows or accounts, "
                + "and a reader would count rows twice. Name another dataset in the job, or move the old folders away.") { Code = "mixed-layout" };

        // Folders between a day's folder and a file in it: 0 for the day's own file, 1 for an hour's, 2 for a minute's.
        int Depth(string name) => name[DayOf(parent, key).Length..].Count(c => c == '/');
    }

    private static string DayOf(string parent, WindowKey key) => $"{parent}date={key.Label[..DateLength]}/";

    private string ParentOf(WindowKey key) => severalAccounts ? $"{_root}account={PathNames.Check("account", key.Account)}/" : _root;

    private string FolderOf(WindowKey key, Window window)
    {
        var label = PathNames.Check("window label", key.Label);
        var parent = ParentOf(key);
        return window.Unit switch
        {
            WindowUnit.Month => $"{parent}month={label}/",
            WindowUnit.Hour when label.Length <= DateLength + 1 || label[DateLength] != 'T' =>
                throw new EtlException(FaultKind.Usage, $"'{label}' is not the label of an hour, such as '2026-11-19T14-0500'.") { Code = "path-name" },
            WindowUnit.Hour => $"{DayOf(parent, key)}hour={label[(DateLength + 1)..]}/",
            WindowUnit.Minute when label.Length != MinuteLength || label[DateLength] != 'T' || label[^1] != 'm' =>
                throw new EtlException(FaultKind.Usage, $"'{label}' is not the label of a minute, such as '2026-11-19T14-05m'.") { Code = "path-name" },
            WindowUnit.Minute => $"{DayOf(parent, key)}hour={label[11..13]}/minute={label[14..16]}/",
            _ => $"{parent}date={label}/",
        };
    }

    private Task<string?> FirstAsync(string prefix, CancellationToken cancellation) => FirstAsync(prefix, _ => true, cancellation);

    private async Task<string?> FirstAsync(string prefix, Func<string, bool> isIt, CancellationToken cancellation)
    {
        await foreach (var entry in store.ListAsync(prefix, cancellation).WithCancellation(cancellation))
            if (isIt(entry.Name)) return entry.Name;
        return null;
    }
}

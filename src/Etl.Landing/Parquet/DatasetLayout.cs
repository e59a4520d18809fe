using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Parquet;

/// <summary>
/// Where the windows of a dataset lie: one folder per window, one file in it, one name.
/// <code>
/// [account=&lt;id&gt;/]date=2026-11-19/data.parquet                days
/// [account=&lt;id&gt;/]date=2026-11-01/hour=01-0400/data.parquet   hours
/// [account=&lt;id&gt;/]month=2026-11/data.parquet                  months
/// </code>
/// </summary>
internal sealed class DatasetLayout(string root, bool severalAccounts)
{
    public const string FileName = "data.parquet";

    /// <summary>Length of the date at the start of an hour's label, after which stands a <c>T</c>.</summary>
    private const int DateLength = 10;

    public string Root => root;

    public string FolderOf(WindowKey key, Window window)
    {
        var label = PathNames.Check("window label", key.Label);
        var parent = severalAccounts ? Path.Combine(root, "account=" + PathNames.Check("account", key.Account)) : root;
        return window.Unit switch
        {
            WindowUnit.Month => Path.Combine(parent, "month=" + label),
            WindowUnit.Hour when label.Length <= DateLength + 1 || label[DateLength] != 'T' =>
                throw new EtlException(FaultKind.Usage, $"'{label}' is not the label of an hour, such as '2026-11-19T14-0500'.") { Code = "path-name" },
            WindowUnit.Hour => Path.Combine(parent, "date=" + label[..DateLength], "hour=" + label[(DateLength + 1)..]),
            _ => Path.Combine(parent, "date=" + label),
        };
    }

    public string FileOf(WindowKey key, Window window) => Path.Combine(FolderOf(key, window), FileName);

    /// <summary>
    /// Refuses a window whose rows would lie beside the same rows in another cut: with and without accounts, days beside
    /// months, days beside their hours. A reader of the dataset would count them twice.
    /// </summary>
    /// <exception cref="EtlException">The dataset was landed in another layout.</exception>
    public void RefuseMixture(WindowKey key, Window window)
    {
        var folder = FolderOf(key, window);
        var account = severalAccounts ? Path.GetRelativePath(root, folder).Split(Path.DirectorySeparatorChar)[0] : "";
        var other = severalAccounts
            ? FirstOf(root, "date=") ?? FirstOf(root, "month=")
            : FirstOf(root, "account=");
        other ??= FirstOf(Path.Combine(root, account), window.Unit == WindowUnit.Month ? "date=" : "month=");
        other ??= window.Unit switch
        {
            WindowUnit.Day => FirstOf(folder, "hour="),
            WindowUnit.Hour when File.Exists(Path.Combine(Path.GetDirectoryName(folder)!, FileName)) => Path.GetDirectoryName(folder),
            _ => null,
        };
        if (other is not null)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land window '{key}' at '{folder}': the dataset also has '{Path.GetRelativePath(root, other)}', cut by other windows or accounts, "
                + "and a reader would count rows twice. Name another dataset in the job, or move the old folders away.") { Code = "mixed-layout" };
    }

    private static string? FirstOf(string folder, string prefix) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, prefix + "*").FirstOrDefault() : null;
}

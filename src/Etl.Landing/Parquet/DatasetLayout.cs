using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Parquet;

/// <summary>
/// Where the windows of a dataset lie: one folder per window, one file in it, one name.
/// <code>
/// [account=&lt;id&gt;/]date=2026-11-19/data.parquet                days
/// [account=&lt;id&gt;/]date=2026-11-01/hour=01-0400/data.parquet   hours
/// [account=&lt;id&gt;/]date=2026-11-01/hour=14/minute=05/data.parquet   live minutes
/// [account=&lt;id&gt;/]month=2026-11/data.parquet                  months
/// </code>
/// </summary>
internal sealed class DatasetLayout(string root, bool severalAccounts)
{
    public const string FileName = "data.parquet";

    /// <summary>Length of the date at the start of an hour's label, after which stands a <c>T</c>.</summary>
    private const int DateLength = 10;

    /// <summary>Length of a minute's label.</summary>
    private const int MinuteLength = 17;

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
            WindowUnit.Minute when label.Length != MinuteLength || label[DateLength] != 'T' || label[^1] != 'm' =>
                throw new EtlException(FaultKind.Usage, $"'{label}' is not the label of a minute, such as '2026-11-19T14-05m'.") { Code = "path-name" },
            WindowUnit.Minute => Path.Combine(parent, "date=" + label[..DateLength], "hour=" + label[11..13], "minute=" + label[14..16]),
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
            WindowUnit.Hour when MinutesIn(Path.GetDirectoryName(folder)!) is { } minutes => minutes,
            WindowUnit.Hour when File.Exists(Path.Combine(Path.GetDirectoryName(folder)!, FileName)) => Path.GetDirectoryName(folder),
            WindowUnit.Minute => FirstCoarser(Path.GetDirectoryName(Path.GetDirectoryName(folder))!),
            _ => null,
        };
        if (other is not null)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land window '{key}' at '{folder}': the dataset also has '{Path.GetRelativePath(root, other)}', cut by other windows or accounts, "
                + "and a reader would count rows twice. Name another dataset in the job, or move the old folders away.") { Code = "mixed-layout" };
    }

    /// <summary>A day's file, or an hour's (whose folder carries an offset), beside which minutes would lie.</summary>
    private static string? FirstCoarser(string day)
    {
        if (File.Exists(Path.Combine(day, FileName))) return day;
        return Directory.Exists(day) ? Directory.EnumerateDirectories(day, "hour=*").FirstOrDefault(h => File.Exists(Path.Combine(h, FileName))) : null;
    }

    private static string? MinutesIn(string day) =>
        Directory.Exists(day) ? Directory.EnumerateDirectories(day, "hour=*").Select(h => FirstOf(h, "minute=")).FirstOrDefault(m => m is not null) : null;

    private static string? FirstOf(string folder, string prefix) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, prefix + "*").FirstOrDefault() : null;
}

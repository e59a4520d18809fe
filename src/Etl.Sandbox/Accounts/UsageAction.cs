using System.Globalization;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Accounts;

/// <summary>Report 42 (VPAAS_USAGE_MULTI): a row for each account of a parent. Of its metrics only the plays are computed; the others are zero.</summary>
internal sealed class UsageAction(AccountBook family, CatalogueData catalogue)
{
    public const int Type = 42;

    /// <summary>Over all accounts that are asked for.</summary>
    public ApiObject Total(ReportRequest request)
    {
        var declared = catalogue.Require(Type);
        var plays = Text(Asked(request).Sum(a => PhpCast.ToInt(a.PlaysIn(request))));
        return new ApiObject("KalturaReportTotal",
            ("header", string.Join(request.Delimiter, declared.Totals)),
            ("data", string.Join(request.Delimiter, declared.Totals.Select(t => t == "total_plays" ? plays : "0"))));
    }

    public TableReply Run(ReportRequest request)
    {
        var declared = catalogue.Require(Type);
        var accounts = Asked(request);
        var first = (int)Math.Min((request.PageIndex - 1) * request.PageSize, int.MaxValue);
        if (first >= accounts.Count)
            return new TableReply { IsAbsent = true };
        var reply = new TableReply { Header = [.. declared.Dimensions, .. declared.Metrics], TotalCount = accounts.Count };
        foreach (var account in accounts.Skip(first).Take((int)Math.Min(request.PageSize, int.MaxValue)))
            reply.Rows.Add([.. declared.Dimensions.Select(d => Label(account, d)), .. declared.Metrics.Select(m => m == "total_plays" ? account.PlaysIn(request) : "0")]);
        return reply;
    }

    private List<Account> Asked(ReportRequest request)
    {
        var wanted = request.ObjectIds?.Split(request.Delimiter);
        return [.. family.All.Where(a => wanted is null || wanted.Contains(Text(a.PartnerId)))];
    }

    private static string Label(Account account, string dimension) => dimension switch
    {
        "status" => "1",
        "partner_name" => $"Account {Text(account.PartnerId)}",
        "partner_id" => Text(account.PartnerId),
        _ => Text(account.Store.Start),
    };

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

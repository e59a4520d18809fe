using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Lists;

/// <summary>The pager of list actions: 30 rows unless asked otherwise, never more than 500 (wire facts 3.7 and 5.2).</summary>
internal readonly record struct ListPager(long Size, long Index)
{
    private const int DefaultSize = 30;
    private const int MaxSize = 500;

    /// <summary>
    /// Search-backed lists hold no row beyond this rank; asking for one fails, as the vendor's help says, with the words "exceeded max
    /// matches allowed". The only way on is a narrower filter, by creation time.
    /// </summary>
    public const int MaxMatches = 10_000;

    public static ListPager Read(ParamNode? pager)
    {
        var size = PhpCast.ToInt(pager?.TextOf("pageSize"));
        var index = PhpCast.ToInt(pager?.TextOf("pageIndex"));
        return new(size <= 0 ? DefaultSize : Math.Min(size, MaxSize), index <= 0 ? 1 : index);
    }

    /// <summary>The page as a list response.</summary>
    public ApiObject Reply<T>(string objectType, IReadOnlyCollection<T> matches, Func<T, ApiObject> toObject, bool capped = true)
    {
        if (capped && Index > MaxMatches / Size)
            throw new ApiException("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED", "Unable to generate list. max matches value was reached");
        var first = (int)Math.Min((Index - 1) * Size, int.MaxValue);
        return new ApiObject(objectType,
            ("totalCount", matches.Count),
            ("objects", matches.Skip(first).Take((int)Size).Select(object? (item) => toObject(item)).ToList()));
    }
}

using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>
/// Who the rows are about. Each lead is a name of the kind that the export goes <see cref="LeadBy">by</see>; its number is that of the name. A row without one finds its lead by
/// its name of the other kind, through the sources that have both, whichever window said so. Where several leads have one such name, or one lead has several, the
/// first source of the export that says something decides and in it the window by the duplicate rule, then the order of rows. One person over all accounts is one lead.
/// </summary>
/// <param name="by">The kind of name.</param>
/// <param name="first">The oldest window decides, not the newest.</param>
/// <param name="leave">Judges names.</param>
internal sealed class LeadPeople(LeadBy by, bool first, LeaveList leave)
{
    /// <summary>The row is of no lead.</summary>
    public const int Nobody = -1;

    private readonly TextPool _names = new(), _others = new();

    // By number of the other name: the lead, the source that said so, and what the lists say of it.
    private readonly PerLead<int> _leadOf = new(Nobody), _leadSource = new(int.MaxValue);
    private readonly PerLead<LeaveReason> _reasonOf = new(LeaveReason.None);

    // By lead.
    private readonly PerLead<int> _otherOf = new(TextPool.None), _otherSource = new(int.MaxValue);
    private readonly PerLead<LeaveReason> _reason = new(LeaveReason.None);

    private enum Cell
    {
        /// <summary>Empty, <c>Unknown</c> or <c>Error</c>.</summary>
        Nobody,

        /// <summary>Says something that is no address.</summary>
        Unusable,

        Name,
    }

    /// <summary>Leads met.</summary>
    public int Count => _names.Count;

    /// <summary>Rows without any name.</summary>
    public long Anonymous { get; private set; }

    /// <summary>Rows whose names lead to nobody.</summary>
    public long Unresolved { get; private set; }

    /// <summary>Rows that have a lead.</summary>
    public long Resolved { get; private set; }

    /// <summary>A lead's name, normalised.</summary>
    public ReadOnlySpan<byte> Name(int lead) => _names[lead];

    /// <summary>A lead's name of the other kind; empty where it has none.</summary>
    public ReadOnlySpan<byte> Other(int lead) => _otherOf[lead] is >= 0 and var other ? _others[other] : default;

    /// <summary>Why a lead is left out.</summary>
    public LeaveReason Reason(int lead) => _reason[lead] | (by == LeadBy.Email ? leave.OfAddress(_names[lead]) : leave.OfUser(_names[lead]));

    /// <summary>Learns from rows that may have names of both kinds. All such rows come before the first <see cref="Resolve"/>.</summary>
    public void Learn(int source, TextBuffer email, TextBuffer user)
    {
        var (ours, theirs) = by == LeadBy.Email ? (email, user) : (user, email);
        Span<byte> room = stackalloc byte[EmailAddress.MaxBytes], otherRoom = stackalloc byte[EmailAddress.MaxBytes];
        for (var row = 0; row < ours.Count; row++)
        {
            if (Read(ours, row, by == LeadBy.Email, room, out var name) != Cell.Name || Read(theirs, row, by == LeadBy.User, otherRoom, out var other) != Cell.Name) continue;
            var (lead, number) = (_names.Add(name), _others.Add(other));
            _leadOf.Grow(_others.Count);
            _leadSource.Grow(_others.Count);
            _reasonOf.Grow(_others.Count);
            _reasonOf[number] = by == LeadBy.Email ? leave.OfUser(other) : leave.OfAddress(other);
            Decide(ref _leadOf[number], ref _leadSource[number], lead, source);
            Grow();
            Decide(ref _otherOf[lead], ref _otherSource[lead], number, source);
        }
    }

    /// <summary>Finds the lead of each row, or <see cref="Nobody"/>.</summary>
    /// <param name="email">Addresses; null where the source has none.</param>
    /// <param name="user">User ids; null where it has none.</param>
    /// <param name="leads">One slot a row.</param>
    public void Resolve(TextBuffer? email, TextBuffer? user, Span<int> leads)
    {
        var (ours, theirs) = by == LeadBy.Email ? (email, user) : (user, email);
        Span<byte> room = stackalloc byte[EmailAddress.MaxBytes], otherRoom = stackalloc byte[EmailAddress.MaxBytes];
        for (var row = 0; row < leads.Length; row++)
        {
            var own = Read(ours, row, by == LeadBy.Email, room, out var name);
            var foreign = Read(theirs, row, by == LeadBy.User, otherRoom, out var other);
            var number = foreign == Cell.Name ? _others.Find(other) : TextPool.None;
            var lead = own == Cell.Name ? _names.Add(name) : number != TextPool.None ? _leadOf[number] : Nobody;
            leads[row] = lead;
            if (lead == Nobody)
            {
                if (own == Cell.Nobody && foreign == Cell.Nobody) Anonymous++;
                else Unresolved++;
                continue;
            }
            Resolved++;
            Grow();
            if (number != TextPool.None) _reason[lead] |= _reasonOf[number];
        }
    }

    private void Grow()
    {
        _otherOf.Grow(_names.Count);
        _otherSource.Grow(_names.Count);
        _reason.Grow(_names.Count);
    }

    private void Decide(ref int value, ref int decidedBy, int said, int source)
    {
        if (source > decidedBy || (source == decidedBy && first)) return;
        (value, decidedBy) = (said, source);
    }

    private static Cell Read(TextBuffer? cells, int row, bool isAddress, Span<byte> room, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (cells is null || cells.IsNull(row)) return Cell.Nobody;
        var cell = cells[row];
        if (UserId.IsNobody(cell)) return Cell.Nobody;
        if (!isAddress)
        {
            name = UserId.Of(cell);
            return name.IsEmpty ? Cell.Nobody : Cell.Name;
        }
        if (!EmailAddress.TryWrite(cell, room, out var bytes)) return Cell.Unusable;
        name = room[..bytes];
        return Cell.Name;
    }
}

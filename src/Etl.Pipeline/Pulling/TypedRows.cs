using Etl.Core.Columns;

namespace Etl.Pipeline.Pulling;

/// <summary>Leaves out the rows that cannot be typed.</summary>
internal static class TypedRows
{
    /// <summary>The batch itself where all its rows are well; otherwise those that are, in <paramref name="room"/>.</summary>
    /// <param name="batch">Rows as they came.</param>
    /// <param name="room">A batch of the same columns; what it holds is replaced.</param>
    public static RowBatch Of(RowBatch batch, RowBatch room)
    {
        if (batch.Refused.Count == 0) return batch;
        room.Clear();
        batch.CopyTyped(room);
        return room;
    }
}

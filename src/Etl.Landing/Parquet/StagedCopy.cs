using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>Brings a staged pull into a target's object. What does not hold what its stamp says is refused before its last byte is out.</summary>
internal static class StagedCopy
{
    private const int BlockBytes = 1 << 18;

    /// <summary>Copies the staged file as it is: its footer is the commit record already.</summary>
    /// <exception cref="EtlException">The file is not whole or of another pull, code <c>row-count</c>.</exception>
    public static void Bytes(LandingOrder order, IStagedPull staged, Stream output, CancellationToken cancellation)
    {
        using var input = new FileStream(staged.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var file = LandedFile.Look(input);
        if (file.Condition != FileCondition.Good || file.Record!.Stamp != order.Stamp || file.Record.Key != order.Key) throw Refuse(order, file.Why);
        input.Position = 0;
        var half = input.Length / 2;
        var block = new byte[(int)Math.Clamp(half, 1, BlockBytes)];
        var (copied, passedHalf) = (0L, false);
        int read;
        while ((read = input.Read(block)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(block, 0, read);
            copied += read;
            if (passedHalf || copied < half) continue;
            passedHalf = true;
            output.Flush();
            Failpoint.Hit("parquet.temp-half");
        }
    }

    /// <summary>Writes the rows again, for another codec or for a pull that is not a file.</summary>
    /// <exception cref="EtlException">There are more or fewer rows than the stamp says, code <c>row-count</c>.</exception>
    public static void Rows(LandingOrder order, IStagedPull staged, Stream output, ParquetCodec codec, CancellationToken cancellation)
    {
        using var writer = new ParquetWriter(output, ParquetRows.Schema(staged.Schema), new ParquetWriterOptions { Codec = codec });
        var rows = 0L;
        foreach (var batch in staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            ParquetRows.Write(writer, batch);
            rows += batch.RowCount;
        }
        if (rows != order.Stamp.Rows || staged.Key != order.Key) throw Refuse(order, $"it has {rows} rows for window '{staged.Key}'");
        output.Flush();
        Failpoint.Hit("parquet.temp-half");
        var record = new CommitRecord(order.Key, order.Window.From, order.Window.To, order.Stamp, staged.Schema);
        writer.Complete(record.ToMetadata());
    }

    private static EtlException Refuse(LandingOrder order, string why) => new(
        FaultKind.Window,
        $"Could not land window '{order.Key}': the staged pull '{order.Stamp.Pull}' does not hold what its stamp says "
        + $"({order.Stamp.Rows} rows, fence {order.Stamp.Fence}){(why.Length > 0 ? ": " + why : "")}. Nothing was changed; run the window again.")
        { Code = "row-count" };
}

using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>Brings a staged pull into a target's file.</summary>
internal static class StagedCopy
{
    private const int BlockBytes = 1 << 18;

    /// <summary>Copies the staged file as it is: its footer is the commit record already.</summary>
    public static void Bytes(IStagedPull staged, Stream output, CancellationToken cancellation)
    {
        using var input = new FileStream(staged.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
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
    public static void Rows(LandingOrder order, IStagedPull staged, Stream output, ParquetCodec codec, CancellationToken cancellation)
    {
        using var writer = new ParquetWriter(output, ParquetRows.Schema(staged.Schema), new ParquetWriterOptions { Codec = codec });
        foreach (var batch in staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            ParquetRows.Write(writer, batch);
        }
        output.Flush();
        Failpoint.Hit("parquet.temp-half");
        var record = new CommitRecord(order.Key, order.Window.From, order.Window.To, order.Stamp, staged.Schema);
        writer.Complete(record.ToMetadata());
    }
}

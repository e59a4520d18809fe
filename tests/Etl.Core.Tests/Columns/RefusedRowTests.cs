using System.Text;
using Etl.Core.Columns;
using Etl.Testing.Rows;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Core.Tests.Columns;

/// <summary>Batches with refused rows: whoever leaves them out has exactly the others.</summary>
public class RefusedRowTests
{
    private static readonly TableSchema s_schema = new(Enum.GetValues<ColumnType>().Select(t => new Column($"c_{t}", t)));

    /// <summary>Rows as cells of one seed each: any type, null now and then, texts of none to many bytes.</summary>
    private static void Append(RowBatch batch, int seed)
    {
        var random = new Random(seed);
        for (var c = 0; c < s_schema.Columns.Count; c++)
        {
            if (random.Next(4) == 0)
            {
                batch[c].AppendNull();
                continue;
            }
            switch (batch[c])
            {
                case TextBuffer text: text.Append(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("aé視😀"[..(random.Next(3) + 1)], random.Next(20))))); break;
                case FixedBuffer<bool> flags: flags.Append(random.Next(2) == 0); break;
                case FixedBuffer<int> ints: ints.Append(random.Next(-700_000, 2_000_000)); break;
                case FixedBuffer<long> longs: longs.Append(random.NextInt64(-60_000_000_000_000_000, 250_000_000_000_000_000)); break;
                case FixedBuffer<double> doubles: doubles.Append(random.NextDouble()); break;
                default: throw new NotSupportedException();
            }
        }
    }

    private static RefusedRow Refusal(int index) => new(index, index + 1, $"{{\"row\":{index}}}", [new RefusedCell("c", "x", "is bad")]);

    private static RowBatch Batch(IEnumerable<(int Seed, bool Bad)> rows)
    {
        var batch = new RowBatch(s_schema);
        foreach (var (seed, bad) in rows)
        {
            Append(batch, seed);
            if (bad) batch.Refuse(Refusal(batch.RowCount - 1));
        }
        return batch;
    }

    private static List<string> Texts(RowBatch batch) => [.. Enumerable.Range(0, batch.RowCount).Select(r => RowText.Line(batch, r))];

    [Fact]
    public void Batch_without_its_refused_rows_is_the_batch_of_the_others()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var share = random.NextDouble();
            var all = Enumerable.Range(0, random.Next(300)).Select(_ => (Seed: random.Next(), Bad: random.NextDouble() < share)).ToList();
            var typed = new RowBatch(s_schema);
            // What a receiver reuses holds rows of before.
            Append(typed, 7);
            typed.Clear();
            Batch(all).CopyTyped(typed);
            var expected = Batch(all.Where(r => !r.Bad));
            Assert.Equal(Texts(expected), Texts(typed));
            Assert.Empty(typed.Refused);
            Assert.Equal(Hash(expected), Hash(typed));
            for (var c = 0; c < s_schema.Columns.Count; c++)
            {
                Assert.Equal(expected[c].NullCount, typed[c].NullCount);
                Assert.Equal(expected[c].Validity.ToArray(), typed[c].Validity.ToArray());
                if (typed[c] is TextBuffer text) Assert.Equal(((TextBuffer)expected[c]).Offsets.ToArray(), text.Offsets.ToArray());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(int.MaxValue / 2));
    }

    [Fact]
    public void Copies_keep_their_rows_refused_wherever_they_come_to_stand()
    {
        var source = Batch([(1, false), (2, true), (3, false), (4, true)]);
        var copy = Batch([(9, true)]);
        copy.AppendAll(source);
        copy.AppendRow(source, 3);
        copy.AppendRow(source, 0);
        Assert.Equal([0, 2, 4, 5], copy.Refused.Select(r => r.Index));
        Assert.Equal("""{"row":1}""", copy.RefusalOf(2)!.Raw);
        Assert.Equal(4, copy.RefusalOf(5)!.Number);
        Assert.Null(copy.RefusalOf(1));
        Assert.Null(copy.RefusalOf(6));
        copy.Clear();
        Assert.Empty(copy.Refused);
    }

    [Fact]
    public void Rows_are_refused_in_order_and_once()
    {
        var batch = Batch([(1, false), (2, true), (3, false)]);
        Assert.Throws<ArgumentException>(() => batch.Refuse(Refusal(1)));
        Assert.Throws<ArgumentException>(() => batch.Refuse(Refusal(0)));
        batch.Refuse(Refusal(2));
        batch.Review(r => r.Index == 1 ? null : r with { Page = 7 });
        Assert.Equal((2, 7), Assert.Single(batch.Refused) is var kept ? (kept.Index, kept.Page) : default);
    }

    private static string Hash(RowBatch batch)
    {
        var hasher = new ContentHasher();
        hasher.Add(batch);
        return hasher.Current();
    }
}

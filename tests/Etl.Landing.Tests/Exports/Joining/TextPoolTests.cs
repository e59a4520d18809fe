using System.Text;
using Etl.Landing.Exports.Joining;

namespace Etl.Landing.Tests.Exports.Joining;

public class TextPoolTests
{
    [Fact]
    public void Texts_are_numbered_by_first_appearance_and_found_again()
    {
        var pool = new TextPool();
        // Over several chunks and growths of the table, with every length of tail, an empty text and one longer than a chunk.
        string[] texts = ["", new string('x', 3 << 20), .. Enumerable.Range(0, 100_000).Select(i => $"user{i}@example.com"[(i % 5)..])];
        var distinct = texts.Distinct().ToList();
        foreach (var text in texts) pool.Add(Encoding.UTF8.GetBytes(text));

        Assert.Equal(distinct.Count, pool.Count);
        for (var i = 0; i < distinct.Count; i++)
        {
            Assert.Equal(i, pool.Find(Encoding.UTF8.GetBytes(distinct[i])));
            Assert.Equal(distinct[i], Encoding.UTF8.GetString(pool[i]));
        }
        Assert.Equal(TextPool.None, pool.Find("nobody@example.com"u8));
        Assert.Equal(3, pool.Add(Encoding.UTF8.GetBytes(distinct[3])));
    }

    [Fact]
    public void Texts_that_differ_by_zero_bytes_are_different()
    {
        var pool = new TextPool();
        Assert.Equal([0, 1, 2, 3], new[] { pool.Add("a"u8), pool.Add("a\0"u8), pool.Add("\0a"u8), pool.Add("a\0\0\0\0\0\0\0\0"u8) });
    }
}

using System.IO.Compression;

namespace Etl.Core.Tests.Runs;

public class RuntimeSwitchTests
{
    [Fact]
    public void Strict_validation_of_compressed_bodies_is_on()
    {
        Assert.True(AppContext.TryGetSwitch("System.IO.Compression.UseStrictValidation", out var on));
        Assert.True(on);
    }

    [Fact]
    public void Gzip_body_that_was_cut_anywhere_raises()
    {
        using var whole = new MemoryStream();
        using (var gzip = new GZipStream(whole, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Enumerable.Range(0, 5_000).Select(i => (byte)(i * i)).ToArray());
        var bytes = whole.ToArray();

        for (var length = 1; length < bytes.Length; length += 7)
        {
            using var cut = new GZipStream(new MemoryStream(bytes, 0, length), CompressionMode.Decompress);
            Assert.Throws<InvalidDataException>(() => cut.CopyTo(Stream.Null));
        }
    }
}

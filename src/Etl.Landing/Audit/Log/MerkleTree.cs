using System.Security.Cryptography;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// The Merkle tree of RFC 6962, section 2.1, over SHA-256: a leaf is the hash of 0x00 and its data, a node the hash of 0x01 and its two children, and the left child of
/// n leaves has the largest power of two below n. Grows by leaves and keeps only the roots of its full subtrees.
/// </summary>
internal sealed class MerkleTree
{
    /// <summary>Length of a hash in bytes.</summary>
    public const int HashBytes = 32;

    // Roots of the full subtrees that the leaves fall into, the largest first: one for each bit of the count.
    private readonly List<byte[]> _full = [];

    /// <summary>Leaves.</summary>
    public long Count { get; private set; }

    /// <summary>A tree with the same leaves, to be grown apart.</summary>
    public MerkleTree Copy()
    {
        var copy = new MerkleTree { Count = Count };
        copy._full.AddRange(_full);
        return copy;
    }

    /// <summary>Adds a leaf by its hash.</summary>
    public void Add(byte[] leaf)
    {
        _full.Add(leaf);
        for (var size = Count++; (size & 1) == 1; size >>= 1)
        {
            var (left, right) = (_full[^2], _full[^1]);
            _full.RemoveRange(_full.Count - 2, 2);
            _full.Add(Node(left, right));
        }
    }

    /// <summary>The root; of no leaves the hash of nothing.</summary>
    public byte[] Root()
    {
        if (_full.Count == 0) return SHA256.HashData([]);
        var root = _full[^1];
        for (var i = _full.Count - 2; i >= 0; i--) root = Node(_full[i], root);
        return root;
    }

    /// <summary>Hash of a leaf.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    /// <summary>Hash of an inner node.</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> both = stackalloc byte[1 + 2 * HashBytes];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashBytes)..]);
        return SHA256.HashData(both);
    }

    /// <summary>Root of leaves given by their hashes, as the definition says it: the plain form that <see cref="Root()"/> is tested against.</summary>
    public static byte[] RootOf(ReadOnlySpan<byte[]> leaves) => leaves.Length switch
    {
        0 => SHA256.HashData([]),
        1 => leaves[0],
        var n => Node(RootOf(leaves[..LeftOf(n)]), RootOf(leaves[LeftOf(n)..])),
    };

    /// <summary>Leaves of the left child: the largest power of two below <paramref name="count"/>, which is at least 2.</summary>
    public static int LeftOf(int count) => 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)count - 1));
}

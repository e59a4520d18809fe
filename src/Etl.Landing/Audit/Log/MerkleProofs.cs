namespace Etl.Landing.Audit.Log;

/// <summary>Proofs of RFC 6962, sections 2.1.1 and 2.1.2: that a leaf is in a tree, and that a tree only grew. Checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, lays down.</summary>
internal static class MerkleProofs
{
    /// <summary>The hashes that lead from a leaf to the root of all <paramref name="leaves"/>.</summary>
    /// <param name="leaves">Hashes of leaves.</param>
    /// <param name="index">Of the leaf, from 0.</param>
    public static IReadOnlyList<byte[]> Inclusion(ReadOnlySpan<byte[]> leaves, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Length);
        if (leaves.Length == 1) return [];
        var left = MerkleTree.LeftOf(leaves.Length);
        return index < left
            ? [.. Inclusion(leaves[..left], index), MerkleTree.RootOf(leaves[left..])]
            : [.. Inclusion(leaves[left..], index - left), MerkleTree.RootOf(leaves[..left])];
    }

    /// <summary>True when the proof leads from the leaf to the root.</summary>
    public static bool IsIncluded(byte[] leaf, long index, long size, IReadOnlyList<byte[]> proof, byte[] root)
    {
        if (index < 0 || index >= size) return false;
        var (at, last, hash) = (index, size - 1, leaf);
        foreach (var step in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = MerkleTree.Node(step, hash);
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                hash = MerkleTree.Node(hash, step);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>The hashes that show that the tree of all <paramref name="leaves"/> begins with the tree of the first <paramref name="size"/>.</summary>
    /// <param name="leaves">Hashes of leaves.</param>
    /// <param name="size">From 1.</param>
    public static IReadOnlyList<byte[]> Consistency(ReadOnlySpan<byte[]> leaves, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, leaves.Length);
        return Consistency(leaves, size, isWhole: true);
    }

    private static IReadOnlyList<byte[]> Consistency(ReadOnlySpan<byte[]> leaves, int size, bool isWhole)
    {
        if (size == leaves.Length) return isWhole ? [] : [MerkleTree.RootOf(leaves)];
        var left = MerkleTree.LeftOf(leaves.Length);
        return size <= left
            ? [.. Consistency(leaves[..left], size, isWhole), MerkleTree.RootOf(leaves[left..])]
            : [.. Consistency(leaves[left..], size - left, isWhole: false), MerkleTree.RootOf(leaves[..left])];
    }

    /// <summary>True when the proof shows that the newer tree begins with the older one.</summary>
    public static bool IsConsistent(long oldSize, byte[] oldRoot, long newSize, byte[] newRoot, IReadOnlyList<byte[]> proof)
    {
        if (oldSize < 1 || oldSize > newSize) return false;
        if (oldSize == newSize) return proof.Count == 0 && oldRoot.AsSpan().SequenceEqual(newRoot);
        // A full older tree is a node of the newer one, and its root is not repeated in the proof.
        List<byte[]> steps = (oldSize & (oldSize - 1)) == 0 ? [oldRoot, .. proof] : [.. proof];
        if (steps.Count == 0) return false;
        var (at, last) = (oldSize - 1, newSize - 1);
        while ((at & 1) == 1) (at, last) = (at >> 1, last >> 1);
        var (older, newer) = (steps[0], steps[0]);
        foreach (var step in steps.Skip(1))
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                (older, newer) = (MerkleTree.Node(step, older), MerkleTree.Node(step, newer));
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                newer = MerkleTree.Node(newer, step);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && older.AsSpan().SequenceEqual(oldRoot) && newer.AsSpan().SequenceEqual(newRoot);
    }
}

using Etl.Landing.Audit.Log;

namespace Etl.Landing.Tests.Audit;

/// <summary>The tree against published vectors and against its plain definition.</summary>
public sealed class MerkleTests
{
    // Leaves and roots of the reference tests of Certificate Transparency, published with RFC 6962's first implementation.
    private static readonly string[] s_leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] s_roots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static byte[][] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf(i < s_leaves.Length ? Convert.FromHexString(s_leaves[i]) : BitConverter.GetBytes(i)))];

    [Fact]
    public void Roots_are_the_published_ones()
    {
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(new MerkleTree().Root()));
        Assert.Equal("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", Convert.ToHexStringLower(MerkleTree.Leaf([])));
        var tree = new MerkleTree();
        for (var i = 0; i < s_leaves.Length; i++)
        {
            tree.Add(MerkleTree.Leaf(Convert.FromHexString(s_leaves[i])));
            Assert.Equal(s_roots[i], Convert.ToHexStringLower(tree.Root()));
            Assert.Equal(s_roots[i], Convert.ToHexStringLower(MerkleTree.RootOf(Leaves(i + 1))));
        }
    }

    [Fact]
    public void Published_proofs_are_made_and_taken()
    {
        var leaves = Leaves(8);
        Assert.Equal(
            ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
            MerkleProofs.Inclusion(leaves, 0).Select(Convert.ToHexStringLower));
        Assert.Equal(
            ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
            MerkleProofs.Inclusion(leaves, 5).Select(Convert.ToHexStringLower));
        Assert.Equal(
            ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"],
            MerkleProofs.Consistency(leaves, 6).Select(Convert.ToHexStringLower));
    }

    [Fact]
    public void Proofs_of_all_sizes_hold_and_none_holds_for_anything_else()
    {
        var other = MerkleTree.Leaf([1, 2, 3]);
        for (var size = 1; size <= 65; size++)
        {
            var leaves = Leaves(size);
            var root = MerkleTree.RootOf(leaves);
            var tree = new MerkleTree();
            foreach (var leaf in leaves) tree.Add(leaf);
            Assert.Equal(root, tree.Root());
            for (var i = 0; i < size; i++)
            {
                var proof = MerkleProofs.Inclusion(leaves, i);
                Assert.True(MerkleProofs.IsIncluded(leaves[i], i, size, proof, root), $"{i} of {size}");
                Assert.False(MerkleProofs.IsIncluded(other, i, size, proof, root));
                Assert.False(MerkleProofs.IsIncluded(leaves[i], i + 1, size, proof, root) && size > 1);
                Assert.False(MerkleProofs.IsIncluded(leaves[i], i, size, [.. proof, other], root));
                if (proof.Count > 0) Assert.False(MerkleProofs.IsIncluded(leaves[i], i, size, [.. proof.Skip(1)], root));

                var consistency = MerkleProofs.Consistency(leaves, i + 1);
                var old = MerkleTree.RootOf(leaves.AsSpan(0, i + 1));
                Assert.True(MerkleProofs.IsConsistent(i + 1, old, size, root, consistency), $"{i + 1} in {size}");
                Assert.False(MerkleProofs.IsConsistent(i + 1, other, size, root, consistency));
                Assert.False(MerkleProofs.IsConsistent(i + 1, old, size, other, consistency));
                Assert.False(MerkleProofs.IsConsistent(i + 1, old, size, root, [.. consistency, other]));
            }
        }
    }
}

using Etl.Core.Errors;
using Etl.Landing.Exports.Files;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports.Files;

/// <summary>A name is given once, and what has it is never touched. Who races for one is told by the tests of crashes.</summary>
public sealed class FreeNameTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Same_bytes_under_the_name_are_fine_and_other_bytes_are_not_touched()
    {
        File.WriteAllText(_folder["leads-1.csv"], "same");
        File.WriteAllText(_folder[".a"], "same");
        File.WriteAllText(_folder[".b"], "else");

        FreeName.Give(_folder[".a"], _folder["leads-1.csv"]);
        Assert.Equal("export-name-taken", Assert.Throws<EtlException>(() => FreeName.Give(_folder[".b"], _folder["leads-1.csv"])).Code);

        Assert.Equal("same", File.ReadAllText(_folder["leads-1.csv"]));
        Assert.Equal("else", File.ReadAllText(_folder[".b"]));
        // Given before by one who died.
        File.Delete(_folder[".a"]);
        FreeName.Give(_folder[".a"], _folder["leads-1.csv"]);
    }
}

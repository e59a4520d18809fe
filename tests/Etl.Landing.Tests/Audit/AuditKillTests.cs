using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Verify;
using Etl.Landing.Tests.Crash;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Audit;

/// <summary>
/// Kills a writer at every named point of an append. Nobody calls what it left tampering; the next append goes on; a pull has one snapshot.
/// </summary>
public sealed class AuditKillTests : IDisposable
{
    private static readonly string[] s_points =
    [
        "audit.file", "audit.file:2", "audit.manifest", "audit.signature", "audit.key", "parquet.renamed:5", "audit.entry", "audit.cleaned", "audit.checkpoint-signature", "audit.checkpoint", "audit.old-signature",
    ];

    private readonly TempFolder _data = new();
    private readonly SecondVerifier _second = new();

    public static TheoryData<string, bool> Points()
    {
        var data = new TheoryData<string, bool>();
        foreach (var point in s_points)
            foreach (var before in (bool[])[false, true]) data.Add(point, before);
        return data;
    }

    private string Folder => _data["audit/compliance"];

    public void Dispose()
    {
        _second.Dispose();
        _data.Dispose();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Append_killed_at_a_point_is_no_tampering_and_is_done_once(string point, bool before)
    {
        var key = _data["keys/audit.pem"];
        var fingerprint = AuditKeys.Create(key);
        if (before) await DoneAsync("audit", _data.Path, "p0", key);
        Assert.Equal(Child.Killed, (await Child.RunAsync(point, "audit", _data.Path, "p1", key)).Exit);

        var left = Agreed(fingerprint);
        Assert.True(left.Word is "ok" || (left.Word is "empty" && !before), left.Word + string.Concat(left.Findings));
        await DoneAsync("audit", _data.Path, "p1", key);
        var first = before ? 1 : 0;
        Assert.Equal(("ok", first + 1), (Agreed(fingerprint).Word, (int)Agreed(fingerprint).Entries));
        Assert.Empty(Agreed(fingerprint).Notes);
        await DoneAsync("audit", _data.Path, "p1", key);
        await DoneAsync("audit", _data.Path, "p2", key);
        var end = Agreed(fingerprint);
        Assert.Equal(("ok", first + 2L, first + 2L), (end.Word, end.Entries, end.Snapshots));
        Assert.Empty(end.Notes);
        Assert.DoesNotContain(_data.Files(), f => f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("audit.key")]
    [InlineData("audit.entry")]
    [InlineData("audit.checkpoint-signature")]
    [InlineData("audit.checkpoint")]
    public async Task Handing_over_killed_at_a_point_is_finished_with_the_right_key(string point)
    {
        var (key, next) = (_data["keys/audit.pem"], _data["keys/next.pem"]);
        var fingerprint = AuditKeys.Create(key);
        AuditKeys.Create(next);
        await DoneAsync("audit", _data.Path, "p0", key);
        Assert.Equal(Child.Killed, (await Child.RunAsync(point, "audit", _data.Path, next, key, "rotate")).Exit);
        Assert.Equal("ok", Agreed(fingerprint).Word);
        if (point == "audit.key") await DoneAsync("audit", _data.Path, next, key, "rotate");
        await DoneAsync("audit", _data.Path, "p1", next);
        Assert.Equal(("ok", 3L, 2L), (Agreed(fingerprint).Word, Agreed(fingerprint).Entries, Agreed(fingerprint).Snapshots));
        Assert.Empty(Agreed(fingerprint).Notes);
    }

    [Fact]
    public async Task Erasing_killed_when_it_is_signed_is_finished_by_the_next()
    {
        var key = _data["keys/audit.pem"];
        var fingerprint = AuditKeys.Create(key);
        await DoneAsync("audit", _data.Path, "p0", key);
        Assert.Equal(Child.Killed, (await Child.RunAsync("audit.erasure-signed", "erase", _data.Path, key)).Exit);
        Assert.True(Agreed(fingerprint).Word is "ok" or "erased", Agreed(fingerprint).Word);
        await DoneAsync("erase", _data.Path, key);
        // The entry that the dead one signed is enough.
        Assert.Equal(("erased", 2L), (Agreed(fingerprint).Word, Agreed(fingerprint).Entries));
    }

    private AuditVerdict Agreed(string fingerprint)
    {
        var verdict = AuditVerifier.Verify(new AuditVerification(Folder) { Key = fingerprint });
        Assert.Equal(verdict.Word, _second.Ask(Folder, fingerprint));
        return verdict;
    }

    private static async Task DoneAsync(params string[] arguments)
    {
        var (exit, output) = await Child.RunAsync(null, arguments);
        Assert.True(exit == 0, output);
    }
}

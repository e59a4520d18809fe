using Etl.Cli.Composition;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Cli.Tests;

public sealed class JobFolderTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private readonly FakeClock _clock = new(s_now);
    private Func<IReadOnlyList<JobDefinition>> _read = () => [];
    private int _reads;

    public JobFolderTests() => Write("a.yaml", "1", s_now.AddHours(-1));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_that_did_not_change_are_read_once()
    {
        var jobs = Folder();
        for (var look = 0; look < 5; look++) jobs.Read();
        Assert.Equal(1, _reads);
    }

    [Fact]
    public void Changed_added_and_removed_files_are_read()
    {
        var jobs = Folder();
        jobs.Read();
        Write("a.yaml", "2", s_now.AddMinutes(-30));
        jobs.Read();
        Write("b.yaml", "1", s_now.AddMinutes(-30));
        jobs.Read();
        File.Delete(_folder["b.yaml"]);
        jobs.Read();
        jobs.Read();
        Assert.Equal(4, _reads);
    }

    [Fact]
    public void File_that_changed_just_now_is_read_until_its_time_is_past()
    {
        var jobs = Folder();
        Write("a.yaml", "2", s_now.AddSeconds(-1));
        jobs.Read();
        jobs.Read();
        Assert.Equal(2, _reads);
        _clock.Advance(TimeSpan.FromSeconds(10));
        jobs.Read();
        jobs.Read();
        Assert.Equal(3, _reads);
    }

    [Fact]
    public void Faults_are_told_every_time()
    {
        var jobs = Folder();
        _read = () => throw new EtlException(FaultKind.Usage, "a.yaml:1:1: no.");
        Assert.Throws<EtlException>(jobs.Read);
        Assert.Throws<EtlException>(jobs.Read);
        _read = () => [];
        Assert.Empty(jobs.Read());
        Assert.Equal(3, _reads);
    }

    private JobFolder Folder() => new(_folder.Path, () =>
    {
        _reads++;
        return _read();
    }, _clock);

    private void Write(string name, string text, DateTimeOffset at)
    {
        File.WriteAllText(_folder[name], text);
        File.SetLastWriteTimeUtc(_folder[name], at.UtcDateTime);
    }
}

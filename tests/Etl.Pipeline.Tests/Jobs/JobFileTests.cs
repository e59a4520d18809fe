using System.Text;
using Etl.Core.Errors;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public sealed class JobFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("etl-jobs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Folder_gives_the_jobs_of_its_yaml_files_in_order_and_nothing_else()
    {
        Write("b.yaml", Job("second"));
        Write("a.yml", Job("first"));
        Write("notes.txt", "not a job");
        Write(".hidden.yaml", "not: a job");
        Directory.CreateDirectory(Path.Combine(_folder, "more"));
        Write("more/c.yaml", Job("third"));

        var set = Load();

        Assert.Empty(set.Faults);
        Assert.Equal(["first", "second"], set.Jobs.Select(j => j.Name));
        Assert.Equal($"{_folder}/a.yml", set.Jobs[0].File);
    }

    [Fact]
    public void Single_file_is_read_alone()
    {
        Write("a.yaml", Job("first"));
        Write("b.yaml", "not: a job");
        Assert.Equal("first", Assert.Single(JobFileReader.Load(Path.Combine(_folder, "a.yaml"), TestCatalog.Small).Jobs).Name);
    }

    [Fact]
    public void Faults_of_all_files_are_listed_and_sound_jobs_are_still_given()
    {
        Write("a.yaml", "job: a\n");
        Write("b.yaml", Job("b"));
        Write("c.yaml", "job: [");

        var set = Load();

        Assert.Equal("b", Assert.Single(set.Jobs).Name);
        Assert.Equal(["a.yaml:1:1", "a.yaml:1:1", "c.yaml:2:1"], set.Faults.Select(f => $"{Path.GetFileName(f.File)}:{f.Line}:{f.Column}"));
        var thrown = Assert.Throws<EtlException>(set.ThrowIfFaulty);
        Assert.Equal((FaultKind.Usage, "bad-job", 4), (thrown.Kind, thrown.Code, thrown.Message.Split('\n').Length));
    }

    [Fact]
    public void Folder_without_files_is_no_fault()
    {
        var set = Load();
        Assert.Empty(set.Jobs);
        Assert.Empty(set.Faults);
        set.ThrowIfFaulty();
    }

    [Fact]
    public void Path_that_does_not_exist_is_a_fault_of_the_path()
    {
        var fault = Assert.Single(JobFileReader.Load("no/such/folder", TestCatalog.Small).Faults);
        Assert.Equal("no/such/folder: There is no such file or folder.", fault.ToString());
    }

    [Fact]
    public void Job_is_found_by_name_and_a_wrong_name_gets_help()
    {
        Write("a.yaml", Job("nightly-content"));
        Write("b.yaml", Job("broken").Replace("38", "83"));

        var set = Load();

        Assert.Equal("nightly-content", set.Get("nightly-content").Name);
        Assert.Equal("There is no job 'nightly-contents'. Did you mean 'nightly-content'?", Assert.Throws<EtlException>(() => set.Get("nightly-contents")).Message);
        var broken = Assert.Throws<EtlException>(() => set.Get("broken"));
        Assert.Equal(("bad-job", FaultKind.Usage), (broken.Code, broken.Kind));
        Assert.StartsWith("Job 'broken' has 1 fault:\n", broken.Message, StringComparison.Ordinal);
        Assert.Contains("b.yaml:2:19: Report '83' is not in the catalogue.", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_over_a_mebibyte_is_refused_and_one_of_a_mebibyte_is_read()
    {
        var text = Job("big") + "\n#";
        Write("a.yaml", text + new string('x', JobFileReader.MaxFileBytes - text.Length));
        Assert.Empty(Load().Faults);

        Write("a.yaml", text + new string('x', JobFileReader.MaxFileBytes - text.Length + 1));
        Assert.Equal("The file is larger than 1024 KiB, so it is not taken for a job.", Assert.Single(Load().Faults).Message);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_shown_with_their_place()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.yaml"), [.. "job: a\nabout: ü"u8, 0xFC, .. "\n"u8]);
        Assert.EndsWith("a.yaml:2:9: Here stands a byte that is not UTF-8. Save the file as UTF-8.", Assert.Single(Load().Faults).ToString(), StringComparison.Ordinal);

        File.WriteAllBytes(Path.Combine(_folder, "a.yaml"), Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Job("a"))).ToArray());
        Assert.EndsWith("a.yaml:1:1: Here stands a byte that is not UTF-8. Save the file as UTF-8.", Assert.Single(Load().Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Control_character_is_shown_with_its_place()
    {
        Write("a.yaml", "job: a\nabout: x\0y\n");
        Assert.EndsWith("a.yaml:2:9: Here stands a control character. Remove it.", Assert.Single(Load().Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Byte_order_mark_and_windows_line_ends_are_read()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.yaml"), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Job("a").ReplaceLineEndings("\r\n"))]);
        Assert.Empty(Load().Faults.Select(f => f.ToString()));
    }

    private static string Job(string name) => $"job: {name}\nsource: {{ report: 38, action: table }}\nland: [ parquet: {{ dataset: {name} }} ]\n";

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private JobSet Load() => JobFileReader.Load(_folder, TestCatalog.Small);
}

namespace Etl.Sandbox.Tests.Custom;

/// <summary>Faults of custom reports.</summary>
public sealed class CustomFaultTests : IAsyncLifetime
{
    private const string Days = "from_date_id=20260301;to_date_id=20260307;timezone_offset=0";

    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options);

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private void Add(string kind, string? parameter = null, int? report = null) =>
        _api.Server.AddFault(new SandboxFault { Kind = kind, Action = "getCsvFromStringParams", Parameter = parameter, Report = report });

    [Fact]
    public async Task File_action_can_fail_inside()
    {
        Add(SandboxFaultKinds.FileError, "SEARCH_ENGINE_QUERY_FAILED");
        var file = await CustomFile.GetAsync(_api, "3007", Days);

        Assert.Empty(file.Bytes);
        Assert.Equal("error-SEARCH_ENGINE_QUERY_FAILED", file.Headers["X-Kaltura"]);
        Assert.NotEmpty((await CustomFile.GetAsync(_api, "3007", Days)).Rows);
    }

    [Fact]
    public async Task Content_faults_of_tables_work_on_files_too()
    {
        var whole = await CustomFile.GetAsync(_api, "3007", Days);
        Add(SandboxFaultKinds.DropRow);
        Assert.Equal(whole.Rows.Count - 1, (await CustomFile.GetAsync(_api, "3007", Days)).Rows.Count);
        Add(SandboxFaultKinds.WrongCellCount);
        Assert.Single((await CustomFile.GetAsync(_api, "3007", Days)).Rows, row => row.Length == whole.Columns.Length - 1);
        Add(SandboxFaultKinds.RenameColumn, "play=plays");
        Assert.Contains("plays", (await CustomFile.GetAsync(_api, "3007", Days)).Columns);
        Add(SandboxFaultKinds.EmptyTable);
        Assert.Equal(whole.Lines[..1], (await CustomFile.GetAsync(_api, "3007", Days)).Lines);
        Add(SandboxFaultKinds.RawLineBreaks);
        Assert.Contains("Two\nlines", (await CustomFile.GetAsync(_api, "3007", Days)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fault_can_be_tied_to_a_report()
    {
        Add(SandboxFaultKinds.EmptyBody, report: 3009);

        Assert.NotEmpty((await CustomFile.GetAsync(_api, "3007", Days)).Bytes);
        Assert.Empty((await CustomFile.GetAsync(_api, "3009", "from_date=1772323200;to_date=1772928000")).Bytes);
    }
}

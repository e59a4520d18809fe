using Etl.Cli.Composition;
using Etl.Core.Errors;

namespace Etl.Cli.Tests;

public sealed class AppSettingsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("KALTURA_PARTNER_ID", "123")]
    [InlineData("KALTURA_SERVICE_URL", "https://example.com")]
    [InlineData("ETL_CONNECTION_WAREHOUSE", "sqlite:w.db")]
    [InlineData("ETL_CONNECTION_MY_DWH", "postgres:Host=x")]
    [InlineData("ETL_STORE_LAKE", "local:/lake")]
    [InlineData("ETL_LEDGER", "sqlite:l.db")]
    public void File_gives_a_setting_under_the_name_of_its_section(string name, string expected)
    {
        File.WriteAllText(_file, """
            {
              // comments are allowed
              "Kaltura": { "PartnerId": 123, "ServiceUrl": "https://example.com" },
              "Connections": { "warehouse": "sqlite:w.db", "my-dwh": "postgres:Host=x" },
              "Stores": { "lake": "local:/lake" },
              "Etl": { "Ledger": "sqlite:l.db" }
            }
            """);
        Assert.Equal(expected, new AppSettings(_file, _ => null).Find(name));
    }

    [Fact]
    public void Environment_wins_over_the_file_and_blank_counts_as_not_set()
    {
        File.WriteAllText(_file, """{ "Kaltura": { "PartnerId": "1", "UserId": "file" } }""");
        var settings = new AppSettings(_file, name => name == "KALTURA_PARTNER_ID" ? "2" : " ");
        Assert.Equal(("2", "file", null), (settings.Find("KALTURA_PARTNER_ID"), settings.Find("KALTURA_USER_ID"), settings.Find("KALTURA_KS")));
    }

    [Fact]
    public void File_that_is_not_json_is_a_usage_fault_with_its_place()
    {
        File.WriteAllText(_file, "{\n  \"Kaltura\": oops\n}");
        var fault = Assert.Throws<EtlException>(() => new AppSettings(_file, _ => null));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("line 2", fault.Message, StringComparison.Ordinal);
    }
}

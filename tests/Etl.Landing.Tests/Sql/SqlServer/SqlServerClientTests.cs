using Etl.Core.Errors;
using Etl.Landing.Sql.SqlServer;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql.SqlServer;

public sealed class SqlServerClientTests
{
    [Theory]
    [InlineData("Server=db;Database=w", "True")]
    [InlineData("Server=db;Encrypt=false", "False")]
    [InlineData("Server=db;encrypt = yes", "True")]
    [InlineData("Server=db;Encrypt=True", "True")]
    public void Encrypt_is_always_stated_and_on_unless_somebody_said_otherwise(string given, string encrypt)
    {
        var text = SqlServerSettings.Complete(given);
        Assert.Contains("Encrypt=" + encrypt, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Trust", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Trust_in_a_certificate_and_a_name_of_ones_own_stay()
    {
        var builder = new SqlConnectionStringBuilder(SqlServerSettings.Complete("Server=db;TrustServerCertificate=true;Application Name=mine"));
        Assert.Equal((true, "mine"), (builder.TrustServerCertificate, builder.ApplicationName));
        Assert.Equal("etl", new SqlConnectionStringBuilder(SqlServerSettings.Complete("Server=db")).ApplicationName);
    }

    [Theory]
    [InlineData("no connection string")]
    [InlineData("Server=db;Pasword=topsecret")]
    [InlineData("Server=db;Connect Timeout=topsecret")]
    [InlineData("Server=db;Encrypt=topsecret")]
    public void Wrong_connection_string_is_named_by_its_setting_and_never_shown(string given)
    {
        var fault = Assert.Throws<EtlException>(() => new SqlServerClient(given, "ETL_CONNECTION_DWH"));
        Assert.Equal((FaultKind.Usage, "connection"), (fault.Kind, fault.Code));
        Assert.Contains("ETL_CONNECTION_DWH", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", fault.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Runtime_without_culture_data_is_told_what_to_set()
    {
        Skip.If(Environment.GetEnvironmentVariable("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") == "0", "Culture data is there.");
        var fault = await Assert.ThrowsAsync<EtlException>(() => new SqlServerClient("Server=127.0.0.1,1", "ETL_CONNECTION_DWH").OpenAsync(default));
        Assert.Equal((FaultKind.Usage, "globalization"), (fault.Kind, fault.Code));
        Assert.Contains("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0", fault.Message, StringComparison.Ordinal);
    }
}

using Etl.Landing.Sql.Postgres;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

public sealed class PostgresSettingsTests
{
    [Theory]
    [InlineData("", 1 << 17)]
    [InlineData(";Write Buffer Size=20000", 20_000)]
    [InlineData(";WriteBufferSize=8192", 8_192)]
    public void Rows_are_sent_in_large_pieces_unless_the_connection_string_says_otherwise(string said, int bytes) =>
        Assert.Equal(bytes, PostgresSettings.OfRows("Host=a" + said, "V").WriteBufferSize);

    [Fact]
    public void Other_connections_keep_the_drivers_buffer() => Assert.Equal(new NpgsqlConnectionStringBuilder().WriteBufferSize, PostgresSettings.Parse("Host=a", "V").WriteBufferSize);
}

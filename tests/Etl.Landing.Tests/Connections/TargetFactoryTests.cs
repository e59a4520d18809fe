using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Audit;
using Etl.Landing.Connections;
using Etl.Landing.Raw;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Connections;

public sealed class TargetFactoryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _settings = [];

    public void Dispose() => _folder.Dispose();

    private ConnectionSettings Connections => new(_settings.GetValueOrDefault, _folder.Path);

    private TargetFactory Factory => new(_folder.Path, Connections, TimeProvider.System);

    [Fact]
    public void Targets_are_named_by_what_jobs_must_not_share()
    {
        Assert.Equal("parquet:content_daily", Factory.NameOf(new ParquetLandSpec { Dataset = "content_daily" }));
        Assert.Equal("parquet:lake/content_daily", Factory.NameOf(new ParquetLandSpec { Dataset = "content_daily", Store = "lake" }));
        Assert.Equal("table:warehouse:content_daily", Factory.NameOf(new TableLandSpec { Table = "content_daily" }));
        Assert.Equal("audit:compliance", Factory.NameOf(new AuditLandSpec { Log = "compliance" }));
        Assert.Equal("audit:vault/compliance", Factory.NameOf(new AuditLandSpec { Log = "compliance", Store = "vault" }));
        Assert.Equal("table:dw:content_daily", Factory.NameOf(new TableLandSpec { Table = "content_daily", Connection = "dw" }));
    }

    [Fact]
    public void Names_of_made_targets_are_those_asked_for()
    {
        foreach (var land in (LandSpec[])[new ParquetLandSpec { Dataset = "d" }, new TableLandSpec { Table = "t" }])
            Assert.Equal(Factory.NameOf(land), Factory.Create(land, severalAccounts: false).Name);
    }

    [Fact]
    public void Audit_log_lies_in_the_data_folder_or_in_a_store()
    {
        var factory = new TargetFactory(_folder.Path, Connections, TimeProvider.System, audit: new AuditHost { Raw = new RawStore(_folder.Path, TimeProvider.System) });
        _settings["ETL_STORE_VAULT"] = "local:" + _folder["vault"];
        _settings["ETL_STORE_CLOUD"] = "azure-blob:UseDevelopmentStorage=true;Container=logs/ours";
        string Place(string? store) => factory.Create(new AuditLandSpec { Log = "compliance", Store = store }, severalAccounts: false).Locate(Keys.Key(), Keys.Day());
        Assert.Equal(_folder["audit/compliance"], Place(null));
        Assert.Equal(_folder["vault/audit/compliance"], Place("vault"));
        Assert.Equal("http://127.0.0.1:10000/devstoreaccount1/logs/ours/audit/compliance", Place("cloud"));
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public async Task Warehouse_lies_in_the_data_folder_unless_set()
    {
        using var pull = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p1", 1, 2), Plays.Schema, [Plays.Batch(2)]);
        var order = new Core.Targets.LandingOrder(pull.Key, Keys.Day(), pull.Stamp);
        await Factory.Create(new TableLandSpec { Table = "t" }, false).LandAsync(order, pull, default);
        Assert.Contains("warehouse.db", _folder.Files());
        _settings["ETL_CONNECTION_WAREHOUSE"] = "sqlite:" + _folder["other/dw.db"];
        await Factory.Create(new TableLandSpec { Table = "t" }, false).LandAsync(order, pull, default);
        Assert.Contains("other/dw.db", _folder.Files());
    }

    [Fact]
    public void Unknown_connection_says_which_variable_to_set()
    {
        var fault = Assert.Throws<EtlException>(() => Factory.Create(new TableLandSpec { Table = "t", Connection = "my-dw" }, false));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("'my-dw'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("ETL_CONNECTION_MY_DW", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_kind_lists_the_known_ones_and_shows_no_password()
    {
        _settings["ETL_CONNECTION_DW"] = "oracle:Server=x;Password=hunter2";
        var fault = Assert.Throws<EtlException>(() => Factory.Create(new TableLandSpec { Table = "t", Connection = "dw" }, false));
        Assert.Contains("'oracle'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'sqlite'", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Connections.Connection("dw").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData(":hunter2")]
    [InlineData("sqlite:")]
    public void Value_without_kind_or_rest_is_refused_and_not_shown(string value)
    {
        _settings["ETL_CONNECTION_DW"] = value;
        var fault = Assert.Throws<EtlException>(() => Connections.Connection("dw"));
        Assert.Contains("ETL_CONNECTION_DW", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_that_is_local_holds_the_dataset()
    {
        _settings["ETL_STORE_LAKE"] = "local:" + _folder["lake"];
        var target = Factory.Create(new ParquetLandSpec { Dataset = "d", Store = "lake" }, false);
        Assert.Equal(_folder["lake/d/date=2026-11-19/data.parquet"], target.Locate(Keys.Key(), Keys.Day()));
        _settings["ETL_STORE_LAKE"] = "s3:bucket";
        Assert.Contains("'local', 'azure-blob'", Assert.Throws<EtlException>(() => Factory.Create(new ParquetLandSpec { Dataset = "d", Store = "lake" }, false)).Message, StringComparison.Ordinal);
        Assert.Contains("ETL_STORE_ICE", Assert.Throws<EtlException>(() => Factory.Create(new ParquetLandSpec { Dataset = "d", Store = "ice" }, false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_that_is_a_container_holds_the_dataset()
    {
        _settings["ETL_STORE_LAKE"] = "azure-blob:https://acme.blob.core.windows.net/lake/etl?sv=2021&sig=hunter2";
        var target = Factory.Create(new ParquetLandSpec { Dataset = "d", Store = "lake" }, false);
        Assert.Equal("https://acme.blob.core.windows.net/lake/etl/d/date%3D2026-11-19/data.parquet", target.Locate(Keys.Key(), Keys.Day()));
        Assert.Equal("parquet:lake/d", target.Name);
    }

    [Fact]
    public void Table_in_SQL_Server_is_made_without_opening_anything()
    {
        _settings["ETL_CONNECTION_DW"] = "sqlserver:Server=nowhere.invalid;Database=d;User ID=u;Password=hunter2";
        var target = Factory.Create(new TableLandSpec { Table = "dw.Plays", Connection = "dw", Key = ["object_id"], Mode = LandMode.Merge }, false);
        Assert.Equal(("table", "table:dw:dw.Plays", "dw.Plays"), (target.Kind, target.Name, target.Locate(Keys.Key(), Keys.Day())));
    }

    [Fact]
    public void Table_in_PostgreSQL_is_made_without_opening_anything()
    {
        _settings["ETL_CONNECTION_DW"] = "postgres:Host=nowhere.invalid;Database=d;Username=u;Password=hunter2";
        var target = Factory.Create(new TableLandSpec { Table = "Dw.Plays", Connection = "dw", Key = ["object_id"], Mode = LandMode.History }, false);
        Assert.Equal(("table", "table:dw:Dw.Plays", "dw.plays"), (target.Kind, target.Name, target.Locate(Keys.Key(), Keys.Day())));
    }

    [Fact]
    public async Task Ledger_is_where_the_setting_says()
    {
        await using (await LedgerFactory.OpenAsync(Connections, default)) Assert.True(File.Exists(_folder["ledger.db"]));
        _settings["ETL_LEDGER"] = "sqlite:" + _folder["elsewhere/l.db"];
        await using (await LedgerFactory.OpenAsync(Connections, default)) Assert.True(File.Exists(_folder["elsewhere/l.db"]));
        _settings["ETL_LEDGER"] = "redis:localhost";
        Assert.Contains("'sqlite'", (await Assert.ThrowsAsync<EtlException>(() => LedgerFactory.OpenAsync(Connections, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Making_targets_touches_no_disk()
    {
        Factory.Create(new ParquetLandSpec { Dataset = "d" }, severalAccounts: true);
        Factory.Create(new TableLandSpec { Table = "t" }, severalAccounts: false);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }
}

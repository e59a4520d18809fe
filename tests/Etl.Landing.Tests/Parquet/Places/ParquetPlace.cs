using Etl.Landing.Stores;
using Etl.Testing.Crash;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Parquet.Places;

/// <summary>A store of one test, for targets in this process and in others, and for looks past all of them.</summary>
internal abstract class ParquetPlace : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Kind of a <see cref="Worker"/> that lands here.</summary>
    public abstract string Kind { get; }

    /// <summary>Variables that a child process needs to land here.</summary>
    public virtual Dictionary<string, string> Settings => [];

    /// <summary>The store; each call makes another object over the same place.</summary>
    public abstract IObjectStore Store { get; }

    /// <summary>The data folder of workers.</summary>
    public string Data => _folder.Path;

    /// <summary>A worker in this process.</summary>
    public Worker Worker => new(Data, Kind, Settings.GetValueOrDefault);

    /// <summary>An object's bytes, read past the product; null where there is none.</summary>
    public abstract Task<byte[]?> ReadAsync(string name);

    /// <summary>Puts bytes under a name, in place of what is there.</summary>
    public abstract Task WriteAsync(string name, byte[] bytes);

    /// <summary>Names of everything that lies there, temporary files too, in order.</summary>
    public abstract Task<IReadOnlyList<string>> NamesAsync();

    /// <summary>Removes an object.</summary>
    public async Task DeleteAsync(string name) => Assert.True(await Store.DeleteAsync(name, default), $"There is no '{name}'.");

    /// <summary>Named cells of an object's rows in order, joined by bars; empty where there is none.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync(string name, params string[] columns) =>
        await ReadAsync(name) is { } bytes ? Lines.Of(bytes, name, columns) : [];

    /// <summary>Nothing lies there that no reader should meet.</summary>
    public async Task IsCleanAsync() => Assert.DoesNotContain(await NamesAsync(), n => !n.EndsWith("/data.parquet", StringComparison.Ordinal));

    public virtual ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

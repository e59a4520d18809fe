using System.Buffers.Binary;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Files;

/// <summary>A lead as of a cut: its key and what its row said, 128 bits of a hash.</summary>
internal readonly record struct LeadState(UInt128 Key, UInt128 Content);

/// <summary>Writes all leads of a cut, in order of their keys: 32 bytes each, big-endian, nothing else.</summary>
internal sealed class LeadStateWriter : IDisposable
{
    /// <summary>Bytes of a lead.</summary>
    public const int EntryBytes = 32;

    private readonly TempFile _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[EntryBytes * 1024];
    private int _length;

    public LeadStateWriter(string temporaryPath) => _file = new TempFile(temporaryPath);

    public void Add(LeadState lead)
    {
        if (_length == _buffer.Length) Flush();
        BinaryPrimitives.WriteUInt128BigEndian(_buffer.AsSpan(_length), lead.Key);
        BinaryPrimitives.WriteUInt128BigEndian(_buffer.AsSpan(_length + 16), lead.Content);
        _length += EntryBytes;
    }

    /// <summary>Puts the list on the disk under its temporary name; the SHA-256 of the file, hex.</summary>
    public string Complete()
    {
        Flush();
        _file.Sync();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <summary>Gives the file its name. The caller syncs the folder.</summary>
    public void Publish(string path) => _file.Publish(path);

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _length);
        _file.Stream.Write(_buffer, 0, _length);
        _length = 0;
    }
}

/// <summary>Reads the leads of a cut, one ahead.</summary>
internal sealed class LeadStateReader : IDisposable
{
    private readonly FileStream? _file;
    private readonly byte[] _buffer = new byte[LeadStateWriter.EntryBytes * 1024];
    private int _at, _length;

    private LeadStateReader(FileStream? file)
    {
        _file = file;
        Next();
    }

    /// <summary>The lead that comes next; null at the end.</summary>
    public LeadState? Current { get; private set; }

    /// <summary>Reads of an export of which nothing was accepted.</summary>
    public static LeadStateReader OfNothing() => new(null);

    /// <summary>Opens a list and proves that it is the one that was written.</summary>
    /// <exception cref="EtlException">It is gone or damaged, code <c>export-state</c>.</exception>
    public static LeadStateReader Open(string path, string sha256, string export, string job)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Lost("is gone");
        }
        try
        {
            if (file.Length % LeadStateWriter.EntryBytes != 0 || Convert.ToHexStringLower(SHA256.HashData(file)) != sha256) throw Lost("is damaged");
            file.Position = 0;
            return new LeadStateReader(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        EtlException Lost(string what) => new(
            FaultKind.Window,
            $"The list '{path}' of what was last accepted of export '{job}/{export}' {what}, so it cannot be told what is new since. Nothing was made. "
            + $"'etl export make {job} --export {export} --full' sends all leads once more, and goes on from there.") { Code = "export-state" };
    }

    /// <summary>Goes to the next lead.</summary>
    public void Next()
    {
        if (_at == _length)
        {
            _length = _file?.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false) ?? 0;
            _at = 0;
        }
        if (_length == 0)
        {
            Current = null;
            return;
        }
        Current = new LeadState(BinaryPrimitives.ReadUInt128BigEndian(_buffer.AsSpan(_at)), BinaryPrimitives.ReadUInt128BigEndian(_buffer.AsSpan(_at + 16)));
        _at += LeadStateWriter.EntryBytes;
    }

    public void Dispose() => _file?.Dispose();
}

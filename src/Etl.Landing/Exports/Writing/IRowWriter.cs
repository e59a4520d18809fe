using Etl.Core.Exports;

namespace Etl.Landing.Exports.Writing;

/// <summary>Turns rows of cells into bytes.</summary>
internal interface IRowWriter : IDisposable
{
    /// <summary>Bytes that every file begins with: byte order mark and row of headers; empty where there are none.</summary>
    ReadOnlyMemory<byte> Head { get; }

    /// <summary>Headers that had to be changed for spreadsheets.</summary>
    int DefusedHeaders { get; }

    /// <summary>Bytes of a row with its line end; valid until the next row.</summary>
    ReadOnlyMemory<byte> Row(IReadOnlyList<WrittenCell> cells);

    /// <summary>What the row that was written last says, under its headers: equal for equal rows.</summary>
    UInt128 Content();
}

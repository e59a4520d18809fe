using System.Text;
using Etl.Core.Raw;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>One captured reply, in memory.</summary>
internal sealed class KeptReply(RawRequest request) : IRawReply
{
    private readonly MemoryStream _body = new();

    public RawRequest Request => request;

    public RawFault? Fault { get; private set; }

    public bool Ended { get; private set; }

    public byte[] Bytes => _body.ToArray();

    public string Text => Encoding.UTF8.GetString(Bytes);

    public Stream Body => _body;

    public void Broke(RawFault fault) => Fault = fault;

    public ValueTask DisposeAsync()
    {
        Assert.False(Ended);
        Ended = true;
        return ValueTask.CompletedTask;
    }
}

using System.Buffers.Binary;
using System.Net.Http;
using System.Net.Mail;
using System.Net.Sockets;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Etl.Cli.Tests;

/// <summary>
/// Who opens connections. Read from the compiled code, so that no way of writing it is overlooked: every client of ours is made in one place, where
/// redirects, cookies, tracing, decompression and addresses are settled.
/// </summary>
public class OutboundClientTests
{
    // What makes connections, or makes something that does.
    private static readonly HashSet<string> s_makers =
    [
        nameof(HttpClient), nameof(SocketsHttpHandler), nameof(HttpClientHandler), nameof(HttpMessageInvoker), nameof(SmtpClient), nameof(Socket), nameof(TcpClient), nameof(UdpClient),
        "WinHttpHandler", "WebClient", "ClientWebSocket", "HttpClientTransport", "QuicConnection",
    ];

    private static readonly Dictionary<string, string> s_allowed = new()
    {
        ["Etl.Core.Outbound.OutboundHttp HttpClient"] = "the place",
        ["Etl.Core.Outbound.OutboundHttp SocketsHttpHandler"] = "the place",
        ["Etl.Core.Outbound.OutboundDialer Socket"] = "connects for it",
        ["Etl.Landing.Stores.AzureBlob.BlobTransport HttpClientTransport"] = "hands the place's client to Azure's libraries",
        ["Etl.Server.Alerts.MailChannel SmtpClient"] = "mail is no HTTP",
    };

    [Fact]
    public void Every_client_is_made_in_the_one_place_for_them() =>
        Assert.Equal(s_allowed.Keys.Order(StringComparer.Ordinal), Product().SelectMany(Makers).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Client_that_is_made_elsewhere_is_found() =>
        Assert.Contains("Etl.Cli.Tests.OutboundClientTests HttpClient", Makers(typeof(OutboundClientTests).Assembly.Location));

    [Fact]
    public void Nothing_of_ours_is_left_out()
    {
        var names = Product().Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.All(Directory.EnumerateDirectories(Etl.Testing.Repository.PathOf("src"), "Etl.*").Select(Path.GetFileName).Where(n => n is not ("Etl.Cli" or "Etl.Sandbox")), n => Assert.Contains(n, names));
        Assert.Contains("etl", names);
    }

    /// <summary>Our assemblies; not the sandbox, which plays the service and shares no code with what talks to it.</summary>
    private static IEnumerable<string> Product() =>
        from file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
        let name = Path.GetFileName(file)
        where name == "etl.dll" || (name.StartsWith("Etl.", StringComparison.Ordinal) && !name.Contains(".Test", StringComparison.Ordinal) && name != "Etl.Sandbox.dll")
        select file;

    // A planted one: found by the second test, and never called.
    private static HttpClient Stray() => new();

    /// <summary>"Namespace.Type Maker" for each constructor call of a maker.</summary>
    private static IEnumerable<string> Makers(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var code = file.GetMetadataReader();
        foreach (var handle in code.MethodDefinitions)
        {
            var method = code.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            var il = file.GetMethodBody(method.RelativeVirtualAddress).GetILContent();
            for (var i = 0; i + 5 <= il.Length; i++)
            {
                const byte NewObject = 0x73, MemberReference = 0x0A;
                if (il[i] != NewObject || il[i + 4] != MemberReference) continue;
                var row = BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(i + 1, 4)) & 0xFFFFFF;
                if (row == 0 || row > code.MemberReferences.Count) continue;
                var called = code.GetMemberReference(System.Reflection.Metadata.Ecma335.MetadataTokens.MemberReferenceHandle(row));
                if (called.Parent.Kind != HandleKind.TypeReference || code.GetString(called.Name) != ".ctor") continue;
                var type = code.GetString(code.GetTypeReference((TypeReferenceHandle)called.Parent).Name);
                if (s_makers.Contains(type)) yield return $"{Outermost(code, method.GetDeclaringType())} {type}";
            }
        }
    }

    // What is written in an async method or a lambda is compiled into a nested type.
    private static string Outermost(MetadataReader code, TypeDefinitionHandle handle)
    {
        var type = code.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = code.GetTypeDefinition(type.GetDeclaringType());
        return $"{code.GetString(type.Namespace)}.{code.GetString(type.Name)}";
    }
}

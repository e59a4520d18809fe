using Etl.Core.Errors;
using Etl.Landing.Connections;
using Etl.Landing.Stores.AzureBlob;

namespace Etl.Landing.Tests.Stores;

public class BlobSettingTests
{
    private const string Key = "aHVudGVyMg=="; // hunter2

    private static BlobAddress Read(string rest) => BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", rest));

    [Theory]
    [InlineData($"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={Key};EndpointSuffix=core.windows.net;Container=lake", "https://acme.blob.core.windows.net/lake", "")]
    [InlineData($"AccountName=acme;AccountKey={Key};Container=lake/etl/daily/", "https://acme.blob.core.windows.net/lake", "etl/daily/")]
    [InlineData($"container=lake;accountname=acme;accountkey={Key};endpointsuffix=core.chinacloudapi.cn", "https://acme.blob.core.chinacloudapi.cn/lake", "")]
    [InlineData($"AccountName=acme;AccountKey={Key};BlobEndpoint=https://files.acme.example/;QueueEndpoint=https://q.acme.example/;Container=lake", "https://files.acme.example/lake", "")]
    [InlineData("UseDevelopmentStorage=true;Container=lake", "http://127.0.0.1:10000/devstoreaccount1/lake", "")]
    [InlineData($"AccountName=acme;AccountKey={Key};BlobEndpoint=http://azurite:10000/acme;Container=lake", "http://azurite:10000/acme/lake", "")]
    [InlineData("BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=?sv=2021&sig=abc%3D;Container=lake", "https://acme.blob.core.windows.net/lake", "")]
    [InlineData("https://acme.blob.core.windows.net/lake", "https://acme.blob.core.windows.net/lake", "")]
    [InlineData("https://acme.blob.core.windows.net/lake/etl/my%20data?sv=2021&sig=abc%3D", "https://acme.blob.core.windows.net/lake", "etl/my data/")]
    [InlineData("http://127.0.0.1:10000/acme/lake/etl?sig=abc", "http://127.0.0.1:10000/acme/lake", "etl/")]
    public void Setting_names_container_and_prefix(string rest, string container, string prefix)
    {
        var address = Read(rest);
        Assert.Equal((container, prefix, "lake"), (address.Container.AbsoluteUri, address.Prefix, address.ContainerName));
        Assert.DoesNotContain(Key, address.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("abc", address.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Credential_is_key_signature_or_login()
    {
        Assert.Equal(("acme", Key), Read($"AccountName=acme;AccountKey={Key};Container=lake").Credential is SharedKeyCredential k ? (k.Account, k.Key.Reveal()) : default);
        Assert.Equal("sv=2021&sig=abc%3D", (Read("https://acme.blob.core.windows.net/lake?sv=2021&sig=abc%3D").Credential as SasCredential)?.Token.Reveal());
        Assert.Equal("sv=2021&sig=a=b", (Read("AccountName=acme;SharedAccessSignature=sv=2021&sig=a=b;Container=lake").Credential as SasCredential)?.Token.Reveal());
        Assert.IsType<IdentityCredential>(Read("https://acme.blob.core.windows.net/lake").Credential);
    }

    [Theory]
    [InlineData("hunter2", "neither a URL nor")]
    [InlineData("AccountName=acme;hunter2;Container=lake", "neither a URL nor")]
    [InlineData($"AccountName=acme;AccountKey={Key}", "'Container' is missing")]
    [InlineData("AccountName=acme;Container=lake", "'AccountKey' or 'SharedAccessSignature' is missing")]
    [InlineData($"AccountKey={Key};Container=lake", "'AccountName' or 'BlobEndpoint' is missing")]
    [InlineData("AccountName=acme;AccountKey=hunter2!;Container=lake", "'AccountKey' is not base64")]
    [InlineData($"AccountName=acme;AccountKey={Key};Container=lake;ContainerName=hunter2", "a key that no connection string has")]
    [InlineData($"AccountName=acme;AccountKey={Key};AccountKey=hunter2;Container=lake", "'AccountKey' stands there twice")]
    [InlineData($"AccountName=Hunter2.example;AccountKey={Key};Container=lake", "'AccountName' is not")]
    [InlineData($"AccountName=acme;AccountKey={Key};Container=La_ke", "its container is not")]
    [InlineData($"AccountName=acme;AccountKey={Key};Container=a--b", "its container is not")]
    [InlineData($"AccountName=acme;AccountKey={Key};Container=lake/../hunter2", "its prefix")]
    [InlineData($"DefaultEndpointsProtocol=http;AccountName=acme;AccountKey={Key};Container=lake", "plain http is for emulators only")]
    [InlineData($"DefaultEndpointsProtocol=ftp;AccountName=acme;AccountKey={Key};Container=lake", "neither 'https' nor 'http'")]
    [InlineData($"AccountName=acme;AccountKey={Key};BlobEndpoint=hunter2;Container=lake", "'BlobEndpoint' is not")]
    [InlineData("https://acme.blob.core.windows.net/", "it names no container")]
    [InlineData("https://acme.blob.core.windows.net/lake?sv=hunter2", "has no 'sig'")]
    [InlineData("https://user:hunter2@acme.blob.core.windows.net/lake", "a user or a fragment")]
    [InlineData("http://acme.blob.core.windows.net/lake?sig=hunter2", "plain http is for emulators only")]
    [InlineData("http://127.0.0.1:10000/acme/lake", "a login goes over https only")]
    [InlineData("https://", "its URL cannot be read")]
    public void Setting_that_cannot_be_used_says_why_and_is_not_shown(string rest, string says)
    {
        var fault = Assert.Throws<EtlException>(() => Read(rest));
        Assert.Equal((FaultKind.Usage, "connection"), (fault.Kind, fault.Code));
        Assert.Contains("ETL_STORE_LAKE", fault.Message, StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Key, fault.ToString(), StringComparison.Ordinal);
    }
}

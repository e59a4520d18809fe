using System.Text;
using Etl.Kaltura.Raw;

namespace Etl.Kaltura.Tests.Raw;

public sealed class MemberMaskTests
{
    [Theory]
    [InlineData("""{"a":1,"pass":"canary","b":[2]}""", """{"a":1,"pass":"***","b":[2]}""")]
    [InlineData("""{"pass" : "can\"ary\\" , "b":"pass"}""", """{"pass" :"***", "b":"pass"}""")]
    [InlineData("""{"o":{"pass":["canary",{"x":"]}"}]},"b":1}""", """{"o":{"pass":"***"},"b":1}""")]
    [InlineData("""[{"pass":12345}]""", """[{"pass":"***"}]""")]
    [InlineData("""{"pass":null,"passes":"kept","a":"pass","\"pass\":":"kept"}""", """{"pass":"***","passes":"kept","a":"pass","\"pass\":":"kept"}""")]
    [InlineData("no JSON: pass, \"pass", "no JSON: pass, \"pass")]
    public async Task Values_of_named_members_are_left_out_however_the_bytes_come(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        for (var chunk = 1; chunk <= bytes.Length; chunk++)
        {
            using var copy = new MemoryStream();
            await using var mask = new MemberMask(copy, ["pass", "longer-name"]);
            for (var at = 0; at < bytes.Length; at += chunk) await mask.WriteAsync(bytes.AsMemory(at, Math.Min(chunk, bytes.Length - at)));
            Assert.Equal(expected, Encoding.UTF8.GetString(copy.ToArray()));
        }
    }
}

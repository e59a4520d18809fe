using System.Text;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>XML errors of the service and posted notifications.</summary>
internal static class XmlShapes
{
    public static IEnumerable<byte[]> All() => s_texts.Select(Encoding.UTF8.GetBytes);

    private static readonly string[] s_texts =
    [
        "<xml><result><error><code>INVALID_KS</code><message>Invalid KS</message><objectType>KalturaAPIException</objectType><args/></error></result><executionTime>0.01</executionTime></xml>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result><error><code>X</code><message>a &amp; b</message><args><item><objectType>KalturaApiExceptionArg</objectType><name>n</name><value>v</value></item></args></error></result></xml>",
        "<xml><result><error><code/></error></result></xml>", "<xml><result><error></error></result></xml>", "<xml><result><error><message>m</message></error></result></xml>", "<xml><error><code>X</code></error></xml>", "<xml><result>5</result></xml>",
        "<html><body><h1>502 <error></h1></body></html>", "<!DOCTYPE html><html><error></error></html>", "<!DOCTYPE a [<!ENTITY e \"x\">]><xml><result><error><code>&e;</code></error></result></xml>",
        "<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><result><error><code>&b;</code></error></result></xml>", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><xml><result><error/></result></xml>",
        "<xml><result><error><code><![CDATA[X]]></code><message><!-- c -->m</message></error></result></xml><!-- behind -->", "<xml xmlns=\"u\"><result><error><code>X</code></error></result></xml>", "<a:xml xmlns:a=\"u\"><error></error></a:xml>",
        "<xml><result><error><code>X</code></error></result>", "<xml><result><error><code>X</code></error></result></xml><xml/>", "<xml><result><error><code>&#0;</code></error></result></xml>", "<xml><result><error><code>X</code><args><item><name>a</name></item><item><value>b</value></item></args></error></result></xml>",
        "<", "<>", "</a>", "<a", "<a b>", "<?xml?>", "<?xml version=\"1.1\"?><a/>", "<?xml version=\"1.0\" encoding=\"utf-16\"?><error>",
        "<notification><objectType>KalturaHttpNotification</objectType><object><objectType>KalturaMediaEntry</objectType><name>a &amp; b</name><updatedAt>1763553600</updatedAt></object><eventNotificationJobId>33578094492</eventNotificationJobId><templateSystemName>T</templateSystemName></notification>",
        "data=<notification><objectType>KalturaHttpNotification</objectType><eventNotificationJobId>42</eventNotificationJobId></notification>", "data=%3Cnotification%3E%3CobjectType%3EKalturaHttpNotification%3C%2FobjectType%3E%3CeventNotificationJobId%3E42%3C%2FeventNotificationJobId%3E%3C%2Fnotification%3E",
        "{\"object\":{\"createdAt\":1,\"updatedAt\":1763553600},\"eventNotificationJobId\":7,\"templateSystemName\":\"T\",\"objectType\":\"KalturaHttpNotification\"}", "data={\"eventNotificationJobId\":\"7\",\"objectType\":\"KalturaHttpNotification\"}&data=x", "data=%7B%7D", "data=%", "data=", "{}", "[]",
        "{\"object\":[],\"eventNotificationJobId\":7,\"objectType\":\"KalturaHttpNotification\"}", "{\"object\":{\"updatedAt\":\"1e3\"},\"eventNotificationJobId\":\"\\ud800\",\"objectType\":\"KalturaHttpNotification\"}", "{\"object\":{\"updatedAt\":99999999999999},\"eventNotificationJobId\":1,\"objectType\":\"KalturaHttpNotification\"}",
    ];
}

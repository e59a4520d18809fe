using System.Reflection;
using System.Reflection.Emit;
using Etl.Landing.Sql.SqlServer;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>
/// A bulk copy commits by itself unless it is handed the transaction that it belongs to, which only a real server would show. So it is read off the compiled code: what is
/// handed over last is a transaction that came from outside, never nothing.
/// </summary>
public sealed class BulkCopyRuleTests
{
    [Fact]
    public void Every_bulk_copy_is_handed_a_transaction()
    {
        var made = (from type in typeof(SqlServerClient).Assembly.GetTypes()
                    from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                    from last in HandedToBulkCopies(method)
                    select (Where: $"{type.FullName}.{method.Name}", Last: last)).ToList();

        Assert.NotEmpty(made);
        Assert.All(made, m => Assert.Equal((m.Where, typeof(SqlTransaction)), (m.Where, m.Last)));
    }

    // `castclass T; newobj SqlBulkCopy`: the type that the last argument was cast to; null for anything else.
    private static IEnumerable<Type?> HandedToBulkCopies(MethodInfo method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        for (var at = 5; at + 5 <= code.Length; at++)
        {
            if (code[at] != OpCodes.Newobj.Value || Resolve(method, code, at) is not ConstructorInfo made || made.DeclaringType != typeof(SqlBulkCopy)) continue;
            yield return made.GetParameters()[^1].ParameterType == typeof(SqlTransaction) && code[at - 5] == OpCodes.Castclass.Value ? Resolve(method, code, at - 5) as Type : null;
        }
    }

    // Bytes that only look like an instruction name nothing, or something else.
    private static MemberInfo? Resolve(MethodInfo method, byte[] code, int at)
    {
        try
        {
            return method.Module.ResolveMember(BitConverter.ToInt32(code, at + 1), method.DeclaringType!.GenericTypeArguments, null);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null;
        }
    }
}

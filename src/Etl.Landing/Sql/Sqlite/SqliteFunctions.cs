using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// Functions that queries of <c>derive:</c> may use on SQLite, whose engine brings no mathematics: <c>sqrt(x)</c>, <c>normal_cdf(x)</c> and the
/// aggregate <c>percentile(x, p)</c>. They live on connections of etl only; other programs see the tables that were made with them.
/// </summary>
internal static class SqliteFunctions
{
    /// <summary>Behind this the tail is written as a continued fraction: the series would lose its digits by subtraction.</summary>
    private const double TailBegins = 3;

    public static void Register(SqliteConnection connection)
    {
        connection.CreateFunction<double?, double?>("sqrt", x => x >= 0 ? Math.Sqrt(x.Value) : null, isDeterministic: true);
        connection.CreateFunction<double?, double?>("normal_cdf", x => x is { } value ? NormalCdf(value) : null, isDeterministic: true);
        // Not CreateAggregate, which gives all aggregates of a query one state.
        raw.sqlite3_create_function(connection.Handle, "percentile", 2, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null, Add, Result);
    }

    /// <summary>The probability that a standard normal value is at most <paramref name="x"/>; exact to about 15 digits.</summary>
    public static double NormalCdf(double x)
    {
        if (double.IsNaN(x)) return double.NaN;
        var size = Math.Abs(x);
        if (size > 38.5) return x < 0 ? 0 : 1;
        var density = Math.Exp(-0.5 * size * size) / Math.Sqrt(2 * Math.PI);
        double below;
        if (size < TailBegins)
        {
            // 1/2 + density * (x + x^3/3 + x^5/15 + …), all terms of one sign.
            double sum = size, term = size;
            for (var n = 3; term > sum * 1e-17; n += 2)
            {
                term *= size * size / n;
                sum += term;
            }
            below = 0.5 + (density * sum);
        }
        else
        {
            // 1 - density / (x + 1/(x + 2/(x + 3/(x + …)))), from the inside out.
            var fraction = size;
            for (var n = 120; n >= 1; n--) fraction = size + (n / fraction);
            var above = density / fraction;
            return x < 0 ? above : 1 - above;
        }
        return x < 0 ? 1 - below : below;
    }

    private static void Add(sqlite3_context context, object? userData, sqlite3_value[] arguments)
    {
        var values = (Values)(context.state ??= new Values());
        values.P = Number(arguments[1]);
        if (Number(arguments[0]) is { } value) values.List.Add(value);
    }

    private static void Result(sqlite3_context context, object? userData)
    {
        if (Percentile((Values?)context.state) is { } value) raw.sqlite3_result_double(context, value);
        else raw.sqlite3_result_null(context);
    }

    private static double? Number(sqlite3_value value) => raw.sqlite3_value_type(value) == raw.SQLITE_NULL ? null : raw.sqlite3_value_double(value);

    /// <summary>Between the two nearest values in the proportion of their distance; p is 0 to 100. Null of no values, or where p is outside.</summary>
    private static double? Percentile(Values? values)
    {
        if (values is not { List.Count: > 0, P: >= 0 and <= 100 }) return null;
        values.List.Sort();
        var place = values.P.Value / 100 * (values.List.Count - 1);
        var index = (int)Math.Floor(place);
        var low = values.List[index];
        return index + 1 < values.List.Count ? low + ((place - index) * (values.List[index + 1] - low)) : low;
    }

    private sealed class Values
    {
        public List<double> List { get; } = [];

        public double? P { get; set; }
    }
}

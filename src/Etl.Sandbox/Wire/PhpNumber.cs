using System.Globalization;

namespace Etl.Sandbox.Wire;

/// <summary>
/// Numbers as PHP prints floats with 14 significant digits: <c>36</c>, <c>0.50333333333333</c>, <c>4.0E-5</c>, <c>1.0E+15</c>.
/// With value = 0.d1d2d3... x 10^point, the plain form is used for -3 &lt;= point &lt;= 14.
/// </summary>
internal static class PhpNumber
{
    private const int Significant = 14;

    /// <summary>The text of a cell; minus zero is <c>0</c>.</summary>
    public static string Format(double value)
    {
        if (value == 0)
            return "0";
        if (double.IsNaN(value))
            return "NAN";
        if (double.IsInfinity(value))
            return value > 0 ? "INF" : "-INF";
        // Counts: exact and by far the most frequent.
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e14)
            return ((long)value).ToString(CultureInfo.InvariantCulture);
        var scientific = value.ToString("E13", CultureInfo.InvariantCulture); // -d.dddddddddddddE+ddd
        var sign = scientific[0] == '-' ? "-" : "";
        var digits = string.Concat(scientific.AsSpan(sign.Length, 1), scientific.AsSpan(sign.Length + 2, Significant - 1)).TrimEnd('0');
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = exponent + 1;
        if (point < -3 || point > Significant)
        {
            var fraction = digits.Length > 1 ? digits[1..] : "0";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}.{fraction}E{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}");
        }
        if (point <= 0)
            return sign + "0." + new string('0', -point) + digits;
        if (digits.Length <= point)
            return sign + digits.PadRight(point, '0');
        return string.Concat(sign, digits.AsSpan(0, point), ".", digits.AsSpan(point));
    }

    /// <summary>The number that a reader of <see cref="Format"/> gets.</summary>
    public static double Round(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString("E13", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture) + 0.0 : value;
}

using System.Globalization;
using Etl.Core.Alerts;
using Etl.Core.Text;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// Reads the small language of <c>when</c> and <c>where</c>:
/// <code>
/// when      = ("sum" | "min" | "max" | "avg" | "count") "(" column ")" compare number
///           | "any" "(" condition ")"
///           | ("rows" | "attempts") compare number  |  "late" compare duration
///           | ("quarantined" | "restated" | "held" | "failed" | "parked") [compare number]     alone: at least one
///           | column compare number                                                             the only row of a window
/// condition = column compare (number | word | quoted)
/// compare   = "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "=" | "!="
/// </code>
/// A column whose name is no plain word, or is one of the words above, stands in double quotes.
/// </summary>
internal sealed class AlertExpression
{
    /// <summary>Longer texts are no rule that a person wrote.</summary>
    public const int MaxLength = 300;

    private static readonly Dictionary<string, AlertMeasure> s_aggregates = new(StringComparer.Ordinal)
    {
        ["sum"] = AlertMeasure.Sum, ["min"] = AlertMeasure.Min, ["max"] = AlertMeasure.Max, ["avg"] = AlertMeasure.Avg, ["count"] = AlertMeasure.Count,
        ["any"] = AlertMeasure.Any,
    };

    private static readonly Dictionary<string, AlertMeasure> s_facts = new(StringComparer.Ordinal)
    {
        ["rows"] = AlertMeasure.Rows, ["quarantined"] = AlertMeasure.Quarantined, ["restated"] = AlertMeasure.Restated, ["late"] = AlertMeasure.Late,
        ["held"] = AlertMeasure.Held, ["failed"] = AlertMeasure.Failed, ["attempts"] = AlertMeasure.Attempts, ["parked"] = AlertMeasure.Parked,
    };

    private static readonly Dictionary<string, Comparison> s_signs =
        Enum.GetValues<Comparison>().ToDictionary(c => c.Sign(), StringComparer.Ordinal);

    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _next;

    private AlertExpression(string text) => _text = text;

    /// <summary>A rule's <c>when</c>.</summary>
    /// <param name="Measure">What is measured.</param>
    /// <param name="Column">Of which column.</param>
    /// <param name="Where">The condition of <c>any</c>.</param>
    /// <param name="Is">The comparison.</param>
    /// <param name="Threshold">The value.</param>
    public sealed record When(AlertMeasure Measure, string? Column, RowCondition? Where, Comparison Is, double Threshold);

    /// <summary>Reads a <c>when</c>; otherwise says in a whole sentence what is wrong with it.</summary>
    public static When? ReadWhen(string text, out string? fault) => Read(text, e => e.WholeWhen(), out fault);

    /// <summary>Reads a condition on rows.</summary>
    public static RowCondition? ReadCondition(string text, out string? fault) => Read(text, e => e.Condition(), out fault);

    /// <summary>Reads a value as a measure is compared with: a duration in seconds for <see cref="AlertMeasure.Late"/>, otherwise a number.</summary>
    public static double? ReadValue(AlertMeasure measure, string text, out string? fault)
    {
        (double? value, fault) = ValueOf(measure, text);
        return value;
    }

    private static T? Read<T>(string text, Func<AlertExpression, T> read, out string? fault)
        where T : class
    {
        fault = null;
        try
        {
            if (text.Length > MaxLength) throw new ExpressionException(string.Create(CultureInfo.InvariantCulture, $"It is longer than {MaxLength} characters."));
            var expression = new AlertExpression(text);
            expression.Cut();
            var result = read(expression);
            if (expression.Peek() is { } more) throw new ExpressionException($"'{more.Text}' is one word too many.");
            return result;
        }
        catch (ExpressionException e)
        {
            fault = e.Message;
            return null;
        }
    }

    private When WholeWhen()
    {
        var word = Take() ?? throw new ExpressionException("It is empty.");
        if (word.Kind == TokenKind.Word && Peek()?.Text == "(") return Aggregate(word.Text);
        if (word.Kind == TokenKind.Word && s_facts.TryGetValue(word.Text, out var fact)) return Fact(word.Text, fact);
        var column = NameOf(word);
        if (Peek() is null)
            throw new ExpressionException($"'{column}' is compared with nothing. Write '{column} < 10', for example.{Nearest.Hint(column, s_facts.Keys)}");
        var sign = Sign();
        return new When(AlertMeasure.Value, column, null, sign, Number(AlertMeasure.Value));
    }

    private When Aggregate(string word)
    {
        if (!s_aggregates.TryGetValue(word, out var measure))
            throw new ExpressionException($"'{word}' is not a measure. Expected {Words.Or([.. s_aggregates.Keys])}.{Nearest.Hint(word, s_aggregates.Keys)}");
        Expect("(");
        if (measure == AlertMeasure.Any)
        {
            var condition = Condition();
            Expect(")");
            return new When(measure, null, condition, Comparison.GreaterOrEqual, 1);
        }
        var column = NameOf(Take() ?? throw new ExpressionException($"'{word}(' needs the name of a column."));
        Expect(")");
        if (Peek() is null) throw new ExpressionException($"'{word}({column})' is compared with nothing. Write '{word}({column}) < 10', for example.");
        var sign = Sign();
        return new When(measure, column, null, sign, Number(measure));
    }

    private When Fact(string word, AlertMeasure fact)
    {
        if (Peek() is not null)
        {
            var sign = Sign();
            return new When(fact, null, null, sign, Number(fact));
        }
        if (fact is AlertMeasure.Rows or AlertMeasure.Attempts or AlertMeasure.Late)
            throw new ExpressionException($"'{word}' is compared with nothing. Write '{word} {(fact == AlertMeasure.Late ? "> 6h" : fact == AlertMeasure.Rows ? "< 1" : ">= 3")}', for example.");
        return new When(fact, null, null, Comparison.GreaterOrEqual, 1);
    }

    private RowCondition Condition()
    {
        var column = NameOf(Take() ?? throw new ExpressionException("The condition is empty. Write 'severity >= 3', for example."));
        var sign = Sign();
        var value = Take() ?? throw new ExpressionException($"'{column}' is compared with nothing.");
        if (value.Kind == TokenKind.Sign) throw new ExpressionException($"'{value.Text}' is not a value to compare with.");
        if (value.Kind == TokenKind.Word && TryNumber(value.Text) is { } number) return new RowCondition(column, sign, number, null);
        if (value.Kind == TokenKind.Word && (char.IsAsciiDigit(value.Text[0]) || value.Text[0] is '-' or '.'))
            throw new ExpressionException($"'{value.Text}' is not a number. Put quotes around it if it is a text.");
        if (sign is not (Comparison.Equal or Comparison.NotEqual))
            throw new ExpressionException($"'{value.Text}' is a text, which can only be equal: write '=' or '!='.");
        return new RowCondition(column, sign, null, value.Text);
    }

    private Comparison Sign()
    {
        var token = Take() ?? throw new ExpressionException("It ends where a comparison is expected.");
        return token.Kind == TokenKind.Sign && s_signs.TryGetValue(token.Text, out var comparison)
            ? comparison
            : throw new ExpressionException($"'{token.Text}' is not a comparison. Expected {Words.Or([.. s_signs.Keys])}.");
    }

    private double Number(AlertMeasure measure)
    {
        var token = Take() ?? throw new ExpressionException("It ends where a value is expected.");
        var (value, fault) = ValueOf(measure, token.Text);
        return value ?? throw new ExpressionException(fault!);
    }

    private static (double? Value, string? Fault) ValueOf(AlertMeasure measure, string text)
    {
        if (measure == AlertMeasure.Late)
            return Measures.Duration(text) is { } span ? (span.TotalSeconds, null) : (null, $"'{text}' is not a duration. {Measures.DurationForm}");
        return TryNumber(text) is { } number ? (number, null) : (null, $"'{text}' is not a number. Write it as in the rows, without a unit: 0.4 or -12.");
    }

    private static double? TryNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static string NameOf(Token token) => token.Kind switch
    {
        TokenKind.Quoted when token.Text.Length > 0 => token.Text,
        TokenKind.Word when !char.IsAsciiDigit(token.Text[0]) && token.Text[0] is not '-' => token.Text,
        _ => throw new ExpressionException($"'{token.Text}' stands where the name of a column is expected."),
    };

    private void Expect(string text)
    {
        var token = Take() ?? throw new ExpressionException($"It ends where '{text}' is expected.");
        if (token.Text != text || token.Kind != TokenKind.Sign) throw new ExpressionException($"'{token.Text}' stands where '{text}' is expected.");
    }

    private Token? Peek() => _next < _tokens.Count ? _tokens[_next] : null;

    private Token? Take() => _next < _tokens.Count ? _tokens[_next++] : null;

    private void Cut()
    {
        for (var at = 0; at < _text.Length;)
        {
            var c = _text[at];
            if (c == ' ')
            {
                at++;
            }
            else if (c is '"' or '\'')
            {
                var end = _text.IndexOf(c, at + 1);
                if (end < 0) throw new ExpressionException($"The quote in {_text[at..]} is not closed.");
                _tokens.Add(new Token(TokenKind.Quoted, _text[(at + 1)..end]));
                at = end + 1;
            }
            else if (c is '(' or ')')
            {
                _tokens.Add(new Token(TokenKind.Sign, c.ToString()));
                at++;
            }
            else if (c is '<' or '>' or '=' or '!')
            {
                var length = at + 1 < _text.Length && _text[at + 1] == '=' ? 2 : 1;
                _tokens.Add(new Token(TokenKind.Sign, _text.Substring(at, length)));
                at += length;
            }
            else
            {
                var end = at;
                while (end < _text.Length && !" \"'()<>=!".Contains(_text[end], StringComparison.Ordinal)) end++;
                _tokens.Add(new Token(TokenKind.Word, _text[at..end]));
                at = end;
            }
        }
    }

    private enum TokenKind
    {
        Word,
        Quoted,
        Sign,
    }

    private sealed record Token(TokenKind Kind, string Text);

    private sealed class ExpressionException(string message) : Exception(message);
}

using System.Text.Json;
using Spectre.Console;

namespace Etl.Cli.Output;

/// <summary>Where a command prints: facts on stdout, everything else on stderr; with <c>--json</c> one object a line.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Lock _gate = new();

    public Terminal(TextWriter output, TextWriter error, bool json, bool quiet, bool verbose)
    {
        Out = output;
        Error = error;
        Json = json;
        Quiet = quiet;
        Verbose = verbose;
        Interactive = !json && !quiet && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected
            && Environment.GetEnvironmentVariable("TERM") is not "dumb" && Environment.GetEnvironmentVariable("CI") is null;
    }

    public TextWriter Out { get; }
    public TextWriter Error { get; }
    public bool Json { get; }
    public bool Quiet { get; }
    public bool Verbose { get; }

    /// <summary>True when a person watches: colours and a live display.</summary>
    public bool Interactive { get; }

    /// <summary>A fact for people; nothing under <c>--json</c>.</summary>
    public void Line(string text = "")
    {
        if (Json) return;
        lock (_gate) Out.WriteLine(text);
    }

    /// <summary>Chatter for people: left out under <c>--quiet</c> and <c>--json</c>.</summary>
    public void Note(string text)
    {
        if (Quiet || Json) return;
        lock (_gate) Out.WriteLine(text);
    }

    /// <summary>A message on stderr.</summary>
    public void Warn(string text)
    {
        lock (_gate) Error.WriteLine(text);
    }

    /// <summary>One JSON object on stdout; nothing without <c>--json</c>.</summary>
    public void Object(object value)
    {
        if (!Json) return;
        var line = JsonSerializer.Serialize(value, s_json);
        lock (_gate) Out.WriteLine(line);
    }

    /// <summary>
    /// A table: drawn for a person, its widest columns shortened to the window; aligned plain text with every word for a pipe.
    /// </summary>
    public void Table(string? title, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (Json) return;
        var list = rows.ToList();
        if (title is not null) Line(title);
        if (Interactive) list = TableWidth.Shorten(headers, list, AnsiConsole.Profile.Width);
        if (Interactive && TableWidth.Drawn(headers, list) <= AnsiConsole.Profile.Width)
        {
            var table = new Table().Border(TableBorder.Rounded);
            for (var i = 0; i < headers.Count; i++)
            {
                var column = new TableColumn(new Markup($"[bold]{Markup.Escape(headers[i])}[/]")).NoWrap();
                table.AddColumn(IsNumeric(list, i) ? column.RightAligned() : column);
            }
            foreach (var row in list) table.AddRow(row.Select(c => new Markup(Paint(c))));
            AnsiConsole.Write(table);
            return;
        }
        var widths = headers.Select((h, i) => Math.Max(h.Length, list.Count == 0 ? 0 : list.Max(r => r[i].Length))).ToArray();
        lock (_gate)
        {
            Out.WriteLine(Row(headers, widths, list));
            Out.WriteLine(string.Join("  ", widths.Select(w => new string('-', w))));
            foreach (var row in list) Out.WriteLine(Row(row, widths, list));
        }
    }

    /// <summary>Colours the words that say how something ended.</summary>
    internal static string Paint(string text)
    {
        var escaped = Markup.Escape(text);
        return text.Split(' ')[0] switch
        {
            "landed" or "frozen" or "pass" or "equal" or "ok" => $"[green]{escaped}[/]",
            "held" or "warn" or "due" => $"[yellow]{escaped}[/]",
            "failed" or "parked" or "differs" or "superseded" => $"[red]{escaped}[/]",
            _ => escaped,
        };
    }

    private static string Row(IReadOnlyList<string> cells, int[] widths, List<IReadOnlyList<string>> all) =>
        string.Join("  ", cells.Select((c, i) => IsNumeric(all, i) ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd();

    // Columns that hold only numbers are set flush right.
    private static bool IsNumeric(List<IReadOnlyList<string>> rows, int column) =>
        rows.Count > 0 && rows.All(r => r[column].All(ch => char.IsAsciiDigit(ch) || ch is ',' or '.')) && rows.Any(r => r[column].Length > 0);
}

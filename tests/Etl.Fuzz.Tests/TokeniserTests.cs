using System.Text;
using System.Text.Json;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests;

/// <summary>The parts that look at 32 or 64 bytes together against plain loops, on texts full of the signs they look for, at every length around their block.</summary>
public unsafe class TokeniserTests
{
    private const int Cases = 40_000;

    [Fact]
    public void Cells_end_where_a_plain_loop_finds_them()
    {
        for (var number = 0; number < Cases; number++)
        {
            var random = FuzzRandom.Of(1, "cells", number);
            var text = Text(random, "|;ax\0é"u8.ToArray(), CellIndex.Slack);
            var length = text.Length - CellIndex.Slack;
            var expected = Enumerable.Range(0, length).Where(i => text[i] is (byte)'|' or (byte)';').ToArray();
            var ends = new int[length + CellIndex.Slack + 4];
            int count, rows;
            fixed (byte* start = text)
            fixed (int* into = ends) count = CellIndex.Build(start, length, (byte)'|', into, out rows);
            Assert.Equal(expected, ends[..count]);
            Assert.Equal(text.AsSpan(0, length).Count((byte)';'), rows);
        }
    }

    [Fact]
    public void Csv_places_and_quotes_are_those_of_a_plain_loop()
    {
        for (var number = 0; number < Cases; number++)
        {
            var random = FuzzRandom.Of(1, "csv", number);
            var text = Text(random, random.OneIn(2) ? "\",\n\ra"u8.ToArray() : "\"\"\"\",a"u8.ToArray(), CsvIndex.Slack);
            var length = text.Length - CsvIndex.Slack;
            var (expected, stray, open) = PlainPlaces(text.AsSpan(0, length));
            var (places, lineEnds) = (new int[length + CsvIndex.Slack + 4], new int[length + CsvIndex.Slack + 4]);
            int count, lineCount;
            QuoteState state;
            fixed (byte* start = text)
            fixed (int* into = places)
            fixed (int* ends = lineEnds) count = CsvIndex.Build(start, length, into, ends, out lineCount, out state);
            var shown = Encoding.ASCII.GetString(text, 0, length);
            Assert.True(expected.SequenceEqual(places[..count]), $"case {number}: {JsonSerializer.Serialize(shown)}");
            var counts = Enumerable.Range(1, expected.Count).Where(n => text[expected[n - 1]] != (byte)',');
            Assert.True(counts.SequenceEqual(lineEnds[..lineCount]), $"case {number}: line ends: {JsonSerializer.Serialize(shown)}");
            Assert.True(stray == state.Stray, $"case {number}: a stray quote at {state.Stray}, expected {stray}: {JsonSerializer.Serialize(shown)}");
            if (stray >= 0) continue;
            Assert.Equal(open, state.IsOpen);
            var lines = Enumerable.Range(0, length).Where(i => text[i] is (byte)'\n' or (byte)'\r').ToList();
            Assert.Equal(lines.Except(expected).Any(), state.HasLines);
        }
    }

    [Fact]
    public void Json_text_is_what_the_framework_makes_of_it_or_is_refused_with_it()
    {
        byte[][] pieces = [.. new[] { "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\u12", "\\x", "\\", "\"", "a", "é", "😀", "\n", "0123456789abcdef0123456789abcdef" }.Select(Encoding.UTF8.GetBytes)];
        for (var number = 0; number < Cases; number++)
        {
            var random = FuzzRandom.Of(1, "text", number);
            byte[] inside = [.. Enumerable.Range(0, random.Below(24)).SelectMany(_ => random.OneIn(3) ? random.Of(pieces) : "abc"u8.ToArray())];
            byte[] source = [.. inside, (byte)'"', .. new byte[JsonText.Slack]];
            var target = new byte[source.Length + JsonText.Slack];
            UnescapeEnd end;
            int read, written;
            fixed (byte* from = source)
            fixed (byte* to = target) end = JsonText.Unescape(from, inside.Length + 1, to, out read, out written);
            var expected = Framework([(byte)'"', .. inside[..Math.Min(read, inside.Length)], (byte)'"']);
            if (end == UnescapeEnd.Quote) Assert.Equal(expected, Encoding.UTF8.GetString(target, 0, written));
            else Assert.Null(Framework([(byte)'"', .. inside, (byte)'"']));
        }
    }

    private static string? Framework(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.GetString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // Lengths around multiples of 32 and 64, where blocks end. What stands behind the text must not be seen.
    private static byte[] Text(FuzzRandom random, byte[] signs, int slack)
    {
        var length = random.OneIn(3) ? random.Below(300) : (random.Below(5) * 32) + random.Below(5) - 2;
        var text = new byte[Math.Max(length, 0) + slack];
        for (var i = 0; i < text.Length; i++) text[i] = random.OneIn(3) ? random.Of(signs) : (byte)'x';
        return text;
    }

    // RFC 4180 by a state for each byte.
    private static (List<int> Places, int Stray, bool IsOpen) PlainPlaces(ReadOnlySpan<byte> text)
    {
        var places = new List<int>();
        var (atStart, inside, closed) = (true, false, false);
        for (var i = 0; i < text.Length; i++)
        {
            var isEnd = text[i] is (byte)',' or (byte)'\n' or (byte)'\r';
            if (inside)
            {
                if (text[i] == '"') (inside, closed) = (false, true);
                continue;
            }
            if (text[i] == '"')
            {
                if (!atStart && !closed) return (places, i, false);
                (inside, closed) = (true, false);
            }
            else if (closed && !isEnd)
            {
                return (places, i, false);
            }
            else
            {
                if (isEnd) places.Add(i);
                closed = false;
            }
            atStart = isEnd;
        }
        return (places, -1, inside);
    }
}

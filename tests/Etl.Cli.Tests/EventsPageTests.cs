using System.Text;
using System.Text.RegularExpressions;
using Etl.Cli.Composition;
using Etl.Kaltura.Events;

namespace Etl.Cli.Tests;

/// <summary>Nothing in <c>docs/events.md</c> that a reader cannot run.</summary>
public sealed partial class EventsPageTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(Etl.Testing.Repository.Root, "docs", "events.md"));

    [Fact]
    public void Commands_that_it_shows_parse()
    {
        var lines = Block("sh").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('#')[0].Trim()).ToList();
        Assert.Equal(6, lines.Count);
        Assert.All(lines, line => Assert.Empty(CommandLine.Create(new GlobalOptions()).Parse(line["etl ".Length..]).Errors));
    }

    [Fact]
    public async Task Events_that_it_shows_are_good()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Block("json")));
        var count = 0;
        await foreach (var line in EventReader.ReadAsync(stream, new EventReadOptions { PartnerId = "101" }))
        {
            Assert.Empty(line.Faults);
            count++;
        }
        Assert.Equal(2, count);
    }

    [Fact]
    public void Player_types_that_it_lists_are_the_catalogues()
    {
        var listed = Numbers().Match(s_page).Groups[1].Value.Split(", ").SelectMany(part =>
        {
            var ends = part.Split('-').Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        });
        Assert.Equal(EventCatalog.Default.TrackEvent.Types.Select(t => t.Id).Where(id => id < 10_000), listed);
    }

    private static string Block(string language) => Regex.Match(s_page, $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

    [GeneratedRegex(@"players \(([0-9, -]+)\)")]
    private static partial Regex Numbers();
}

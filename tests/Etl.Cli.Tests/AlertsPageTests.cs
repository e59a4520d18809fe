using System.Text.RegularExpressions;
using Etl.Core.Alerts;
using Etl.Core.Secrets;
using Etl.Core.Webhooks;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Pipeline.Jobs;
using Etl.Server.Alerts;
using Etl.Testing;

namespace Etl.Cli.Tests;

/// <summary>What <c>docs/alerts.md</c> shows is true.</summary>
public sealed class AlertsPageTests
{
    private static readonly string s_page = File.ReadAllText(Repository.PathOf("docs", "alerts.md"));

    [Fact]
    public void Rules_that_it_shows_are_valid()
    {
        var rules = Regex.Match(s_page, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var catalog = new KalturaCatalog();
        var set = JobFileReader.Parse(
            $"job: a\nsource: {{ report: 38, action: table }}\nland:\n  - parquet: {{ dataset: a }}\n{rules}", "docs/alerts.md", catalog, new KalturaSourceRules(catalog));
        Assert.Empty(set.Faults.Select(f => f.ToString()));
        Assert.Equal(["low-engagement", "empty", "late", "held"], Assert.Single(set.Jobs).Alerts.Select(a => a.Name));
    }

    [Fact]
    public void Measures_that_it_names_are_those_that_there_are()
    {
        var named = Regex.Matches(s_page, "^\\| (`[^|]*) \\|", RegexOptions.Multiline).SelectMany(m => Regex.Matches(m.Groups[1].Value, "`([a-z]+)(?:\\(|`)").Select(w => w.Groups[1].Value))
            .Where(w => w != "c" && !s_page.Contains($"`{w}:", StringComparison.Ordinal)).Distinct();
        Assert.Equal(
            Enum.GetNames<AlertMeasure>().Where(n => n != nameof(AlertMeasure.Value)).Select(n => n.ToLowerInvariant()).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Signature_that_it_shows_is_the_one_that_is_sent()
    {
        var signature = WebhookSignature.Of(new Secret("a secret of 24 characters"), 1_763_676_000, "{\"id\":\"0199\",\"message\":\"ü\"}"u8);
        Assert.Contains($"With the secret `a secret of 24 characters`, the time `1763676000` and the body `{{\"id\":\"0199\",\"message\":\"ü\"}}` in UTF-8, the signature is `{signature}`.", s_page, StringComparison.Ordinal);
        Assert.Contains($"`{WebhookSignature.IdHeader}`", s_page, StringComparison.Ordinal);
        Assert.Contains($"`{WebhookSignature.TimestampHeader}`", s_page, StringComparison.Ordinal);
        Assert.Contains($"`{WebhookSignature.SignatureHeader}`", s_page, StringComparison.Ordinal);
    }
}

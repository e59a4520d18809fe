using System.Text;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Restating;

/// <summary>Writes down what each target is told of restatements when it prepares a landing.</summary>
internal sealed class TellingTargets(ITargetFactory inner) : ITargetFactory
{
    /// <summary>One entry for each prepared landing that restates: target, published pull and lines.</summary>
    public List<(string Target, string PreviousPull, List<string> Lines)> Told { get; } = [];

    /// <summary>Times that a target's published rows were opened.</summary>
    public int Opened { get; private set; }

    /// <summary>Kinds of targets that cannot give their rows.</summary>
    public string[] Mute { get; init; } = [];

    /// <summary>How many publications are refused because the base changed.</summary>
    public int Refusals { get; set; }

    public string NameOf(LandSpec land) => inner.NameOf(land);

    public ITarget Create(LandSpec land, bool severalAccounts) => new Telling(this, inner.Create(land, severalAccounts));

    private sealed class Telling(TellingTargets all, ITarget inner) : ITarget
    {
        public string Kind => inner.Kind;

        public string Name => inner.Name;

        public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

        public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
        {
            if (order.Restatement is { } restatement)
            {
                var at = Enumerable.Range(0, restatement.Schema.Columns.Count).ToDictionary(i => restatement.Schema.Columns[i].Name);
                var lines = new List<string>();
                foreach (var batch in restatement.Read())
                    for (var row = 0; row < batch.RowCount; row++)
                        lines.Add(string.Join('|', new[] { "_window", "_pull", "previous_pull", "change", "id", "column_name", "old_value", "new_value" }
                            .Select(n => batch[at[n]].IsNull(row) ? "" : Encoding.UTF8.GetString(batch.Text(at[n])[row]))));
                all.Told.Add((inner.Name, restatement.PreviousPull, lines));
            }
            return new Landing(all, await inner.PrepareAsync(order with { Restatement = null }, staged, cancellation), order.Restatement is not null);
        }

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation)
        {
            if (all.Mute.Contains(inner.Kind)) return Task.FromResult<IPublishedRows?>(null);
            all.Opened++;
            return inner.OpenPublishedAsync(key, window, cancellation);
        }

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
    }

    private sealed class Landing(TellingTargets all, IPreparedLanding inner, bool restates) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => restates && all.Refusals-- > 0
            ? throw new EtlException(FaultKind.Window, "The window has another pull by now.") { Code = "restatement-base", IsTransient = true }
            : inner.PublishAsync(cancellation);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

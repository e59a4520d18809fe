using System.Text.RegularExpressions;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>actions:</c> list of a job.</summary>
internal sealed partial class ActionsReader(FaultList faults)
{
    /// <summary>Reads the list; actions that could not be read are left out.</summary>
    public IReadOnlyList<ActionSpec> Read(MapFields job, bool live)
    {
        if (job.Find("actions") is not { } entry) return [];
        if (entry.Value is not YamlList { Items.Count: > 0 } list)
        {
            faults.At(entry.Value, "'actions' takes a list whose items begin with '- ', of at least one.");
            return [];
        }
        if (live) faults.AtKey(entry, "A live job runs until its time is over and has no 'actions'. Leave them out, or give them a job of their own.");
        var actions = new List<ActionSpec>();
        foreach (var item in list.Items)
        {
            if (item is YamlMap map) Action(map, actions);
            else if (item is not YamlBroken) faults.At(item, $"An action is a map such as '{{ name: show-it, call: thumbAsset.setAsDefault, with: {{ … }} }}', not {Words.Kind(item)}.");
        }
        return actions;
    }

    private void Action(YamlMap map, List<ActionSpec> earlier)
    {
        var action = new MapFields(map, "an action", ["name", "call", "with"], faults);
        action.Require("name", "Write 'name: show-it', for example.");
        action.Require("call", $"Expected {Words.Or(ActionSpec.Calls)}.");
        action.Require("with", "Write the fields that are sent, such as 'with: { thumbAssetId: 1_abc }'.");
        var name = action.Named("name", Names.IsJob, Names.JobRule);
        if (earlier.Any(a => a.Name == name)) faults.At(action.Find("name")!.Value, $"Another action of the job is called '{name}' too.");
        var call = action.Choice<string?>("call", null, [.. ActionSpec.Calls.Select(c => (c, (string?)c))]);
        if (action.Map("with") is not { } with) return;
        if (with.Entries.Count == 0) faults.At(with, "'with' is empty, and every call takes fields.");
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var entry in with.Entries)
        {
            if (!Field().IsMatch(entry.Key)) faults.AtKey(entry, $"'{entry.Key}' is not the name of a field. Expected letters and digits, nested ones as 'thumbAsset[tags]'.");
            else if (entry.Key.Split('[')[0] is "ks" or "partnerId" or "service" or "action" or "format")
                faults.AtKey(entry, $"'{entry.Key}' is filled in by etl and is not written in a job.");
            else if (action.TextOf(entry.Value, $"Field '{entry.Key}'") is { } value) fields.Add(new(entry.Key, value));
            if (entry.Value is not YamlText text) continue;
            foreach (Match earlierOne in ActionAnswer().Matches(text.Value))
                if (earlier.All(a => a.Name != earlierOne.Groups[1].Value))
                    faults.At(entry.Value, $"'{earlierOne.Value}' stands for the answer of an action that does not come before this one.{Nearest.Hint(earlierOne.Groups[1].Value, earlier.Select(a => a.Name))}");
        }
        if (call == ActionSpec.SendMessage) new MessageRules(faults).Check(with, fields);
        if (name is not null && call is not null) earlier.Add(new ActionSpec(name, call, fields));
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9]*(\[[A-Za-z0-9]+\])*\z")]
    private static partial Regex Field();

    [GeneratedRegex(@"\{([a-z0-9-]+)\.id\}")]
    private static partial Regex ActionAnswer();
}

using Etl.Core.Jobs;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>What a source asks, as its job says it. Job files hold no credentials: those are settings.</summary>
internal static class RequestFacts
{
    public static CanonicalObject Of(SourceSpec source)
    {
        var facts = new CanonicalObject { ["action"] = source.Action, ["pageSize"] = (long)source.PageSize, ["delimiter"] = source.Delimiter, ["skipEmptyDates"] = source.SkipEmptyDates };
        Put("report", source.Report);
        Put("custom", source.Custom);
        Put("background", source.Background);
        Put("dates", source.Dates);
        Put("kind", source.Kind);
        Put("order", source.Order);
        Put("interval", source.Interval);
        Put("take", source.Take == SourceSpec.TakeAll ? null : source.Take);
        PutList("exclude", source.Exclude);
        PutList("entries", source.Entries);
        PutList("objectIds", source.ObjectIds);
        PutList("privileges", source.Privileges);
        PutMap("filter", source.Filter.ToDictionary(f => f.Key, f => f.Value.IsList ? (object)f.Value.Values.ToList<object>() : f.Value.Values[0]));
        PutMap("search", source.Search.ToDictionary(f => f.Key, f => f.Value.IsList ? (object)f.Value.Values.ToList<object>() : f.Value.Values[0]));
        PutMap("parameters", source.Parameters.ToDictionary(f => f.Key, f => f.Value.IsList ? (object)f.Value.Values.ToList<object>() : f.Value.Values[0]));
        PutMap("params", source.Params.ToDictionary(p => p.Key, p => (object)p.Value));
        return facts;

        void Put(string name, string? value)
        {
            if (value is not null) facts[name] = value;
        }

        void PutList(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0) facts[name] = values.ToList<object>();
        }

        void PutMap(string name, Dictionary<string, object> values)
        {
            if (values.Count == 0) return;
            var map = new CanonicalObject();
            foreach (var (key, value) in values) map[key] = value;
            facts[name] = map;
        }
    }
}

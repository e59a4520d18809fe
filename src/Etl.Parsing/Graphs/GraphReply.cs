namespace Etl.Parsing;

/// <summary>A getGraphs reply in long form.</summary>
/// <param name="Points">All points, graph after graph in the order of the reply.</param>
/// <param name="Graphs">Names of the graphs in the order of the reply; also those without points.</param>
/// <param name="Error">The error object that came instead.</param>
public sealed record GraphReply(IReadOnlyList<GraphPoint> Points, IReadOnlyList<string> Graphs, ServiceError? Error);

/// <summary>One point, as text.</summary>
/// <param name="Graph">Name of the graph: a metric, or <c>audience</c>.</param>
/// <param name="X">Date id, unix seconds, ISO timestamp or a name.</param>
/// <param name="Y">A number; a list <c>name:value,name:value</c> in graphs with several lines per date.</param>
public readonly record struct GraphPoint(string Graph, string X, string Y);

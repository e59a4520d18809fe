namespace Etl.Sandbox.Events;

/// <summary>The values of one account's dimensions that events can add to: pages, applications, custom variables, virtual events.</summary>
internal sealed class ValueBook
{
    private const string Other = "other";

    /// <summary>What a session has that names no page.</summary>
    private static readonly Page NoPage = new(Vocabulary.Unknown, Vocabulary.Unknown);

    public ValueList<Page> Pages { get; } = new(Vocabulary.Pages, new Page(Other, Other), NoPage);

    /// <summary>Null: a session that names none.</summary>
    public ValueList<string?> Applications { get; } = new(Vocabulary.Applications, Other, null);

    /// <summary>Null: a session that did not set it.</summary>
    public ValueList<string?>[] Customs { get; } = [.. Vocabulary.CustomVars.Select(values => new ValueList<string?>(values, Other, null))];

    /// <summary>Ids of virtual events: first the mark of generated sessions.</summary>
    public ValueList<int> Events { get; } = new([-1], 0, 0);

    /// <summary>The virtual event of a session, or 0.</summary>
    public int EventOf(in PlaybackEvent session) => session.IsReceived ? Events[session.Event] : VirtualEvents.Of(session.Entry);
}

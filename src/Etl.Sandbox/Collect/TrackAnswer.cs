namespace Etl.Sandbox.Collect;

/// <summary>What the tracking host answers: a status of its own and a body that no <c>format</c> changes.</summary>
internal sealed record TrackAnswer(int Status, string ContentType, string Body);

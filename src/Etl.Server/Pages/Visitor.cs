namespace Etl.Server.Pages;

/// <summary>Who looks at a page.</summary>
/// <param name="Name">What to call them; null for a person of this machine who did not have to say.</param>
/// <param name="IsOperator">May release, run again and cancel.</param>
/// <param name="Token">What a form has to carry: name and value of its hidden field; null where nothing can be sent.</param>
internal sealed record Visitor(string? Name, bool IsOperator, (string Field, string Value)? Token);

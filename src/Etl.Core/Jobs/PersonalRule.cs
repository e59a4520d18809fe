namespace Etl.Core.Jobs;

/// <summary>What happens to the cells of a column with personal data, before anything of them is kept.</summary>
public enum Treatment
{
    /// <summary>They land as they are.</summary>
    Allow,
    /// <summary>The column does not exist for anything behind the source.</summary>
    Drop,
    /// <summary>What is left shows what kind of thing it was: <c>a***@example.com</c>, <c>A***</c>.</summary>
    Mask,
    /// <summary>A keyed hash: the same person has the same text wherever the same key was used, and only its holder can make it.</summary>
    Hmac,
}

/// <summary>The rule of one column (<c>pii:</c> in a job).</summary>
/// <param name="Column">Its name as the service sends it.</param>
/// <param name="Treatment">What happens to it.</param>
/// <param name="Key">Id of the key for <see cref="Treatment.Hmac"/>: the setting <c>ETL_PII_KEY_&lt;ID&gt;</c>; otherwise null.</param>
/// <param name="IsRequired">True when a pull without the column fails: under another name its cells would land as they are.</param>
public sealed record PersonalRule(string Column, Treatment Treatment, string? Key, bool IsRequired);

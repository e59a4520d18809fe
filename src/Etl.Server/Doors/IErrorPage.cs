
namespace Etl.Server.Doors;

/// <summary>Shows a person with a browser that something is wrong; registered by the pages.</summary>
public interface IErrorPage
{
    /// <summary>Writes the page. The status of the answer is set.</summary>
    Task WriteAsync(HttpContext context, string sentence);
}

using Etl.Core.Errors;

namespace Etl.Server.Who;

/// <summary>
/// The users of a server: those of its settings and those of the file <c>server/users</c> in the data folder, a line <c>name:role:credential</c>
/// each; blank lines and lines that begin with <c>#</c> say nothing. The file is read again when it changes, so that a new user comes in and
/// a removed one is out without a restart; while it cannot be read, or a line of it is wrong, the users stay as they were. Servers that share a
/// data folder share it.
/// </summary>
public sealed class Users
{
    /// <summary>How the settings name their users, one a line or parted by commas.</summary>
    public const string Setting = "ETL_API_KEYS";

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly List<User> _given;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private List<User> _all;
    private bool _hadUsers;
    private string? _read, _fault;
    private DateTimeOffset _looked;

    /// <summary>Opens the users of a server.</summary>
    /// <param name="folder">The server's own folder under the data folder.</param>
    /// <param name="given">The setting's text, or null.</param>
    /// <param name="say">Takes a sentence for the log.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="EtlException">A line is not one of a user.</exception>
    public Users(string folder, string? given, Action<string> say, TimeProvider time)
    {
        (_file, _say, _time) = (FileIn(folder), say, time);
        _given = Parse(given?.Split([',', '\n'], StringSplitOptions.TrimEntries) ?? [], $"the setting {Setting}");
        _looked = time.GetUtcNow();
        _read = ReadFile();
        _all = Join(_given, ParseFile(_read));
        _hadUsers = _all.Count > 0;
    }

    /// <summary>True while there never was a user since the start: a file that is deleted or cut off later opens the server to nobody.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return All.Count == 0 && !_hadUsers;
        }
    }

    /// <summary>All of them, as the file is now.</summary>
    public IReadOnlyList<User> All
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetUtcNow();
                if (now - _looked < s_lookEvery && now >= _looked) return _all;
                _looked = now;
                Look();
                return _all;
            }
        }
    }

    /// <summary>The user of a key; null when it is nobody's.</summary>
    public User? FindKey(string key)
    {
        User? found = null;
        foreach (var user in All.Where(u => !u.Credential.IsPassword))
            if (user.Credential.Fits(key)) found = user;
        return found;
    }

    /// <summary>The person of a name; null when there is none.</summary>
    public User? FindPerson(string name) => All.FirstOrDefault(u => u.Credential.IsPassword && u.Name == name);

    /// <summary>Adds a user to the file; one who stood there with this name gets the new credential and role.</summary>
    /// <exception cref="EtlException">The name is none, or the file cannot be used.</exception>
    public static void Put(string folder, User user)
    {
        if (!User.IsName(user.Name))
            throw new EtlException(FaultKind.Usage, $"'{user.Name}' cannot be the name of a user. Use lower-case letters, digits, '.', '-' and '_', at most 64 of them.") { Code = "bad-user" };
        ServerFolder.Make(folder);
        var file = FileIn(folder);
        var lines = File.Exists(file) ? File.ReadAllLines(file) : ["# name:role:credential; 'etl serve --new-key' and '--new-user' write lines, deleting one shuts its user out"];
        ServerFolder.Write(file, string.Concat(lines.Where(l => !l.StartsWith(user.Name + ":", StringComparison.Ordinal)).Append(user.ToString()).Select(l => l + "\n")));
    }

    private static string FileIn(string folder) => Path.Combine(folder, "users");

    private void Look()
    {
        try
        {
            var text = ReadFile();
            // The text and not its time and length: what changes twice within one tick of the file system's clock is seen too.
            if (text != _read)
            {
                _all = Join(_given, ParseFile(text));
                _read = text;
                if (_all.Count == 0 && _hadUsers) _say("This server has no users any more, so nobody is let in. Add one with 'etl serve --new-user' or '--new-key'.");
                _hadUsers |= _all.Count > 0;
            }
            _fault = null;
        }
        catch (EtlException fault)
        {
            if (fault.Message != _fault) _say($"The users stay as they were. {fault.Message}");
            _fault = fault.Message;
        }
    }

    /// <summary>The file's text; null when there is no file, which is not the same as one that cannot be read.</summary>
    private string? ReadFile()
    {
        try
        {
            return File.ReadAllText(_file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"Could not read the users in '{_file}': {e.Message}", e) { Code = "bad-users" };
        }
    }

    private List<User> ParseFile(string? text) => Parse(text?.Split('\n') ?? [], $"'{_file}'");

    private static List<User> Join(List<User> given, List<User> kept)
    {
        List<User> all = [.. given, .. kept];
        return all.GroupBy(u => u.Name).FirstOrDefault(g => g.Count() > 1) is { Key: var twice }
            ? throw new EtlException(FaultKind.Usage, $"The user '{twice}' is named twice in the users of this server. Leave one of the lines out.") { Code = "bad-users" }
            : all;
    }

    private static List<User> Parse(string[] lines, string place)
    {
        var users = new List<User>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            // The line itself is not told: somebody may have written a key where its hash belongs.
            users.Add(ParseLine(line) ?? throw new EtlException(
                FaultKind.Usage,
                $"Line {i + 1} of {place} is not a user. Expected 'name:role:credential' with the role 'viewer' or 'operator'; 'etl serve --new-key NAME --role ROLE' writes one.") { Code = "bad-users" });
        }
        return users;
    }

    private static User? ParseLine(string line) =>
        line.Split(':') is [var name, var word, var kept] && User.IsName(name) && Policies.Find(word) is { } role && Credential.Parse(kept) is { } credential
            ? new User(name, role, credential)
            : null;
}

using Etl.Core.Errors;

namespace Etl.Server.Who;

/// <summary>
/// The users of a server: those of its settings and those of the file <c>server/users</c> in the data folder, a line <c>name:role:credential</c>
/// each; blank lines and lines that begin with <c>#</c> say nothing. The file is read again when it changes, so that a new user comes in and
/// a removed one is out without a restart. Servers that share a data folder share it.
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
    private IReadOnlyList<User> _all;
    private (DateTime, long) _read;
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
        _read = Version();
        _looked = time.GetUtcNow();
        _all = Join(_given, ReadFile());
    }

    /// <summary>True while nobody may use the server.</summary>
    public bool IsEmpty => All.Count == 0;

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
                var version = Version();
                if (version == _read) return _all;
                _read = version;
                try
                {
                    _all = Join(_given, ReadFile());
                }
                catch (EtlException fault)
                {
                    _say($"The users stay as they were. {fault.Message}");
                }
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

    private (DateTime, long) Version()
    {
        var file = new FileInfo(_file);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private List<User> ReadFile()
    {
        try
        {
            return File.Exists(_file) ? Parse(File.ReadAllLines(_file), $"'{_file}'") : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"Could not read the users in '{_file}': {e.Message}", e) { Code = "bad-users" };
        }
    }

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

using Etl.Core.Errors;
using Etl.Server;
using Etl.Testing.Files;

namespace Etl.Cli.Tests;

public sealed class ServeUsersTests
{
    [Fact]
    public async Task New_key_is_shown_once_and_kept_as_a_hash()
    {
        using var folder = new TempFolder();
        var (exit, text, error) = await Shell.RunAsync("serve", "--new-key", "reports", "--role", "viewer", "--data", folder.Path);
        Assert.True(exit == ExitCode.Done, error);
        var key = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Last();
        Assert.Matches("^etl_[A-Za-z0-9_-]{43}$", key);
        var kept = await File.ReadAllTextAsync(Path.Combine(StatusServerOptions.UsersFolder(folder.Path), "users"));
        Assert.Matches("(?m)^reports:viewer:sha256\\$[0-9a-f]{64}$", kept);
        Assert.DoesNotContain(key, kept, StringComparison.Ordinal);

        // The same name again: a new key and role in place of the old ones.
        Assert.Equal(ExitCode.Done, (await Shell.RunAsync("serve", "--new-key", "reports", "--role", "operator", "--data", folder.Path)).Exit);
        var lines = (await File.ReadAllLinesAsync(Path.Combine(StatusServerOptions.UsersFolder(folder.Path), "users"))).Where(l => !l.StartsWith('#'));
        Assert.StartsWith("reports:operator:", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A new user needs a role", "--new-key", "reports")]
    [InlineData("'admin' is not a role", "--new-key", "reports", "--role", "admin")]
    [InlineData("'Reports' cannot be the name of a user", "--new-key", "Reports", "--role", "viewer")]
    [InlineData("'--role' belongs to '--new-key NAME'", "--role", "viewer")]
    [InlineData("make one user each", "--new-key", "a", "--new-user", "b", "--role", "viewer")]
    public async Task Bad_user_is_refused_and_nothing_is_made(string words, params string[] arguments)
    {
        using var folder = new TempFolder();
        var (exit, _, error) = await Shell.RunAsync(["serve", "--data", folder.Path, .. arguments]);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Empty(folder.Files());
    }
}

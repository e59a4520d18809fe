using System.Net;
using System.Text;
using Etl.Core.Secrets;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Tests;

public sealed class LoginTests
{
    [Fact]
    public async Task Login_opens_until_logout()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
        using var answer = await House.LoginAsync(client, "otto", to: "/jobs/nightly?page=2");
        Assert.Equal((HttpStatusCode.SeeOther, "/jobs/nightly?page=2"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("etl-login=", StringComparison.Ordinal));
        Assert.Contains("; samesite=strict; httponly", cookie.ToLowerInvariant(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await MeAsync(client));
        Assert.Contains("\"role\":\"operator\"", await client.GetStringAsync("/api/v1/me"), StringComparison.Ordinal);

        using var logout = await client.PostAsync("/logout", Form(await House.TokenAsync(client)));
        Assert.Equal((HttpStatusCode.SeeOther, "/login"), (logout.StatusCode, logout.Headers.Location!.ToString()));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));

        // A copy of the cookie that somebody kept.
        using var thief = house.Client();
        thief.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(thief));
    }

    [Fact]
    public async Task Login_ends_by_itself()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        await House.LoginAsync(client, "vera");
        house.Clock.Advance(TimeSpan.FromHours(11.9));
        Assert.Equal(HttpStatusCode.OK, await MeAsync(client));
        house.Clock.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
    }

    [Theory]
    [InlineData("otto", "wrong password")]
    [InlineData("nobody", House.Password)]
    [InlineData("otto", "")]
    [InlineData("", "")]
    [InlineData("deploy", House.Password)] // a program has a key and no password
    public async Task Wrong_name_or_password_goes_back_to_the_form(string name, string password)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        using var answer = await House.LoginAsync(client, name, password, to: "/jobs/nightly");
        Assert.Equal((HttpStatusCode.SeeOther, "/login?failed=1&to=%2Fjobs%2Fnightly"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/a\r\nSet-Cookie: a=b")]
    public async Task Login_goes_nowhere_but_to_this_server(string to)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        using var answer = await House.LoginAsync(client, "otto", to: to);
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        using var failed = await House.LoginAsync(client, "otto", "wrong", to: to);
        Assert.Equal("/login?failed=1", failed.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Guessing_has_to_wait_longer_and_longer()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        for (var i = 0; i < LoginThrottle.Free; i++) Assert.Equal("/login?failed=1", (await House.LoginAsync(client, "otto", "wrong")).Headers.Location!.ToString());
        // The right password has to wait as well: otherwise an answer at once would tell it.
        Assert.Equal("/login?wait=2", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
        Assert.Equal("/", (await House.LoginAsync(client, "vera")).Headers.Location!.ToString());
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("/login?failed=1", (await House.LoginAsync(client, "otto", "wrong")).Headers.Location!.ToString());
        Assert.Equal("/login?wait=4", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
        house.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("/", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
        Assert.Equal("/login?failed=1", (await House.LoginAsync(client, "otto", "wrong")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task What_cannot_be_a_name_is_counted_as_one()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        for (var i = 0; i < LoginThrottle.Free; i++) Assert.Equal("/login?failed=1", (await House.LoginAsync(client, new string('N', 100 + i), "wrong")).Headers.Location!.ToString());
        Assert.Equal("/login?wait=2", (await House.LoginAsync(client, "Another", "wrong")).Headers.Location!.ToString());
        Assert.Equal("/", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task Guesses_at_once_are_no_more_than_guesses_one_by_one()
    {
        await using var house = await House.OpenAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 3 * LoginThrottle.Free).Select(async _ =>
        {
            using var client = house.Client();
            using var answer = await House.LoginAsync(client, "nobody", "wrong");
            return answer.Headers.Location!.ToString();
        }));
        Assert.Equal(LoginThrottle.Free, answers.Count(a => a == "/login?failed=1"));
        Assert.Equal(2 * LoginThrottle.Free, answers.Count(a => a == "/login?wait=2"));
    }

    [Fact]
    public async Task Login_waits_when_too_many_are_being_hashed_and_that_is_no_failure()
    {
        HashQueue? hashing = null;
        await using var house = await House.OpenAsync(more: o => o with { Extensions = [routes => hashing = routes.ServiceProvider.GetRequiredService<HashQueue>()] });
        using var client = house.Client();
        using var hold = new ManualResetEventSlim();
        var held = Enumerable.Range(0, HashQueue.MostWaiting + 1).Select(_ => hashing!.TryAsync(() => hold.Wait(TimeSpan.FromMinutes(2)), CancellationToken.None)).ToList();
        for (var i = 0; i < 2 * LoginThrottle.Free; i++) Assert.Equal("/login?wait=2", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
        hold.Set();
        Assert.All(await Task.WhenAll(held), done => Assert.True(done));
        Assert.Equal("/", (await House.LoginAsync(client, "otto")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task Changed_or_removed_user_is_out_at_once()
    {
        await using var house = await House.OpenAsync();
        using var person = house.Client();
        using var program = house.Client(Role.Operator);
        await House.LoginAsync(person, "otto");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await MeAsync(person), await MeAsync(program)));

        Users.Put(StatusServerOptions.UsersFolder(house.Folder), new User("otto", Role.Viewer, Credential.OfPassword(new Secret(House.Password), 10)));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await MeAsync(person), await MeAsync(program)));

        var file = Path.Combine(StatusServerOptions.UsersFolder(house.Folder), "users");
        await File.WriteAllLinesAsync(file, (await File.ReadAllLinesAsync(file)).Where(l => !l.StartsWith("deploy:", StringComparison.Ordinal)));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(program));

        // A file that somebody spoiled lets nobody new in and nobody out.
        await File.AppendAllTextAsync(file, "reports:operator:plain-text-key\n");
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        using var viewer = house.Client(Role.Viewer);
        Assert.Equal(HttpStatusCode.OK, await MeAsync(viewer));
        Assert.Contains(house.Said, s => s.StartsWith("The users stay as they were. Line ", StringComparison.Ordinal) && !s.Contains("plain-text-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Local_person_is_operator_until_there_is_a_user()
    {
        await using var house = await House.OpenAsync(locked: false);
        using var client = house.Client();
        Assert.Contains("\"name\":\"local\",\"role\":\"operator\"", await client.GetStringAsync("/api/v1/me"), StringComparison.Ordinal);
        Users.Put(StatusServerOptions.UsersFolder(house.Folder), new User("vera", Role.Viewer, Credential.OfPassword(new Secret(House.Password), 10)));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Local_person_does_not_come_back_when_the_users_go(bool deleted)
    {
        await using var house = await House.OpenAsync(locked: false);
        using var client = house.Client();
        Users.Put(StatusServerOptions.UsersFolder(house.Folder), new User("vera", Role.Viewer, Credential.OfPassword(new Secret(House.Password), 10)));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
        var file = Path.Combine(StatusServerOptions.UsersFolder(house.Folder), "users");
        if (deleted) File.Delete(file);
        else await File.WriteAllTextAsync(file, "");
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(client));
        Assert.Contains(house.Said, s => s.StartsWith("This server has no users any more", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Users_that_cannot_be_read_are_not_users_that_are_gone()
    {
        await using var house = await House.OpenAsync();
        using var program = house.Client(Role.Viewer);
        var file = Path.Combine(StatusServerOptions.UsersFolder(house.Folder), "users");
        File.Delete(file);
        Directory.CreateDirectory(file);
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, await MeAsync(program));
        Assert.Contains(house.Said, s => s.StartsWith("The users stay as they were. Could not read the users in ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Users_that_could_not_be_read_are_read_again_and_it_is_said_once()
    {
        await using var house = await House.OpenAsync();
        using var program = house.Client(Role.Operator);
        var file = Path.Combine(StatusServerOptions.UsersFolder(house.Folder), "users");
        var left = (await File.ReadAllLinesAsync(file)).Where(l => !l.StartsWith("deploy:", StringComparison.Ordinal)).ToList();
        await using (var stream = new FileStream(file, FileMode.Truncate, FileAccess.Write, FileShare.None))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\n', left)));
            await stream.FlushAsync();
            for (var i = 0; i < 3; i++)
            {
                house.Clock.Advance(TimeSpan.FromSeconds(2));
                Assert.Equal(HttpStatusCode.OK, await MeAsync(program));
            }
        }
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(program));
        Assert.Single(house.Said, s => s.StartsWith("The users stay as they were.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task People_are_sent_to_the_form_and_programs_are_told()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        using var page = await client.GetAsync("/jobs/nightly?page=2");
        Assert.Equal((HttpStatusCode.Redirect, "/login?to=%2Fjobs%2Fnightly%3Fpage%3D2"), (page.StatusCode, page.Headers.Location!.ToString()));
        using var api = await client.GetAsync("/api/v1/jobs");
        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (api.StatusCode, api.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task Login_of_one_server_opens_another_one_of_the_same_data_folder()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        await House.LoginAsync(client, "vera");
        var parts = new ServerParts { Desk = house.Desk, Ledger = house.Ledger, Views = house.Ledger, Feed = house.Feed, Time = house.Clock };
        await using var other = await StatusServer.StartAsync(new StatusServerOptions { Urls = [new Uri("http://127.0.0.1:0")], DataFolder = house.Folder }, parts, CancellationToken.None);
        using var answer = await client.GetAsync(new Uri(other.Urls[0], "/api/v1/me"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        if (OperatingSystem.IsWindows()) return;
        var folder = StatusServerOptions.UsersFolder(house.Folder);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(folder, "cookies")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    private static FormUrlEncodedContent Form(string token) => new(new Dictionary<string, string> { ["antiforgery"] = token });

    private static async Task<HttpStatusCode> MeAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/api/v1/me");
        return answer.StatusCode;
    }
}

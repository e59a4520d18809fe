using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Server.Who;
using Etl.Testing.Files;

namespace Etl.Server.Tests;

public sealed class CredentialTests
{
    [Fact]
    public void Key_fits_itself_and_is_not_what_is_kept()
    {
        var (key, kept) = Credential.NewKey();
        Assert.Matches("^etl_[A-Za-z0-9_-]{43}$", key.Reveal());
        var read = Credential.Parse(kept.ToString())!;
        Assert.True(read.Fits(key.Reveal()));
        Assert.False(read.Fits(key.Reveal() + "A"));
        Assert.False(read.IsPassword);
        Assert.DoesNotContain(key.Reveal()[4..], kept.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(key.Reveal(), Credential.NewKey().Key.Reveal());
    }

    [Fact]
    public void Password_is_kept_slow_and_salted()
    {
        var kept = Credential.OfPassword(new Secret("pass$word:öß"));
        Assert.StartsWith("pbkdf2-sha256$600000$", kept.ToString(), StringComparison.Ordinal);
        var read = Credential.Parse(kept.ToString())!;
        Assert.True(read.IsPassword && read.Fits("pass$word:öß"));
        Assert.False(read.Fits("pass$word:öß "));
        Assert.NotEqual(kept.ToString(), Credential.OfPassword(new Secret("pass$word:öß")).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("etl_key")]
    [InlineData("sha256$abc")]
    [InlineData("sha256$zz")]
    [InlineData("pbkdf2-sha256$0$AAAA$AAAA")]
    [InlineData("pbkdf2-sha256$99999999$AAAA$AAAA")]
    [InlineData("pbkdf2-sha256$1000$AAAA$AAAA")]
    [InlineData("pbkdf2-sha256$1000$!$AAAA")]
    public void Other_text_is_no_credential(string text) => Assert.Null(Credential.Parse(text));

    [Theory]
    [InlineData("reports:viewer")]
    [InlineData("reports:admin:sha256$0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Reports:viewer:sha256$0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("reports:viewer:etl_abc")]
    public void Line_that_is_no_user_is_refused_without_being_told(string line)
    {
        using var folder = new TempFolder();
        var fault = Assert.Throws<EtlException>(() => new Users(folder.Path, "\n" + line, _ => { }, TimeProvider.System));
        Assert.Equal((FaultKind.Usage, "bad-users"), (fault.Kind, fault.Code));
        Assert.StartsWith("Line 2 of the setting ETL_API_KEYS is not a user.", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(line, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_and_file_name_users_together_and_nobody_twice()
    {
        using var folder = new TempFolder();
        var (key, kept) = Credential.NewKey();
        var line = $"cloud:operator:{kept}";
        Users.Put(folder["server"], new User("vera", Role.Viewer, Credential.OfPassword(new Secret("12 characters"), 10)));
        var users = new Users(folder["server"], line, _ => { }, TimeProvider.System);
        Assert.Equal(["cloud", "vera"], users.All.Select(u => u.Name));
        Assert.Equal("cloud", users.FindKey(key.Reveal())!.Name);
        Assert.Null(users.FindPerson("cloud"));
        Users.Put(folder["server"], new User("cloud", Role.Viewer, kept));
        Assert.Contains("'cloud' is named twice", Assert.Throws<EtlException>(() => new Users(folder["server"], line, _ => { }, TimeProvider.System)).Message, StringComparison.Ordinal);
    }
}

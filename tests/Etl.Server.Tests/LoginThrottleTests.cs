using System.Net;
using Etl.Server.Who;
using Etl.Testing;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

public sealed class LoginThrottleTests
{
    private static readonly TimeSpan s_none = TimeSpan.Zero, s_quarter = TimeSpan.FromMinutes(15);
    private static readonly IPAddress s_here = IPAddress.Parse("10.0.0.8"), s_there = IPAddress.Parse("10.0.0.9");

    private readonly FakeClock _clock = new(Keys.Noon);
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new LoginThrottle(_clock);

    /// <summary>Fails as often as asked, waiting where it has to; the wait that the next try meets.</summary>
    private TimeSpan Fail(string name, IPAddress from, int times)
    {
        for (var i = 0; i < times; i++)
        {
            while (_throttle.Begin(name, from) is { Ticks: > 0 } wait) _clock.Advance(wait);
        }
        return WaitOf(name, from);
    }

    /// <summary>What a try has to wait; one that need not is taken back.</summary>
    private TimeSpan WaitOf(string name, IPAddress from)
    {
        var wait = _throttle.Begin(name, from);
        if (wait == s_none) _throttle.TakeBack(name, from);
        return wait;
    }

    private static IPAddress Elsewhere(int i) => new([10, 1, (byte)(i >> 8), (byte)i]);

    [Fact]
    public void Guessing_names_from_one_address_is_counted_too()
    {
        for (var i = 0; i < 10 * LoginThrottle.Free; i++) Assert.Equal(s_none, _throttle.Begin("name" + i, s_there));
        Assert.Equal((TimeSpan.FromSeconds(2), s_none), (WaitOf("fresh", s_there), WaitOf("fresh", s_here)));
        Assert.Equal(s_quarter, Fail("fresh", s_there, 40));
        _clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(s_none, _throttle.Begin("fresh", s_there));
        // What time forgot is not kept either: the name, the address and both together are.
        Assert.Equal(3, _throttle.Remembered);
    }

    [Fact]
    public void Guesses_from_one_address_shut_nobody_out_elsewhere()
    {
        Assert.Equal(s_quarter, Fail("otto", s_there, 40));
        Assert.Equal(s_none, WaitOf("otto", s_here));
    }

    [Fact]
    public void Guesses_from_everywhere_make_a_person_wait_for_seconds_and_not_at_all_where_they_logged_in_before()
    {
        Assert.Equal(s_none, _throttle.Begin("otto", s_here));
        _throttle.Succeeded("otto", s_here);
        for (var i = 0; i < 1000; i++) Fail("otto", Elsewhere(i), 1);
        Assert.Equal((TimeSpan.FromSeconds(4), s_none), (WaitOf("otto", s_there), WaitOf("otto", s_here)));
        // It is no door for guessing: there five are free as everywhere.
        Assert.Equal(TimeSpan.FromSeconds(2), Fail("otto", s_here, LoginThrottle.Free));
    }

    [Fact]
    public void Right_ones_never_add_up()
    {
        for (var i = 0; i < 20 * LoginThrottle.Free; i++)
        {
            Assert.Equal(s_none, _throttle.Begin("otto", s_here));
            _throttle.Succeeded("otto", s_here);
        }
        Assert.Equal((s_none, 0), (WaitOf("otto", s_there), _throttle.Remembered));
    }

    [Fact]
    public void Right_one_does_not_end_the_wait_of_its_address()
    {
        Assert.Equal(s_none, _throttle.Begin("vera", s_there));
        for (var i = 1; i < 10 * LoginThrottle.Free; i++) Assert.Equal(s_none, _throttle.Begin("name" + i, s_there));
        Assert.Equal(s_none, _throttle.Begin("vera", s_here));
        _throttle.Succeeded("vera", s_here);
        Assert.Equal(TimeSpan.FromSeconds(2), WaitOf("fresh", s_there));
        // One failure less than it takes.
        _throttle.Succeeded("vera", s_there);
        Assert.Equal(s_none, WaitOf("fresh", s_there));
        Assert.Equal(s_none, _throttle.Begin("fresh", s_there));
        Assert.Equal(TimeSpan.FromSeconds(2), WaitOf("fresh", s_there));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:10.0.0.9", "10.0.0.9", true)]
    [InlineData("::ffff:10.0.0.9", "::ffff:10.0.0.8", false)]
    public void Address_of_a_neighbour_on_the_same_line_is_the_same(string one, string other, bool isSame)
    {
        Assert.Equal(TimeSpan.FromSeconds(2), Fail("otto", IPAddress.Parse(one), LoginThrottle.Free));
        Assert.Equal(isSame ? TimeSpan.FromSeconds(2) : s_none, WaitOf("otto", IPAddress.Parse(other)));
    }
}

using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class CronFieldsTests
{
    [Theory]
    [InlineData("15 2 * * *")]
    [InlineData("* * * * *")]
    [InlineData("0 15 2 * * *")]
    [InlineData("*/10 * * * * *")]
    [InlineData("0,30 6-20/2 * * MON-FRI")]
    [InlineData("0 0 1,15 * *")]
    [InlineData("0 0 * * 0")]
    [InlineData("0 0 * * 7")]
    [InlineData("0 0 * * sun,5-7")]
    [InlineData("0 0 31 1-12 *")]
    [InlineData("0 0 29 FEB *")]
    [InlineData("59 59 23 31 dec *")]
    [InlineData("  15   2 * * *  ")]
    public void Expression_on_which_engines_agree_is_taken(string cron) => Assert.Null(CronFields.FindFault(cron));

    [Theory]
    [InlineData("", "has 0 cron fields")]
    [InlineData("15", "has 1 cron field.")]
    [InlineData("15 2 * *", "has 4 cron fields")]
    [InlineData("0 15 2 * * * 2026", "has 7 cron fields")]
    [InlineData("@daily", "has 1 cron field")]
    [InlineData("60 2 * * *", "'60' is not a value of the minute field of cron. Expected 0 to 59, a range '0-59', a list with commas, '*' or '*/step'.")]
    [InlineData("15 24 * * *", "'24' is not a value of the hour field")]
    [InlineData("15 2 0 * *", "'0' is not a value of the day of month field")]
    [InlineData("15 2 32 * *", "'32' is not a value of the day of month field")]
    [InlineData("15 2 * 13 *", "'13' is not a value of the month field of cron. Expected 1 to 12 or JAN to DEC,")]
    [InlineData("15 2 * * 8", "'8' is not a value of the day of week field of cron. Expected 0 to 7 or SUN to SAT,")]
    [InlineData("60 15 2 * * *", "'60' is not a value of the second field")]
    [InlineData("MON 2 * * *", "'MON' is not a value of the minute field")]
    [InlineData("15 2 ? * *", "'?' is not a value of the day of month field")]
    [InlineData("15 2 L * *", "'L' is not a value of the day of month field")]
    [InlineData("15 2 * * 5#2", "'5#2' is not a value of the day of week field")]
    [InlineData("15 -2 * * *", "'-2' is not a value of the hour field")]
    [InlineData("15 2, * * *", "'' is not a value of the hour field")]
    [InlineData("15 1-2-3 * * *", "'1-2-3' is not a value of the hour field")]
    [InlineData("15 +2 * * *", "'+2' is not a value of the hour field")]
    [InlineData("15 99999999999 * * *", "'99999999999' is not a value of the hour field")]
    [InlineData("15 22-4 * * *", "'22-4' in the hour field of cron runs backwards")]
    [InlineData("15 2 * * FRI-SUN", "'FRI-SUN' in the day of week field of cron runs backwards")]
    [InlineData("5/10 * * * *", "'5/10' in the minute field of cron: engines disagree on where such a step ends. Write '5-59/10'.")]
    [InlineData("*/0 * * * *", "'*/0' in the minute field of cron has a bad step")]
    [InlineData("*/ * * * *", "'*/' in the minute field of cron has a bad step")]
    [InlineData("*/60 * * * *", "'*/60' in the minute field of cron has a bad step")]
    [InlineData("15 2 1 * MON", "'15 2 1 * MON' restricts both the day of month ('1') and the day of week ('MON'), which engines read differently. Write '*' in one of the two.")]
    [InlineData("15 2 */2 * 1-5", "restricts both")]
    [InlineData("0 15 2 1 * 1", "restricts both")]
    [InlineData("0 0 30 2 *", "'0 0 30 2 *' never fires: the months it names end before day 30.")]
    [InlineData("0 0 31 4,6,9,11 *", "never fires")]
    public void Expression_that_is_wrong_or_that_engines_read_differently_is_refused(string cron, string fault) =>
        Assert.Contains(fault, CronFields.FindFault(cron), StringComparison.Ordinal);
}

// A worker in a process of its own, to be killed or raced by tests:
//   land <data> <kind> <pull> <fence> <rows>      stages a pull and lands it; ETL_CRASH_AT kills it on the way
//   race <data> <kind> <first fence> <rounds>     lands pulls with fences first, first + 2, … and checks that none is overtaken
//   lease <ledger file> <owner> <rounds>          leases one window over and over and prints the fences
//   serve <postgres|azurite>                      starts a server as tests do, prints its folder and waits
using System.Globalization;
using Etl.Testing.Crash;
using Etl.Testing.Servers;

if (args[0] == "serve")
{
    Console.WriteLine(args[1] == "postgres" ? (await PostgresServer.StartAsync()).Folder : (await AzuriteServer.StartAsync()).Folder);
    await Task.Delay(Timeout.Infinite);
}

if (args[0] == "lease")
{
    foreach (var got in await Leasing.RunAsync(args[1], args[2], int.Parse(args[3], CultureInfo.InvariantCulture))) Console.WriteLine(got);
    return 0;
}
var fence = long.Parse(args[0] == "land" ? args[4] : args[3], CultureInfo.InvariantCulture);
var worker = new Worker(args[1], args[2]);
if (args[0] == "land")
{
    await worker.LandAsync(args[3], fence, int.Parse(args[5], CultureInfo.InvariantCulture));
    return 0;
}
for (var round = 0; round < int.Parse(args[4], CultureInfo.InvariantCulture); round++, fence += 2)
{
    await worker.LandAsync("f" + fence.ToString("000000", CultureInfo.InvariantCulture), fence, rows: (int)(fence % 7));
    var published = await worker.FindAsync();
    if (published is null || published.Fence < fence || published.Rows != published.Fence % 7)
    {
        Console.Error.WriteLine($"After fence {fence} landed, the target shows {published}.");
        return 1;
    }
}
return 0;

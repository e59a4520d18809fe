// A worker in a process of its own, to be killed or raced by tests:
//   land <data> <kind> <pull> <fence> <rows>      stages a pull, lands it and prints the outcome; ETL_CRASH_AT kills it on the way, ETL_STOP_AT stops it
//   large <data> <kind> <pull> <rows>             the same with many rows under a lease, with lineage and with what the pull restates; prints seconds, the peak of memory in MB and rows restated
//   restate <data> <kind> <pull> <fence> <rows>   the same with a difference to the published pull and with lineage
//   days <data> <kind> <label>...                 stages a pull for each day, prints "staged" and, once its standard input ends, lands all of them at once with lineage
//   race <data> <kind> <first fence> <rounds>     lands pulls with fences first, first + 2, … and checks that none is overtaken
//   noise <data> <kind> <megabytes>               lands a pull that does not compress and prints how far peak memory rose, and the file's bytes
// A <kind> is parquet, blob, table or table:<mode>; ETL_CONNECTION_WAREHOUSE says where tables are, an SQLite file in <data> when unset.
//   audit <data> <pull> <key file> [rotate]       appends a snapshot of a pull to the audit log of a data folder unless it has one, or takes the key in <pull> into use
//   erase <data> <key file>                       erases the files of the log's first snapshot
//   lease <ledger file> <owner> <rounds>          leases one window over and over and prints the fences
//   export <data> <seed> <night> <to>             exports the leads of a night to a folder, store:<name> or webhook:<name>; prints how it ended
//   export-large <data> <rows>                    exports many leads twice; prints seconds of processor time and the peak of memory in MB
//   sweep                                         does what its standard input says, see SweepLoop
//   serve <postgres|azurite>                      starts a server as tests do, prints its folder and waits
using System.Globalization;
using Etl.Testing.Crash;
using Etl.Testing.Crash.Sweeping;
using Etl.Testing.Servers;

if (args[0] == "sweep") return SweepLoop.Run();
if (args[0] == "serve")
{
    Console.WriteLine(args[1] == "postgres" ? (await PostgresServer.StartAsync()).Folder : (await AzuriteServer.StartAsync()).Folder);
    await Task.Delay(Timeout.Infinite);
}

if (args[0] == "audit")
{
    await Auditing.RunAsync(args[1], args[2], args[3], rotate: args.Length > 4);
    return 0;
}
if (args[0] == "erase")
{
    await Auditing.EraseAsync(args[1], args[2]);
    return 0;
}
if (args[0] == "lease")
{
    foreach (var got in await Leasing.RunAsync(args[1], args[2], int.Parse(args[3], CultureInfo.InvariantCulture))) Console.WriteLine(got);
    return 0;
}
if (args[0] == "export")
{
    foreach (var outcome in await Exporting.RunAsync(args[1], int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture), args[4])) Console.WriteLine(outcome);
    return 0;
}
if (args[0] == "export-large")
{
    await Exporting.LargeAsync(args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
    return 0;
}
var worker = new Worker(args[1], args[2], Environment.GetEnvironmentVariable);
if (args[0] == "noise")
{
    var (growth, bytes) = await worker.LandNoiseAsync("noise", 1, int.Parse(args[3], CultureInfo.InvariantCulture));
    Console.WriteLine($"{growth} {bytes}");
    return 0;
}
if (args[0] == "days")
{
    await worker.LandDaysAsync(args[3..], async () =>
    {
        Console.WriteLine("staged");
        await Console.In.ReadToEndAsync();
    });
    return 0;
}
if (args[0] == "large")
{
    await Large.RunAsync(worker, args[1], args[3], int.Parse(args[4], CultureInfo.InvariantCulture));
    return 0;
}
var fence = long.Parse(args[0] is "land" or "restate" ? args[4] : args[3], CultureInfo.InvariantCulture);
if (args[0] == "land")
{
    Console.WriteLine((await worker.LandAsync(args[3], fence, int.Parse(args[5], CultureInfo.InvariantCulture))).Outcome);
    return 0;
}
if (args[0] == "restate")
{
    await worker.RestateAsync(args[3], fence, int.Parse(args[5], CultureInfo.InvariantCulture));
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

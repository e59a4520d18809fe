using Etl.Benchmarks;

// One word per benchmark; each prints its own numbers. Run with -c Release.
return args.FirstOrDefault() switch
{
    "parse" => ParseBenchmark.Run(args[1..]),
    "hygiene" => HygieneBenchmark.Run(args[1..]),
    "csv" => CsvBenchmark.Run(args[1..]),
    "convert" => ConvertBenchmark.Run(args[1..]),
    "download" => DownloadBenchmark.Run(args[1..]),
    "land" => LandBenchmark.Run(args[1..]),
    TablesChild.Verb => TablesChild.Run(args[1..]),
    "ledger" => LedgerBenchmark.Run(args[1..]),
    "pages" => PagesBenchmark.Run(args[1..]),
    "idle" => IdleBenchmark.Run(args[1..]),
    "pull" => PullBenchmark.Run(args[1..]),
    "leads" => LeadsBenchmark.Run(args[1..]),
    "events" => EventQueueBenchmark.Run(args[1..]),
    "collect" => CollectBenchmark.Run(args[1..]),
    "restart" => RestartBenchmark.Run(args[1..]),
    "load" => LoadBenchmark.Run(args[1..]),
    "soak" => SoakBenchmark.Run(args[1..]),
    "inside" => InsideBenchmark.Run(),
    "peers" => PeersCommand.Run(args[1..]),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Etl.Benchmarks parse|hygiene|csv|convert|download|land [MEGABYTES] [REPEATS], ledger [LEASES] [postgres|sqlite], pages [WINDOWS] [postgres|sqlite], idle [JOBS] [postgres|sqlite], pull|leads [ROWS] [REPEATS], events [EVENTS] [REPEATS], collect|restart [EVENTS], load [WINDOWS] [tables], soak [RUNS], inside, or peers [NAME...]");
    return 2;
}

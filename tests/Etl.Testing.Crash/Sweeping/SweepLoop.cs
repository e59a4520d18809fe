using System.Globalization;
using System.Runtime.InteropServices;
using Etl.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Etl.Testing.Crash.Sweeping;

/// <summary>
/// Does what it is told on its standard input, line by line, one command at a time and on one thread, so that the n-th call of a kind is the same in every run:
/// strace counts by thread. Answers with <c>done …</c> or <c>fault …</c> in one line.
/// </summary>
internal static class SweepLoop
{
    private const int IgnoreSignal = 1, FileSizeSignal = 25, FileSizeLimit = 1, SetPtracer = 0x59616d61;

    public static int Run()
    {
        // Needs DOTNET_PROCESSOR_COUNT=1: a pool has at least a thread for each.
        if (!ThreadPool.SetMinThreads(1, 1) || !ThreadPool.SetMaxThreads(1, 1)) throw new InvalidOperationException("The pool could not be made one thread.");
        // Where only ancestors may trace, anybody may trace this one.
        _ = PrCtl(SetPtracer, nuint.MaxValue, 0, 0, 0);
        // A write past the limit then fails as on a full disk; by default it kills.
        _ = Signal(FileSizeSignal, IgnoreSignal);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            string reply;
            try
            {
                reply = "done " + Task.Run(() => DoAsync(line.Split('\t'))).GetAwaiter().GetResult();
            }
            catch (EtlException fault)
            {
                reply = $"fault {fault.Code} {fault.Message}";
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                reply = $"fault {fault.GetType().Name} {fault.Message}";
            }
            Console.WriteLine(reply.ReplaceLineEndings(" "));
        }
        return 0;
    }

    private static async Task<string> DoAsync(string[] words)
    {
        try
        {
            switch (words[0])
            {
                case "night":
                    return await Nights.RunAsync(words[1], words[2], int.Parse(words[3], CultureInfo.InvariantCulture));
                case "export":
                    return string.Join("; ", await Exporting.RunAsync(words[1], int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture), words[4]));
                case "audit":
                    await Auditing.RunAsync(words[1], words[2], words[3], rotate: false);
                    return "appended";
                case "faulty":
                    Faulty.Write(words[1], words[2], words[3]);
                    return "written";
                case "limit":
                    var bytes = ulong.Parse(words[1], CultureInfo.InvariantCulture);
                    return SetLimit(FileSizeLimit, [bytes, ulong.MaxValue]) == 0 ? "limited" : throw new InvalidOperationException("The limit could not be set.");
                default:
                    throw new ArgumentException($"'{words[0]}' is no command.");
            }
        }
        finally
        {
            // Closed as at the end of a process that ends well, so that faults of this are met too.
            SqliteConnection.ClearAllPools();
        }
    }

#pragma warning disable SYSLIB1054 // generated marshalling needs unsafe code; nothing here needs marshalling
    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int PrCtl(int option, nuint a, nuint b, nuint c, nuint d);

    [DllImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Signal(int signal, nint handler);

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, ulong[] softAndHard);
#pragma warning restore SYSLIB1054
}

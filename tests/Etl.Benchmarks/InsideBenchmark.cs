using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Etl.Benchmarks;

/// <summary>The insides one by one, measured by BenchmarkDotNet: nanoseconds per row, MB per second, bytes allocated.</summary>
internal static class InsideBenchmark
{
    internal static int Run()
    {
        Console.WriteLine(Machine.Describe());
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "etl-inside"));
        var summary = BenchmarkRunner.Run<InsideBenchmarks>(config);
        var data = new InsideBenchmarks();
        data.Setup();
        foreach (var report in summary.Reports)
        {
            var name = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
            var nanoseconds = report.ResultStatistics?.Mean ?? double.NaN;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {name,-22} {nanoseconds,7:F1} ns/row  {data.BytesOf(name) / nanoseconds * 1000 / InsideBenchmarks.Rows,7:F0} MB/s  {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0} B"));
        }
        return 0;
    }
}

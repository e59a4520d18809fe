using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Etl.Benchmarks;

/// <summary>
/// What the resident memory of this process is made of, in bytes, by who asked the system for it. Linux with glibc only.
/// </summary>
/// <param name="Resident">All of it.</param>
/// <param name="Files">Mapped files: libraries, and the shared memory of SQLite's journals.</param>
/// <param name="Code">What the runtime compiled, and its tables beside it.</param>
/// <param name="Native">Heaps of malloc: SQLite, TLS, compression, the runtime itself.</param>
/// <param name="NativeInUse">Of what malloc holds, resident or not, what somebody uses. The rest was given back to malloc, which keeps it.</param>
/// <param name="Other">Other anonymous memory: the heap of the garbage collector and its tables, and stacks.</param>
/// <param name="Committed">What the garbage collector holds, objects or not.</param>
internal sealed record ResidentMemory(long Resident, long Files, long Code, long Native, long NativeInUse, long Other, long Committed)
{
    // Heaps of malloc beside the first begin at a multiple of their size.
    private const ulong HeapSize = 64 << 20;

    public static ResidentMemory Look()
    {
        var mappings = Mappings();
        long resident = 0, files = 0, code = 0, native = 0, other = 0;
        for (var i = 0; i < mappings.Count; i++)
        {
            var (start, _, name, bytes) = mappings[i];
            resident += bytes;
            // A heap is what is used of it, and what is left of its 64 MB.
            var isHeap = name == "[heap]" || (name.Length == 0 && start % HeapSize == 0 && i + 1 < mappings.Count && mappings[i + 1] is { Name: "" } rest && rest.End == start + HeapSize);
            if (isHeap) native += bytes;
            else if (name.Contains("doublemapper", StringComparison.Ordinal)) code += bytes;
            else if (name.StartsWith('/')) files += bytes;
            else other += bytes;
        }
        var figures = MallInfo();
        return new ResidentMemory(resident, files, code, native, (long)(figures.InUse + figures.Mapped), other, GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes);
    }

    private static List<(ulong Start, ulong End, string Name, long Resident)> Mappings()
    {
        var mappings = new List<(ulong Start, ulong End, string Name, long Resident)>();
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                var range = words[0].Split('-');
                mappings.Add((Hex(range[0]), Hex(range[1]), words.Length > 5 ? words[5] : "", 0));
            }
            else if (words[0] == "Rss:")
            {
                mappings[^1] = mappings[^1] with { Resident = long.Parse(words[1], CultureInfo.InvariantCulture) * 1024 };
            }
        }
        return mappings;

        static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Has everybody who keeps free memory give it back to the system.</summary>
    public static void GiveBack()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = Trim(0);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Resident / 1e6:F0} MB resident: {Native / 1e6:F0} malloc ({NativeInUse / 1e6:F1} in use), {Other / 1e6:F0} collector and stacks ({Committed / 1e6:F0} committed by the collector), {Files / 1e6:F0} files, {Code / 1e6:F0} code");

    [DllImport("libc", EntryPoint = "mallinfo2")]
    private static extern Figures MallInfo();

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint keep);

    [StructLayout(LayoutKind.Sequential)]
    private struct Figures
    {
        public nuint Arena, FreeChunks, FastChunks, Mappings, Mapped, Peak, FastFree, InUse, Free, Top;
    }
}

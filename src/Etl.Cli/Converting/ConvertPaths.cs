using Etl.Core.Errors;

namespace Etl.Cli.Converting;

/// <summary>What a conversion reads and writes.</summary>
internal static class ConvertPaths
{
    /// <summary>Refuses an output that cannot be written.</summary>
    public static void CheckOutput(string input, string output)
    {
        if (Directory.Exists(output)) throw new EtlException(FaultKind.Usage, $"'{output}' is a folder. Name the file to write.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        if (!Directory.Exists(folder)) throw new EtlException(FaultKind.Usage, $"There is no folder '{folder}' for '{output}'. Make it first.");
        if (input != "-" && Path.GetFullPath(input) == Path.GetFullPath(output)) throw new EtlException(FaultKind.Usage, $"'{output}' would replace the file that is read. Name another one.");
    }

    /// <summary>Opens a CSV file, or standard input for '-'.</summary>
    public static Stream Open(string input)
    {
        if (input == "-") return Console.OpenStandardInput();
        if (Directory.Exists(input)) throw new EtlException(FaultKind.Usage, $"'{input}' is a folder without replies (*.json). Name a CSV file, or a folder of saved replies.");
        if (!File.Exists(input)) throw new EtlException(FaultKind.Usage, $"There is no file '{input}'.");
        return new DirectReads(input);
    }
}

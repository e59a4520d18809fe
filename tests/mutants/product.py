"""Compiles one project with one changed file, beside the build and not in it."""
import functools
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, "artifacts", "planted")


class Failed(Exception):
    """Something could not be done; the text says what."""


def project_of(file):
    """`src/Etl.Core/Ledger/ILedger.cs` is of `Etl.Core`."""
    parts = file.split("/")
    if len(parts) < 3 or parts[0] != "src":
        raise Failed(f"'{file}' is no source file of the product")
    return parts[1]


def compile_with(file, text):
    """The path of the project's assembly, compiled with this text in place of the file's own."""
    project = project_of(file)
    out = os.path.join(WORK, "out")
    os.makedirs(out, exist_ok=True)
    changed = os.path.join(out, "Changed.cs")
    with open(changed, "w", encoding="utf-8") as stream:
        stream.write(text)
    own = os.path.join(ROOT, file)
    folder = os.path.join(ROOT, "src", project)
    arguments = [changed if os.path.join(folder, a) == own else a for a in _command(project)]
    if changed not in arguments:
        raise Failed(f"'{file}' is not compiled in this package set")
    assembly = os.path.join(out, project + ".dll")
    response = os.path.join(out, "csc.rsp")
    with open(response, "w", encoding="utf-8") as stream:
        stream.writelines(f'"{a}"\n' if " " in a and '"' not in a else a + "\n" for a in [*arguments, "/out:" + assembly])
    told = subprocess.run(["dotnet", _compiler(), "/noconfig", "/shared", "@" + response], cwd=folder, capture_output=True, text=True)
    if told.returncode != 0:
        raise Failed("it does not compile: " + " ".join(line for line in told.stdout.splitlines() if " error " in line)[:500])
    return assembly


@functools.cache
def _command(project):
    """What the build gives the compiler, without what only reports."""
    told = subprocess.run(
        ["dotnet", "msbuild", os.path.join(ROOT, "src", project, project + ".csproj"), "-nologo", "-t:PrepareResources;Compile", "-getItem:CscCommandLineArgs",
         "-p:Configuration=Release", "-p:ProvideCommandLineArgs=true", "-p:SkipCompilerExecution=true", "-p:BuildProjectReferences=false",
         # Otherwise what is up to date is not compiled and has no command.
         "-p:NonExistentFile=__none__"],
        capture_output=True, text=True)
    if told.returncode != 0:
        raise Failed(f"msbuild does not say how {project} is compiled: {told.stdout[:500]}")
    arguments = [item["Identity"] for item in json.loads(told.stdout)["Items"]["CscCommandLineArgs"]]
    # Generators stay: some code is theirs.
    return [
        a for a in arguments
        if not a.startswith(("/warnaserror", "/doc:", "/out:", "/refout:", "/noconfig")) and not (a.startswith("/analyzer:") and "/Sdks/" in a)]


@functools.cache
def _compiler():
    told = subprocess.run(["dotnet", "--info"], capture_output=True, text=True, cwd=ROOT).stdout
    base = next(line.split(":", 1)[1].strip() for line in told.splitlines() if line.strip().startswith("Base Path:"))
    return os.path.join(base, "Roslyn", "bincore", "csc.dll")

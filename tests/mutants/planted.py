"""Plants the faults of planted/*.yaml in a copy of a test project's output and runs the tests that must catch them."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

from product import ROOT, WORK, Failed, compile_with, project_of

FOLDER = os.path.join(ROOT, "tests", "mutants", "planted")

# A fault may make a test wait for ever; that is caught as well.
LONGEST_SECONDS = 300


def run(names):
    files = sorted(f[:-5] for f in os.listdir(FOLDER) if f.endswith(".yaml"))
    unknown = [n for n in names if n not in files]
    if unknown:
        print(f"There is no planted fault '{unknown[0]}'. There are: {', '.join(files)}.", file=sys.stderr)
        return 2
    missed = 0
    faults = {name: read(name) for name in names or files}
    for project, failed in without_faults(faults.values()):
        missed += 1
        print(f"{project}: fails WITHOUT A FAULT: {', '.join(failed)}", flush=True)
    if missed:
        return 1
    for name, fault in faults.items():
        began = time.monotonic()
        try:
            verdict = try_fault(fault)
        except Failed as failure:
            verdict = f"NOT PLANTED, {failure}"
        missed += not verdict.startswith("caught")
        print(f"{name}: {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    count = len(names or files)
    print(f"{count - missed} of {count} planted faults were caught.")
    return 1 if missed else 0


def read(name):
    """One fault: a mapping of texts, block scalars and one list, which is all of YAML that these files use."""
    found, key = {}, None
    with open(os.path.join(FOLDER, name + ".yaml"), encoding="utf-8") as stream:
        for line in stream.read().splitlines():
            begun = re.fullmatch(r"([a-z-]+):(?: (.*))?", line)
            if begun:
                key = begun.group(1)
                found[key] = (begun.group(2) or "", [])
            elif key is not None:
                found[key][1].append(line)
    fault = {key: text_of(style, lines) for key, (style, lines) in found.items() if key != "caught-by"}
    missing = [key for key in ("why", "file", "find", "put") if key not in fault] + [key for key in ("caught-by",) if key not in found]
    if missing:
        raise Failed(f"its file has no '{missing[0]}'")
    fault["caught-by"] = [line.strip()[2:] for line in found["caught-by"][1] if line.strip()]
    return fault


def text_of(style, lines):
    if style[:1] not in ("|", ">"):
        return json.loads(style) if style[:1] == '"' else style[1:-1].replace("''", "'") if style[:1] == "'" else style
    while lines and not lines[-1].strip():
        lines.pop()
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    joint = "\n" if style[0] == "|" else " "
    return joint.join(line[indent:] for line in lines) + ("" if style.endswith("-") else "\n")


def without_faults(faults):
    """Test projects with tests that fail although nothing is wrong: they would take every fault for caught."""
    changed, chosen = {}, {}
    for fault in faults:
        for test in fault["caught-by"]:
            project, part = test.split("/", 1)
            changed.setdefault(project, set()).add(fault["file"])
            chosen.setdefault(project, []).append(part)
    for project, files in sorted(changed.items()):
        output = copy_of(project)
        put_back = []
        try:
            # Compiled as a fault is, so that what is missing from that shows here.
            for file in {project_of(f): f for f in sorted(files) if f.startswith("src/")}.values():
                put_back.append(plant(file, text_of_file(file), output))
            failed = failures(project, output, chosen[project])
        finally:
            for back in put_back:
                back()
        if failed is None or failed:
            yield project, failed or ["they never ended"]


def text_of_file(file):
    with open(os.path.join(ROOT, file), encoding="utf-8") as stream:
        return stream.read()


def try_fault(fault):
    text = text_of_file(fault["file"])
    if text.count(fault["find"]) != 1:
        raise Failed(f"its text occurs {text.count(fault['find'])} times in {fault['file']}")
    changed = text.replace(fault["find"], fault["put"])
    by_project = {}
    for test in fault["caught-by"]:
        project, part = test.split("/", 1)
        by_project.setdefault(project, []).append(part)
    deaf = []
    for project, parts in by_project.items():
        output = copy_of(project)
        put_back = plant(fault["file"], changed, output)
        try:
            failed = failures(project, output, parts)
        finally:
            put_back()
        deaf += [f"{project}/{p}" for p in parts if failed is not None and not any(p in f for f in failed)]
    return f"NOT CAUGHT by {', '.join(deaf)}" if deaf else f"caught by {', '.join(fault['caught-by'])}"


def copy_of(project):
    """A copy of the test project's output, below the repository, where its tests find what they look for."""
    built = os.path.join(ROOT, "tests", project, "bin", "Release", "net10.0")
    if not os.path.isdir(built):
        raise Failed(f"there is no Release build of {project}: run 'dotnet build Etl.sln -c Release'")
    copy = os.path.join(WORK, project)
    if project not in _copied:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(built, copy)
        _copied.add(project)
    return copy


_copied = set()


def plant(file, text, output):
    if file == "Directory.Build.props":
        return plant_switches(text, output)
    at = os.path.join(output, project_of(file) + ".dll")
    if not os.path.exists(at):
        raise Failed(f"{os.path.basename(output)} does not use {project_of(file)}")
    return exchange(at, compile_with(file, text))


def plant_switches(props, output):
    """Of the properties of all projects a test sees the runtime's switches, which the build writes beside each program."""
    switches = {s.get("Include"): s.get("Value") == "true" for s in xml.fromstring(props).iter("RuntimeHostConfigurationOption")}
    at = os.path.join(output, os.path.basename(output) + ".runtimeconfig.json")
    with open(at, encoding="utf-8") as stream:
        config = json.load(stream)
    own = config["runtimeOptions"]["configProperties"]
    own.update({k: switches[k] for k in own if k in switches})
    changed = os.path.join(WORK, "runtimeconfig.json")
    with open(changed, "w", encoding="utf-8") as stream:
        json.dump(config, stream)
    return exchange(at, changed)


def exchange(at, by):
    aside = at + ".aside"
    shutil.copy2(at, aside)
    shutil.copyfile(by, at)
    return lambda: os.replace(aside, at)


def failures(project, output, parts):
    """Full names of the tests that failed; None when they never ended."""
    results = os.path.join(WORK, "results.trx")
    if os.path.exists(results):
        os.remove(results)
    # As in a plain run: what is missing skips its tests, and a skipped test catches nothing.
    environment = {k: v for k, v in os.environ.items() if k not in ("ETL_TESTS_STRICT", "ETL_TESTS_NIGHTLY")}
    chosen = "|".join(f"FullyQualifiedName~{p}" for p in parts)
    child = subprocess.Popen(
        ["dotnet", "vstest", os.path.join(output, project + ".dll"), "--TestCaseFilter:" + chosen, "--logger:trx;LogFileName=results.trx", "--ResultsDirectory:" + WORK],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=environment)
    try:
        told, _ = child.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return None
    if not os.path.exists(results):
        raise Failed(f"no test of {project} matches, or they died: {told[-300:]}")
    space = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
    ran = xml.parse(results).getroot()
    names = {t.get("id"): f"{t.find(space + 'TestMethod').get('className')}.{t.get('name')}" for t in ran.iter(space + "UnitTest")}
    return [names[r.get("testId")] for r in ran.iter(space + "UnitTestResult") if r.get("outcome") == "Failed"]

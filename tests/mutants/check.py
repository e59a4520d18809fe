"""Runs Stryker.NET over check/*.json: small changes of the code that carries the promises, and which of them the tests notice."""
import glob
import json
import os
import subprocess
import sys

from product import ROOT

FOLDER = os.path.join(ROOT, "tests", "mutants", "check")
WORK = os.path.join(ROOT, "artifacts", "mutants")

# Each has a file of Stryker's settings; here is the test project that it goes with, which Stryker builds anew.
CHECKS = {"agree": "Etl.Core.Tests", "complete": "Etl.Kaltura.Tests", "ledger": "Etl.Landing.Tests", "verify": "Etl.Landing.Tests", "windows": "Etl.Pipeline.Tests"}

# Of a run: found by a test, ended by its time limit; neither.
CAUGHT, MISSED = ("Killed", "Timeout"), ("Survived", "NoCoverage")


def run(names):
    unknown = [n for n in names if n not in CHECKS]
    if unknown:
        print(f"There is no check '{unknown[0]}'. There are: {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    subprocess.run(["dotnet", "tool", "restore"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    low = 0
    for name in names or CHECKS:
        low += check(name)
    return 1 if low else 0


def check(name):
    file = os.path.join(FOLDER, name + ".json")
    with open(file, encoding="utf-8") as stream:
        asked = json.load(stream)["stryker-config"]["thresholds"]["break"]
    output = os.path.join(WORK, name)
    told = subprocess.run(
        ["dotnet", "stryker", "--config-file", file, "--output", output, "--skip-version-check"], cwd=os.path.join(ROOT, "tests", CHECKS[name]), capture_output=True, text=True)
    reports = glob.glob(os.path.join(output, "reports", "mutation-report.json"))
    if not reports:
        print(f"{name}: Stryker did not come to its end. {told.stdout[-1500:]}")
        return 1
    with open(reports[0], encoding="utf-8") as stream:
        files = json.load(stream)["files"]
    caught, missed = 0, []
    for file, mutants in files.items():
        for mutant in mutants["mutants"]:
            caught += mutant["status"] in CAUGHT
            if mutant["status"] in MISSED:
                missed.append((os.path.relpath(file, ROOT), mutant["location"]["start"]["line"], mutant["mutatorName"], mutant.get("replacement", "")))
    for file, line, kind, put in sorted(missed):
        print(f"  {file}:{line}: {kind}: {' '.join(put.split())[:120]}")
    count = caught + len(missed)
    share = 100 * caught / count if count else 0
    print(f"{name}: {caught} of {count} caught, {share:.1f} %; asked are {asked} %.", flush=True)
    return share < asked

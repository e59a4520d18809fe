#!/usr/bin/env python3
"""Verifies an audit log as docs/audit-format.md describes it, with python's standard library and openssl alone.

  verify.py DIR [--key FILE|sha256:FP] [--checkpoint OLD] [--quick]   prints the verdict and why; exit code 0, 1, 2 (usage) or 3
  verify.py --batch               reads one log a line, as a JSON array of such arguments, and prints one verdict a line
"""
import base64, calendar, hashlib, json, os, pathlib, re, stat, subprocess, sys, tempfile, time
HEX8, HEX64 = r"[0-9a-f]{8}", re.compile(r"[0-9a-f]{64}\Z")
ORIGIN = re.compile(r"etl-audit/[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,149}/[0-9a-f]{16}\Z")
PART = re.compile(r"[A-Za-z0-9_+=@-]([A-Za-z0-9._+=@-]*[A-Za-z0-9_+=@-])?\Z")
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)", re.I | re.A)
TEMP = re.compile(rf"log(/entries|/keys|/tsa)?/\.[0-9]+-{HEX8}-{HEX8}\.tmp\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ\Z", re.A)
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
class Tampered(Exception): pass
class Usage(Exception): pass
def digest(data): return hashlib.sha256(data).digest()
def sha(data): return hashlib.sha256(data).hexdigest()
def number(n): return "%020d" % n
def need(condition, why):
    if not condition: raise Tampered(why)

def canonical(value, depth=1):
    inner = lambda v: canonical(v, depth + isinstance(v, (dict, list)))
    need(depth <= 64, "nested too deep")
    if isinstance(value, dict): return "{" + ",".join(canonical(k) + ":" + inner(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))) + "}"
    if isinstance(value, list): return "[" + ",".join(map(inner, value)) + "]"
    need(value is not None and (type(value) is not int or abs(value) < 2**53), "a value that canonical JSON does not have")
    return json.dumps(value, ensure_ascii=False)
def parse(data):
    def wrong(_): raise Tampered("a number that is no integer")
    try:  # A key that stands there twice is written once, so that the bytes differ.
        value = json.loads(data.decode("utf-8"), parse_float=wrong, parse_constant=wrong)
        need(len(data) <= 16 << 20 and isinstance(value, dict) and canonical(value).encode("utf-8") == data, "not canonical")
        return value
    except (ValueError, RecursionError) as fault: raise Tampered(f"not canonical: {fault}")
def take(of, name, kind):
    need(isinstance(of, dict) and type(of.get(name)) is kind, f"'{name}' is missing or of another type")
    return of[name]
def hash_of(of, name): need(HEX64.match(take(of, name, str)), f"'{name}' is no hash")
def instant(of, name):
    try:
        need(INSTANT.match(take(of, name, str)), f"'{name}' is no instant")
        return calendar.timegm(time.strptime(of[name], "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError: raise Tampered(f"'{name}' is no instant")

def manifest(data, seq, origin):
    m = parse(data)
    kind, window8, paths = take(m, "kind", str), "00000000", []
    need(take(m, "format", int) == 1 and kind in ("snapshot", "key", "erased", "retention"), "an unknown format or kind")
    need(take(m, "seq", int) == seq and take(m, "origin", str) == origin, f"entry {m['seq']} at number {seq}, or of another log")
    take(m, "tool", str), hash_of(m, "previous"), hash_of(m, "key"), instant(m, "created")
    if kind == "snapshot":
        w = take(m, "window", dict)
        need([take(w, n, str) for n in ("account", "every", "job", "label", "source", "timezone")] and instant(w, "from") < instant(w, "to"), "the window's times")
        window8 = sha(canonical({k: w[k] for k in ("account", "job", "label", "source")}).encode("utf-8"))[:8]
    need(re.match(rf"snapshot/{number(seq)}-{window8}-{HEX8}\Z", take(m, "folder", str)), "not the folder of this entry")
    for f in take(m, "files", list):
        path = take(f, "path", str)
        need(len(path) <= 400 and all(PART.match(p) and len(p) <= 150 and not DEVICE.match(p) for p in path.split("/")), f"the path '{path}'")
        need((not paths or paths[-1] < path) and take(f, "bytes", int) >= 0, f"'{path}' is not in order or has a length below zero")
        hash_of(f, "sha256"), paths.append(path)
    need(len({p.lower() for p in paths}) == len(paths) and (kind == "snapshot" or not paths), "paths that differ by capitals only, or of no snapshot")
    if kind == "key": hash_of(m, "newKey")
    for e in take(m, "erases", list) if kind in ("erased", "retention") else []:
        need(take(e, "seq", int) is not None and all(type(p) is str for p in take(e, "paths", list)), "'erases' is wrong")
    return m

def openssl(arguments, **files):
    """Runs openssl; an argument that names one of the files stands for a temporary file with its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items(): pathlib.Path(folder, name).write_bytes(data)
        return subprocess.run(["openssl"] + [os.path.join(folder, a) if a in files else a for a in arguments.split()], capture_output=True)
KNOWN = {}  # verdicts on signatures: in a batch the same ones come again and again
def verifies(pem, signature, data):
    asked = (pem, signature, sha(data))
    need(signature[1:2] == bytes([max(len(signature) - 2, 0) % 256]), "a signature with something behind it, which openssl may not read")
    if asked not in KNOWN: KNOWN[asked] = openssl("dgst -sha256 -verify PEM -signature SIG DATA", PEM=pem, SIG=signature, DATA=data).returncode == 0
    return KNOWN[asked]
def key_id(pem):
    body = re.match(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n\Z", pem)
    try: der = base64.b64decode(body.group(1)) if body else b""
    except ValueError: return None
    text = base64.b64encode(der)
    exact = body and body.group(1) == b"".join(text[i:i + 64] + b"\n" for i in range(0, len(text), 64))
    return sha(der) if exact and der.startswith(P256) and len(der) == 91 else None
def root_of(leaves):
    left = 1 << ((len(leaves) - 1).bit_length() - 1) if len(leaves) > 1 else 0
    return digest(b"\x01" + root_of(leaves[:left]) + root_of(leaves[left:])) if left else leaves[0]
def checkpoint(data):
    try:
        origin, size, text, end = data.decode("utf-8").split("\n")
        root = base64.b64decode(text, validate=True)
    except ValueError: raise Tampered("no checkpoint")
    exact = end == "" and len(root) == 32 and base64.b64encode(root).decode() == text
    need(exact and ORIGIN.match(origin) and re.match(r"[1-9][0-9]{0,15}\Z", size) and int(size) < 2**53, "no checkpoint")
    return origin, int(size), root
def stamped(reply, text):
    """When a time stamp was made, in seconds, after a look at what it is of and at its signature."""
    shown = openssl("ts -reply -in TSR -text", TSR=reply).stdout.decode("utf-8", "replace")
    imprint = "".join(re.findall(r"^ +00[01]0 - ((?:[0-9a-f]{2}[ -]?){16})", shown, re.M))
    need(len(reply) == 4 + int.from_bytes(reply[2:4], "big") and "Status: Granted" in shown and "Hash Algorithm: sha256" in shown
         and re.sub("[ -]", "", imprint) == sha(text), "no time stamp, or one of something else")
    token = subprocess.run("openssl ts -reply -in /dev/stdin -token_out -out /dev/stdout".split(), input=reply, capture_output=True).stdout
    need(openssl("cms -verify -noverify -binary -inform DER -in TOKEN", TOKEN=token).returncode == 0, "a time stamp with a wrong signature")
    made = re.search(r"Time stamp: (\w+ +\d+ [\d:]+)[.\d]* (\d+) GMT", shown).expand(r"\1 \2")
    return calendar.timegm(time.strptime(made, "%b %d %H:%M:%S %Y"))
def walk(root, above=""):
    for item in os.scandir(os.path.join(root, above)):
        mode = item.stat(follow_symlinks=False).st_mode
        yield above + item.name, "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"
        if stat.S_ISDIR(mode): yield from walk(root, above + item.name + "/")

def verify(folder, key=None, old=None, quick=False):
    if not any(os.path.isdir(os.path.join(folder, n)) for n in ("log", "snapshot")): raise Usage("no folder 'log' or 'snapshot'")
    there = dict(walk(folder))
    def read(name):
        need(there.get(name) == "file", f"'{name}' is missing or no plain file")
        return pathlib.Path(folder, name).read_bytes()
    if "log/checkpoint" not in there:
        first = [n for n in there if not n.startswith("log/entries/") or n == f"log/entries/{number(0)}.json" or TEMP.match(n)]
        need(not old and len(first) == len(there) and "other" not in there.values(), "the checkpoint is missing")
        return "empty"
    origin, size, root = checkpoint(text := read("log/checkpoint"))
    expected, erased, leaves, keys, snapshots = {"log", "snapshot", "log/entries", "log/keys", "log/tsa", "log/checkpoint"}, set(), [], [], {}
    previous, pem, newest, gone, ends = "0" * 64, None, 0, False, {}
    def load(identity):
        name = f"log/keys/{identity}.pem"
        expected.add(name), keys.append(identity)
        need(key_id(read(name)) == identity, f"'{name}' is not that key")
        return read(name)
    for seq in range(size):
        name = f"log/entries/{number(seq)}.json"
        m = manifest(data := read(name), seq, origin)
        top = m["folder"]
        pem = pem or load(m["key"])
        need(keys[-1] == m["key"] and m["previous"] == previous, f"entry {seq}: key or previous")
        need(read(top + "/manifest.json") == data and verifies(pem, read(top + "/manifest.sig"), data), f"entry {seq}: manifest or signature")
        expected.update((name, top, top + "/manifest.json", top + "/manifest.sig"))
        if m["kind"] == "key":
            pem = load(m["newKey"])
            expected.add(top + "/manifest.new.sig")
            need(verifies(pem, read(top + "/manifest.new.sig"), data), f"entry {seq}: signature of the new key")
        for e in m["erases"] if m["kind"] in ("erased", "retention") else []:
            need(set(e["paths"]) <= {f["path"] for f in snapshots.get(e["seq"], {"files": []})["files"]}, f"entry {seq}: erases what never was")
            erased.update((e["seq"], p) for p in e["paths"])
        if m["kind"] == "snapshot": snapshots[seq] = m
        leaves.append(digest(b"\x00" + data))
        previous, newest, stamp = sha(data), max(newest, instant(m, "created")), f"log/tsa/{number(seq + 1)}.tsr"
        need(not old or old[:2] != (origin, seq + 1) or old[2] == root_of(leaves), "forked")
        if stamp in there:
            expected.add(stamp)
            of = f"{origin}\n{seq + 1}\n{base64.b64encode(root_of(leaves)).decode()}\n"
            need(newest <= stamped(read(stamp), of.encode()) + 600, "written later than its time stamp says")
    expected.add(signature := f"log/checkpoint.{number(size)}.sig")
    need(root_of(leaves) == root and verifies(pem, read(signature), text), "the checkpoint's root or signature")
    need(not key or key in keys, "a foreign key")
    need(not old or (old[0] == origin and old[1] <= size), "cut, or another log")
    for seq, m in snapshots.items():
        for f in m["files"]:
            name = f"{m['folder']}/files/{f['path']}"
            expected.update(name[:n] for n in range(len(m["folder"]) + 1, len(name) + 1) if name[n:n + 1] in ("/", ""))
            if name not in there and (seq, f["path"]) in erased: gone = True
            else: need(there.get(name) == "file" and os.path.getsize(os.path.join(folder, name)) == f["bytes"] and (quick or sha(read(name)) == f["sha256"]), name)
    expected |= {f"log/entries/{number(size)}.json", f"log/checkpoint.{number(size - 1)}.sig", f"log/checkpoint.{number(size + 1)}.sig",
                 ".lock", "log/.lock", "snapshot/.lock", "legal-hold"}
    for name, kind in there.items():
        known = name in expected or TEMP.match(name) or name.startswith(f"snapshot/{number(size)}-")
        known = known or (re.match(r"log/keys/[0-9a-f]{64}\.pem\Z", name) and key_id(read(name)) == name[9:-4])
        need(kind != "other" and known, f"'{name}' does not belong to the log")
    if quick: return "quick"
    for w in sorted((m["window"] for m in snapshots.values()), key=lambda w: (w["from"], w["to"])):
        one = (w["job"], w["source"], w["account"])
        if w["from"] > ends.get(one, w["from"]): return "gaps"
        ends[one] = max(ends.get(one, ""), w["to"])
    return "erased" if gone else "ok"

def run(arguments):
    """The verdict, and why."""
    try:
        rest, options, folders = iter(arguments), {}, []
        for a in rest:
            if a == "--key":
                key = next(rest)
                options["key"] = key[7:].lower() if key.lower().startswith("sha256:") else key_id(pathlib.Path(key).read_bytes()) or ""
                if not HEX64.match(options["key"]): raise Usage("no key")
            elif a == "--checkpoint": options["old"] = checkpoint(pathlib.Path(next(rest)).read_bytes())
            elif a == "--quick": options["quick"] = True
            else: folders.append(a)
        if len(folders) != 1: raise Usage("name one folder")
    except (Usage, Tampered, OSError, StopIteration) as fault: return "usage", str(fault)
    try: return verify(folders[0], **options), ""
    except (Usage, Tampered) as fault: return ("usage" if isinstance(fault, Usage) else "tampered"), str(fault)

if __name__ == "__main__":
    if sys.argv[1:] == ["--batch"]:
        sys.exit(any(print(run(json.loads(line))[0], flush=True) for line in sys.stdin))
    word, why = run(sys.argv[1:])
    print(word + (": " + why if why else ""))
    sys.exit({"ok": 0, "erased": 0, "tampered": 1, "usage": 2}.get(word, 3))

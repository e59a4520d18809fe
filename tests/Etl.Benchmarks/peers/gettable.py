"""The usual script: saved getTable replies, json and split, numbers typed. Writes nothing: python3 gettable.py FILE..."""
import json
import sys

count = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        reply = json.loads(file.read())
    rows = [line.split("|") for line in reply["data"].split(";") if line]
    rows = [v[:10] + [int(v[10]), int(v[11]), int(v[12]), float(v[13]), float(v[14]) if v[14] else None, float(v[15])] for v in rows]
    count += len(rows)
print(count)

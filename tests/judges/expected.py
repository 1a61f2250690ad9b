#!/usr/bin/env python3
"""Compare artifacts with tests/expected.tsv, which is typed by hand from the vendors' documents.

    expected.py [--table FILE] [--authority FOLDER] ARTIFACT_ROOT

ARTIFACT_ROOT holds `<kind>/<field>/<value>/<target>.mobileconfig` or `.install.xml` (or a folder `fields` that does).
Shares no code with payloadc. The table's columns, separated by tabs:

    profile field   `<kind>.<field>`; value: the name of the fixture's folder; target, of declarations with the label: `ios_ddm.1`, of nodes with the file: `windows.user`
    place           `<payload type>/<key>/<key>` or a LocURI as it is written; `Configuration` is the profile itself, `Declaration` what stands beside its payload; `{}` is one UUID or
                    SHA-1 thumbprint, `{sha1:<file>}` that of a certificate of fixtures/authority; a first segment declared by a line `= <name> <text>` stands for that text;
                    `-`: the target is sent nothing for this field, the artifact says what `required/only` says
    format          string integer boolean data array, or chr int bool b64 bin node null, in front of it a verb where the verb matters,
                    `A|B` where the sources disagree; `-`: the place must not be there
    wire value      literal text; `-`: none. Symbols: `uuid:<payload type>` the PayloadUUID of that payload in the same profile;
                    `data:<file>`, `base64:<file>`, `sha1:<file>` the DER bytes, their base64, their SHA-1, of a file of fixtures/authority

Every row needs its artifact, every artifact a row. Exit status: 0 all as typed, 1 not, or nothing compared.
"""
import argparse
import base64
import hashlib
import json
import pathlib
import plistlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TESTS = pathlib.Path(__file__).resolve().parent.parent
SUFFIX = {
    "ios": "mobileconfig", "macos": "mobileconfig", "windows_phone": "install.xml", "windows": "install.xml",
    "ios_ddm": "json", "macos_ddm": "json",
    "windows_phone.device": "install.xml", "windows.device": "install.xml", "windows.user": "install.xml", "windows.admx": "install.xml",
}
INSTANCE = r"(?:[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}|[0-9A-F]{40})"
UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")
VERBS = ("Add", "Replace", "Exec", "Delete")


def read_table(path):
    names, rows = {}, []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0] == "=":
            names[cells[1]] = cells[2]
            continue
        if len(cells) != 6 or not all(cells) or cells[2].partition(".")[0] not in SUFFIX:
            sys.exit(f"{path}:{number}: not six columns, or no such target")
        field, value, target, place, form, wire = cells
        first, slash, rest = place.partition("/")
        rows.append((number, field, value, target, names.get(first, first) + slash + rest, form, wire))
    return rows


def der(path):
    raw = path.read_bytes()
    block = re.search(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", raw, re.S)
    return base64.b64decode(block[1]) if block else raw


def sha1(path):
    return hashlib.sha1(der(path)).hexdigest().upper()


class Entry:
    """One value at one place."""

    def __init__(self, place, form, value, verb="", owner=None):
        self.place, self.form, self.value, self.verb, self.owner = place, form, value, verb, owner


def plist_entries(path):
    tree = plistlib.loads(path.read_bytes())
    payloads = tree.pop("PayloadContent", [])
    entries = list(plist_walk("Configuration", tree, payloads))
    for payload in payloads:
        entries += plist_walk(payload.get("PayloadType", "?"), payload, payloads)
    return entries


def plist_walk(where, found, owner):
    forms = {str: "string", bool: "boolean", int: "integer", bytes: "data", list: "array", float: "real"}
    for key, value in found.items():
        place = f"{where}/{key}"
        if isinstance(value, dict):
            yield from plist_walk(place, value, owner)
        else:
            yield Entry(place, forms.get(type(value), type(value).__name__), value, owner=owner)


def json_entries(path):
    tree = json.loads(path.read_text("utf-8"))
    payload = tree.pop("Payload", {})
    return [*plist_walk("Declaration", tree, None), *plist_walk(tree.get("Type", "?"), payload, None)]


def syncml_entries(path):
    text = re.sub(r"<\?xml[^>]*\?>|<!DOCTYPE[^>]*>", "", path.read_text("utf-8"))
    root = ElementTree.fromstring(f"<_>{text}</_>")
    for found in root.iter():
        found.tag = found.tag.rpartition("}")[2]
    entries = []
    for command in (found for found in root.iter() if found.tag in VERBS):
        for item in command.findall("Item"):
            entries.append(Entry(
                item.findtext("Target/LocURI", ""), item.findtext("Meta/Format", ""), item.findtext("Data"), command.tag))
    return entries


def pattern(place):
    return re.compile(INSTANCE.join(map(re.escape, place.split("{}"))) + r"\Z")


class Judge:
    def __init__(self, root, authority):
        self.root, self.authority, self.cache = root, authority, {}

    def path(self, field, value, target):
        kind, _, rest = field.partition(".")
        return self.root / kind / rest / value / f"{target}.{SUFFIX[target.partition('.')[0]]}"

    def entries(self, path):
        if path not in self.cache:
            reader = {".mobileconfig": plist_entries, ".json": json_entries}.get(path.suffix, syncml_entries)
            try:
                self.cache[path] = reader(path)
            except FileNotFoundError:
                self.cache[path] = "no such artifact"
            except Exception as problem:  # whatever a reader raises, the artifact is unreadable
                self.cache[path] = f"unreadable: {problem}"
        return self.cache[path]

    def wanted(self, wire, entry):
        """The value a row wants, in the type of the format."""
        symbol, _, name = wire.partition(":")
        if symbol == "uuid":
            owners = [payload["PayloadUUID"] for payload in entry.owner or () if payload.get("PayloadType") == name]
            return owners[0] if len(owners) == 1 else f"one {name}, not {len(owners)}"
        if symbol in ("data", "base64", "sha1") and (self.authority / name).is_file():
            path = self.authority / name
            return {"data": der(path), "base64": base64.b64encode(der(path)).decode(), "sha1": sha1(path)}[symbol]
        if entry.form == "boolean":
            return {"true": True, "false": False}.get(wire)
        if entry.form == "integer":
            return int(wire) if re.fullmatch(r"-?\d+", wire) else None
        return json.loads(wire) if entry.form == "array" else wire

    def fits(self, entry, form, wire):
        verb, _, form = form.rpartition(" ")
        if (verb and verb != entry.verb) or entry.form not in form.split("|") or entry.verb == "Delete":
            return False
        if wire == "-":
            return entry.value is None
        wanted = self.wanted(wire, entry)
        return type(wanted) is type(entry.value) and wanted == entry.value

    def quiet(self, entries, field, target):
        """Does an artifact say exactly what the fixture with the required fields alone says?"""
        base = self.entries(self.path(f"{field.partition('.')[0]}.required", "only", target))
        if isinstance(base, str):
            return f"required/only: {base}"
        mine, other = normal(entries), normal(base)
        more = [line for line in mine if line not in other] + [f"missing: {line}" for line in other if line not in mine]
        return f"differs from required/only: {'; '.join(more)}" if more else None

    def row(self, field, value, target, place, form, wire):
        """None, or what is wrong."""
        entries = self.entries(self.path(field, value, target))
        if isinstance(entries, str):
            return entries
        if place == "-":
            return self.quiet(entries, field, target)
        wanted = pattern(re.sub(r"\{sha1:([^}]+)\}", lambda found: sha1(self.authority / found[1]), place))
        there = [entry for entry in entries if wanted.match(entry.place)]
        if form == "-":
            return f"is there: {show(there)}" if there else None
        if not there:
            return "no such place"
        return None if any(self.fits(entry, form, wire) for entry in there) else f"is {show(there)}"


def show(entries):
    return "; ".join(f"{entry.verb} {entry.form} {entry.value!r}".strip()[:200] for entry in entries)


def normal(entries):
    """Lines in which UUIDs are numbered by appearance: they differ between profiles and mean nothing here."""
    seen = {}

    def number(found):
        return f"<{seen.setdefault(found[0], len(seen))}>"

    return [UUID.sub(number, f"{entry.verb} {entry.place} {entry.form} {entry.value!r}".strip()) for entry in entries]


def coverage(root, rows, judge):
    """Artifacts and inputs that no row speaks of."""
    asked = {judge.path(field, value, target) for _, field, value, target, *_ in rows}
    folders = {path.parent for path in asked}
    for path in sorted(root.rglob("*")):
        if (path.name.split(".", 1)[-1] in SUFFIX.values() or path.suffix == ".json") and path not in asked:
            yield f"{path}: no row"
        if path.name == "input.yaml" and path.parent not in folders:
            yield f"{path}: no row"


def main():
    parser = argparse.ArgumentParser(description="compare artifacts with the table typed by hand")
    parser.add_argument("--table", type=pathlib.Path, default=TESTS / "expected.tsv")
    parser.add_argument("--authority", type=pathlib.Path, default=TESTS.parent / "fixtures" / "authority")
    parser.add_argument("root", type=pathlib.Path, metavar="ARTIFACT_ROOT")
    options = parser.parse_args()
    root = options.root / "fields" if (options.root / "fields").is_dir() else options.root
    rows = read_table(options.table)
    judge = Judge(root, options.authority)
    passed = failed = 0
    for number, *row in rows:
        problem = judge.row(*row)
        passed, failed = (passed + 1, failed) if problem is None else (passed, failed + 1)
        if problem:
            print(f"{options.table.name}:{number}: {' '.join(row)}: {problem}")
    for problem in coverage(root, rows, judge):
        failed += 1
        print(problem)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

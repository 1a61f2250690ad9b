#!/usr/bin/env python3
"""Keeps schemas/vendor honest: compares its tables with the vendors' own files, or writes them anew.

    vendor.py compare APPLE_FOLDER WINDOWS_DDF_FOLDER
    vendor.py extract APPLE_FOLDER WINDOWS_DDF_FOLDER

APPLE_FOLDER is a copy of github.com/apple/device-management (`mdm/profiles/*.yaml` is read).
WINDOWS_DDF_FOLDER holds one folder of DDF files per release: `v2-2025-02/*.xml`, `v1-1607/*.xml`.

`compare` lists every difference, row by row, then, apart from those, the ones that overlay.yaml explains, then a summary.
It also finds overlay entries that no longer correct anything. Exit status: 0 nothing unexplained, 1 differences, 2 cannot run.

Shares no code with payloadc. Needs Python 3.9 and PyYAML.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

try:
    import yaml
except ImportError:
    print("vendor.py: PyYAML is missing; install it (Debian: apt-get install python3-yaml)", file=sys.stderr)
    sys.exit(2)

VENDOR = Path(__file__).resolve().parents[2] / "schemas" / "vendor"

# What the tables hold, in their order. A payload or node that payloadc starts to emit is added here, then `extract` is run.
PAYLOADS = {  # payload type in Apple's file -> name in the table
    "TopLevel": "Configuration",
    "CommonPayloadKeys": "*",
    "com.apple.eas.account": "com.apple.eas.account",
    "com.apple.ews.account": "com.apple.ews.account",
    "com.apple.security.scep": "com.apple.security.scep",
    "com.apple.security.root": "com.apple.security.root",
    "com.apple.security.pkcs1": "com.apple.security.pkcs1",
    "com.apple.security.pkcs12": "com.apple.security.pkcs12",
}
NODES = [  # (folder, release as the table names it, root of a whole subtree)
    ("v2-2025-02", "v2-2025-02", "./User/Vendor/MSFT/ActiveSync"),
    ("v2-2025-02", "v2-2025-02", "./User/Vendor/MSFT/ClientCertificateInstall"),
    ("v2-2025-02", "v2-2025-02", "./Device/Vendor/MSFT/ClientCertificateInstall"),
    ("v2-2025-02", "v2-2025-02", "./User/Vendor/MSFT/RootCATrustedCertificates"),
    ("v2-2025-02", "v2-2025-02", "./Device/Vendor/MSFT/RootCATrustedCertificates"),
    ("v1-1607", "1607", "./Vendor/MSFT/ActiveSync"),
    ("v1-1607", "1607", "./Vendor/MSFT/CertificateStore"),
]

APPLE_COLUMNS = ["payload", "key", "type", "presence", "default", "allowed", "range", "ios", "macos", "flags"]
WINDOWS_COLUMNS = ["path", "format", "access", "allowed", "build", "flags", "release"]
# How many leading columns say which row it is. Nodes of two releases never share a path here, so the path alone does.
IDENTITY = {"apple": 2, "windows": 1}

APPLE_HEADER = """\
# Apple profile payloads: every key of the payload types that payloadc emits. Facts only, no text of Apple's.
# Source: https://github.com/apple/device-management, branch release, commit 2e6673873e71a8bba2516f915710e5bd50b81859
# Release: iOS 18.3, macOS 15.3; date: 2025-01-28. Licence of the source: MIT, Copyright (c) 2022-2025 Apple Inc.
# Written by tests/judges/vendor.py extract; corrections belong in overlay.yaml. Order: payloads as listed there, keys as in Apple's file.
# `Configuration` is the profile itself (Apple: TopLevel); `*` holds the keys of every payload (Apple: CommonPayloadKeys).
# The item of an array is no row: it is part of the type, and the keys of a dictionary in it follow the array's own path. `ANY`: any key.
# ios, macos: what is left after inheritance from payload to key to key within. flags: separated by blanks; `multiple=ios`: there only.
"""
WINDOWS_HEADER = """\
# Windows CSP nodes: the whole subtrees that payloadc writes to. Facts only, no text of Microsoft's.
# Source: https://learn.microsoft.com/windows/client-management/mdm/configuration-service-provider-ddf
# Releases: v2-2025-02 = DDF v2 of February 2025, for Windows 10 and 11; 1607 = DDF v1 of Windows 10 1607, the oldest public set,
# which stands for Windows 10 Mobile and Windows Phone 8.1 (nothing complete is public about 8.1).
# Attribution: Microsoft, Windows configuration service provider DDF files, CC BY 4.0. Read 2025-03-05 (v2) and 2024-01-14 (1607)
# from https://github.com/pl4nty/windows-ddf, commits be7b21a8fe7a213d06d88979ed9a9b6abbce760f and ed4bf8ee754d2b72016d03a317470304575f69d2.
# Written by tests/judges/vendor.py extract; corrections belong in overlay.yaml. Order: roots as listed there, nodes as in the DDF file.
# For CertificateStore/MY/SCEP release 1607 is complete: neither 20H2 nor v2 has a node, format or access that it lacks. (Later releases
# add only MY/WSTEP/Renew/RetryAfterExpiryInterval, which is never written.) 1607 states no builds, values or Atomic rules: empty columns.
# `{}`: a segment that the server names. build: the nearest OsBuildVersion, backports after commas. flags: separated by blanks.
"""


class Stop(Exception):
    """The work cannot be done: exit status 2."""


def cell(value):
    """One table cell. What does not fit on one line has no place in the tables."""
    if any(character in value for character in "\t\r\n"):
        raise Stop(f"a value of several lines fits no table: {value[:60]!r}")
    return value


# --- Apple -----------------------------------------------------------------------------------------------------------


class TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Every scalar stays the text it is: `10.10` is no number, and `true` no Python bool.

    Unlike BaseLoader it builds an anchor that refers to itself, as an object that contains itself; `payload_keys` cuts it.
    """

    yaml_implicit_resolvers = {}


def load_yaml(path):
    with open(path, encoding="utf-8-sig") as stream:
        return yaml.load(stream, Loader=TextLoader)


def inherit(base, own):
    """`supportedOS` of a key: the base with the key's own attributes laid over it, system by system, attribute by attribute."""
    merged = dict(base)
    for name, value in own.items():
        old = merged.get(name)
        merged[name] = inherit(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def availability(supported, system):
    facts = supported.get(system, {})
    introduced = facts.get("introduced", "n/a")
    if introduced == "n/a":
        return "n/a"
    return " ".join([introduced] + [f"{word}={facts[word]}" for word in ("deprecated", "removed") if word in facts])


def payload_flags(supported):
    here = {short: supported[name] for short, name in (("ios", "iOS"), ("macos", "macOS")) if availability(supported, name) != "n/a"}
    flags = []
    for flag, attribute in (("multiple", "multiple"), ("supervised", "supervised"), ("manual", "allowmanualinstall")):
        true_on = [short for short, facts in here.items() if facts.get(attribute) == "true"]
        if true_on:
            flags.append(flag if len(true_on) == len(here) else f"{flag}={','.join(true_on)}")
    channels = [name for name in ("device", "user") if here.get("macos", {}).get(name + "channel") == "true"]
    if channels:
        flags.insert(1 if "multiple" in flags else 0, "channels=" + ",".join(channels))
    return " ".join(flags)


def item_of(key, seen):
    """The single item definition of an array; its name never appears in a profile."""
    items = key.get("subkeys") or []
    if len(items) > 1:
        raise Stop(f"array `{key['key']}` has {len(items)} item definitions")
    return items[0] if items and id(items[0]) not in seen else None


def type_of(key, seen=()):
    name = key["type"].strip("<>")
    if name != "array":
        return name
    item = item_of(key, seen)
    return f"array<{type_of(item, (*seen, id(item)))}>" if item else "array"


def payload_keys(name, keys, path, supported, above):
    """Rows of `keys` and, depth first, of what they contain. `above`: the keys that we are inside of, against self-reference."""
    for key in keys:
        if id(key) in above:
            continue
        place = f"{path}/{key['key']}" if path else key["key"]
        here = inherit(supported, key.get("supportedOS") or {})
        # Limits of an array's items are the limits of its values; `inside` ends as the innermost item, or as the key itself.
        inside, below, seen = key, here, (*above, id(key))
        while inside is not None and inside["type"] == "<array>":
            inside = item_of(inside, seen)
            if inside is not None:
                below, seen = inherit(below, inside.get("supportedOS") or {}), (*seen, id(inside))
        limits = inside if inside is not None and not (key.get("rangelist") or key.get("range")) else key
        bounds = limits.get("range") or {}
        yield [
            name, place, type_of(key, (*above, id(key))), key.get("presence", ""), cell(key.get("default", "")),
            cell("|".join(limits.get("rangelist") or [])), f"{bounds.get('min', '')}..{bounds.get('max', '')}" if bounds else "",
            availability(here, "iOS"), availability(here, "macOS"), "",
        ]
        if inside is not None and inside["type"] == "<dictionary>":
            yield from payload_keys(name, inside.get("subkeys") or [], place, below, seen)


def apple_rows(folder):
    files = {}
    for path in sorted((folder / "mdm" / "profiles").glob("*.yaml")):
        content = load_yaml(path)
        # Several files may describe variants of one type; none of PAYLOADS is such a type, and it would be told below.
        files.setdefault(content.get("payload", {}).get("payloadtype"), []).append((path, content))
    if not files:
        raise Stop(f"{folder}: no mdm/profiles/*.yaml")
    rows = []
    for vendor_name, name in PAYLOADS.items():
        found = files.get(vendor_name, [])
        if len(found) != 1:
            raise Stop(f"{folder}: payload type `{vendor_name}` is described by {len(found)} files, one is wanted")
        content = found[0][1]
        supported = content["payload"].get("supportedOS", {})
        rows.append([name, "", "dictionary", "", "", "", "", availability(supported, "iOS"), availability(supported, "macOS"), payload_flags(supported)])
        rows.extend(payload_keys(name, content.get("payloadkeys") or [], "", supported, ()))
    return rows


# --- Windows ---------------------------------------------------------------------------------------------------------

MSFT = "{http://schemas.microsoft.com/MobileDevice/DM}"
VERBS = {"Add": "A", "Delete": "D", "Exec": "E", "Get": "G", "Replace": "R"}


def text(element, name):
    found = element.find(name) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def segment(node):
    """v2 leaves the name of a dynamic node empty (or blank), v1 also writes `*`."""
    name = text(node, "NodeName")
    return "{}" if name in ("", "*") else name


def access(properties, path):
    verbs = [verb.tag for verb in properties.findall("AccessType/*")]
    unknown = [verb for verb in verbs if verb not in VERBS]
    if unknown:
        raise Stop(f"{path}: unknown access {unknown}")
    return "".join(sorted(VERBS[verb] for verb in verbs))


def allowed_values(properties):
    allowed = properties.find(MSFT + "AllowedValues")
    kind = allowed.get("ValueType") if allowed is not None else "None"
    if kind in ("None", None):
        return ""
    values = [text(value, MSFT + "Value") for value in allowed.findall(MSFT + "Enum")]
    values += [(value.text or "").strip() for value in allowed.findall(MSFT + "Value")]
    return cell(f"{kind}:{'|'.join(values)}")


def node_flags(properties):
    flags = ["atomic"] if properties.find(MSFT + "AtomicRequired") is not None else []
    deprecated = properties.find(MSFT + "Deprecated")
    if deprecated is not None:
        build = deprecated.get("OsBuildDeprecated")
        flags.append(f"deprecated={build}" if build else "deprecated")
    return " ".join(flags)


def node_rows(node, path, build, release):
    """The row of a node, then those of its children. Applicability is inherited, as the DDF schema says."""
    properties = node.find("DFProperties")
    stated = text(properties.find(MSFT + "Applicability"), MSFT + "OsBuildVersion")
    build = ",".join(stated.replace(",", " ").split()) or build
    form = [child.tag for child in properties.findall("DFFormat/*")]
    if len(form) != 1:
        raise Stop(f"{path}: {len(form)} formats, one is wanted")
    yield [path, form[0], access(properties, path), allowed_values(properties), build, node_flags(properties), release]
    for child in node.findall("Node"):
        yield from node_rows(child, f"{path}/{segment(child)}", build, release)


def ddf_roots(folder):
    """Root nodes of all DDF files of a folder, by path, and the files that are no XML (Microsoft ships such)."""
    roots, broken = {}, []
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() == ".xml")
    if not files:
        raise Stop(f"{folder}: no DDF files")
    for path in files:
        try:
            # Bytes, so that a byte order mark is the parser's business; expat never fetches the DTD that DOCTYPE names.
            tree = ElementTree.fromstring(path.read_bytes())
        except ElementTree.ParseError as error:
            broken.append(f"{path.name}: {error}")
            continue
        for node in tree.findall("Node"):
            root = f"{text(node, 'Path').rstrip('/')}/{segment(node)}"
            if root in roots and any(root == wanted for _, _, wanted in NODES):
                raise Stop(f"{folder}: {root} stands in two files")
            roots[root] = node
    return roots, broken


def windows_rows(folder):
    known, rows = {}, []
    for name, release, root in NODES:
        if name not in known:
            known[name] = ddf_roots(folder / name)
        roots, broken = known[name]
        if root not in roots:
            raise Stop(f"{folder / name}: no {root}" + "".join(f"\n  not readable: {line}" for line in broken))
        rows.extend(node_rows(roots[root], root, "", release))
    return rows


# --- tables ----------------------------------------------------------------------------------------------------------

TABLES = {
    "apple": (VENDOR / "apple" / "payloads.tsv", APPLE_COLUMNS, APPLE_HEADER),
    "windows": (VENDOR / "windows" / "nodes.tsv", WINDOWS_COLUMNS, WINDOWS_HEADER),
}


def read_table(vendor):
    path, columns, _ = TABLES[vendor]
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    if not lines or lines[0] != columns:
        raise Stop(f"{path}: the columns are not {' '.join(columns)}")
    for line in lines[1:]:
        if len(line) != len(columns):
            raise Stop(f"{path}: {len(line)} cells in the row of {line[0]} {line[1]}")
    return lines[1:]


def indexed(rows, vendor, where):
    width, index = IDENTITY[vendor], {}
    for row in rows:
        identity = tuple(row[:width])
        if identity in index:
            raise Stop(f"{where}: {' '.join(identity)} stands twice")
        index[identity] = row
    return index


def write_tables(apple, windows):
    for vendor, rows in (("apple", apple), ("windows", windows)):
        path, columns, header = TABLES[vendor]
        indexed(rows, vendor, path.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join("\t".join(row) + "\n" for row in [columns, *rows])
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(header + lines)
        print(f"{path.relative_to(VENDOR)}: {len(rows)} rows")


# --- overlay ---------------------------------------------------------------------------------------------------------

# Word of an entry -> the column that it corrects; the others add what no column can say.
OVERLAY = {
    "apple": {"identity": ["payload", "key"], "columns": {"type": "type"}, "adds": ["asked"]},
    "windows": {
        "identity": ["path"],
        "columns": {"format": "format", "access": "access", "allowed": "allowed"},
        "adds": ["segment", "forbidden", "add"],
    },
}


def read_overlay(path):
    """Entries as (vendor, identity, word, value, entry), one correction each."""
    content, entries, problems = load_yaml(path), [], []
    for vendor, rules in OVERLAY.items():
        words = [*rules["columns"], *rules["adds"]]
        for entry in content.get(vendor) or []:
            identity = tuple(entry.get(part, "") for part in rules["identity"])
            name = f"overlay.yaml: {' '.join(identity)}"
            used = [word for word in words if word in entry]
            unknown = set(entry) - set(rules["identity"]) - set(words) - {"reason", "source"}
            if unknown or len(used) != 1:
                problems.append(f"{name}: one of {', '.join(words)} is wanted, and nothing unknown ({', '.join(sorted(unknown)) or 'none'})")
                continue
            if not entry.get("reason") or not str(entry.get("source", "")).startswith("https://"):
                problems.append(f"{name}: `reason` and `source` (a URL) are wanted")
                continue
            entries.append((vendor, identity, used[0], entry[used[0]], entry))
    return entries, problems


def explain(entry, row, columns):
    """What the entry changes of the vendor's row, as a line; None if it changes nothing (then it is stale)."""
    vendor, identity, word, value, _ = entry
    column = OVERLAY[vendor]["columns"].get(word)
    if word == "add":
        facts = " ".join(f"{name}={fact}" for name, fact in value.items())
        return f"vendor has no such node, added: {facts}" if row is None else None
    if row is None:
        return None
    if column:
        was = row[columns.index(column)]
        return f"{column}: vendor `{was}`, documented `{value}`" if was != value else None
    if word == "segment":
        was = identity[0].rsplit("/", 1)[1]
        return f"segment: vendor `{was}`, documented `{value}`" if was != value else None
    return f"{word}" if value == "true" else None


# --- compare ---------------------------------------------------------------------------------------------------------


def differences(vendor, vendor_rows, table_rows):
    """Every difference as (identity, column or None, vendor's value, the table's value), in the vendor's order."""
    columns = TABLES[vendor][1]
    theirs, ours = indexed(vendor_rows, vendor, "vendor files"), indexed(table_rows, vendor, "table")
    for identity, row in theirs.items():
        if identity not in ours:
            yield identity, None, "\t".join(row), None
            continue
        for column, was, now in zip(columns, row, ours[identity]):
            if was != now:
                yield identity, column, was, now
    for identity, row in ours.items():
        if identity not in theirs:
            yield identity, None, None, "\t".join(row)
    if list(theirs) != list(ours) and set(theirs) == set(ours):
        yield ("rows",), "order", "as in the vendor's files", "another"


def difference_line(vendor, identity, column, was, now):
    name = f"{vendor}: {' '.join(part for part in identity if part)}"
    if column:
        return f"{name}: {column}: vendor `{was}`, table `{now}`"
    return f"{name}: missing in the table: {was}" if now is None else f"{name}: extra in the table: {now}"


def compare(apple, windows):
    entries, unexplained = read_overlay(VENDOR / "overlay.yaml")
    corrections = {(vendor, identity, word): value for vendor, identity, word, value, _ in entries}
    if len(corrections) != len(entries):
        unexplained.append("overlay.yaml: the same correction stands twice")
    counts = []
    for vendor, rows in (("apple", apple), ("windows", windows)):
        table = read_table(vendor)
        counts.append(f"{vendor} {len(table)} rows")
        for identity, column, was, now in differences(vendor, rows, table):
            # A table that already carries the documented value differs for a reason, too.
            word = next((word for word, name in OVERLAY[vendor]["columns"].items() if name == column), None)
            added = column is None and was is None and (vendor, identity, "add") in corrections
            if not added and (word is None or corrections.get((vendor, identity, word)) != now):
                unexplained.append(difference_line(vendor, identity, column, was, now))
    explained = []
    for entry in entries:
        vendor, identity = entry[:2]
        row = indexed({"apple": apple, "windows": windows}[vendor], vendor, "vendor files").get(identity)
        line = explain(entry, row, TABLES[vendor][1])
        name = f"{vendor}: {' '.join(identity)}"
        if line is None:
            why = "corrects nothing any more" if row is not None else "names no row of the vendor's files"
            unexplained.append(f"overlay.yaml: {' '.join(identity)}: `{entry[2]}` {why}")
        else:
            explained.append(f"{name}: {line}\n    {entry[4]['reason']}\n    {entry[4]['source']}")
    print(f"Differences without an explanation: {len(unexplained)}")
    for line in unexplained:
        print(f"  {line}")
    print(f"Differences that overlay.yaml explains: {len(explained)}")
    for line in explained:
        print(f"  {line}")
    print(f"{', '.join(counts)}; {len(unexplained)} unexplained, {len(explained)} explained")
    return 1 if unexplained else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["compare", "extract"])
    parser.add_argument("apple", type=Path, metavar="APPLE_FOLDER")
    parser.add_argument("windows", type=Path, metavar="WINDOWS_DDF_FOLDER")
    arguments = parser.parse_args()
    try:
        apple, windows = apple_rows(arguments.apple), windows_rows(arguments.windows)
        if arguments.mode == "extract":
            write_tables(apple, windows)
            return 0
        return compare(apple, windows)
    except (Stop, OSError, yaml.YAMLError) as error:
        print(f"vendor.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

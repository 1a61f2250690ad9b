#!/usr/bin/env python3
"""Keeps schemas/vendor honest: compares every row and column of its tables with the vendors' own files.

    vendor.py compare APPLE_FOLDER... WINDOWS_DDF_FOLDER

APPLE_FOLDER is a copy of github.com/apple/device-management (`mdm/profiles`, `declarative/declarations`), or of a part of it; a type that
stands in several is taken from the first, so that newer declarations go before older profiles.
WINDOWS_DDF_FOLDER holds one folder of DDF files per release, all `*.xml` in it: `v2-...` (newest first), then `v1-...`.

It lists every difference, row by row, then what overlay.yaml corrects, entry by entry, then a summary. An overlay entry that corrects
nothing is a difference. Exit status: 0 nothing unexplained, 1 differences, 2 cannot run.

Shares no code with payloadc, which writes the tables (`payloadc catalog import`). Needs Python 3.9 and PyYAML.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

try:
    import yaml
except ImportError:
    print("vendor.py: PyYAML is missing; install it (Debian: apt-get install python3-yaml)", file=sys.stderr)
    sys.exit(2)

VENDOR = Path(__file__).resolve().parents[2] / "schemas" / "vendor"

APPLE_COLUMNS = ["payload", "key", "type", "presence", "default", "allowed", "range", "format", "systems", "flags"]
WINDOWS_COLUMNS = ["path", "format", "access", "occurrence", "default", "allowed", "build", "flags"]
TABLES = {
    "payloads": (VENDOR / "apple" / "payloads.tsv", APPLE_COLUMNS),
    "declarations": (VENDOR / "apple" / "declarations.tsv", APPLE_COLUMNS),
    "nodes": (VENDOR / "windows" / "nodes.tsv", WINDOWS_COLUMNS),
}


class Stop(Exception):
    """The work cannot be done: exit status 2."""


def cell(value):
    """One table cell. What does not fit on one line has no place in the tables."""
    if any(character in value for character in "\t\r\n"):
        raise Stop(f"a value of several lines fits no table: {value[:60]!r}")
    return value


def escaped(value):
    """A value among flags, which are separated by blanks."""
    return value.replace("%", "%25").replace(" ", "%20")


# --- Apple -----------------------------------------------------------------------------------------------------------


class TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Every scalar stays the text it is: `10.10` is no number, and `true` no Python bool.

    Unlike BaseLoader it builds an anchor that refers to itself, as an object that contains itself; `keys` cuts it.
    """

    yaml_implicit_resolvers = {}


def load_yaml(path):
    with open(path, encoding="utf-8-sig") as stream:
        return yaml.load(stream, Loader=TextLoader)


SYSTEMS = [("ios", "iOS"), ("macos", "macOS"), ("tvos", "tvOS"), ("visionos", "visionOS"), ("watchos", "watchOS")]


def inherit(base, own):
    """`supportedOS` of a key: the base with the key's own attributes laid over it, system by system, attribute by attribute."""
    merged = dict(base)
    for name, value in own.items():
        old = merged.get(name)
        merged[name] = inherit(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def plus(words):
    return "+".join(words) or "none"


def channels(facts, word):
    if "devicechannel" not in facts and "userchannel" not in facts:
        return []
    return [f"{word}:{plus([name for name in ('device', 'user') if facts.get(name + 'channel') == 'true'])}"]


def system_token(facts):
    """What one system says: `18.0,deprecated:26.0,supervised`, or `-` for not there."""
    introduced = facts.get("introduced", "all")
    if introduced == "n/a":
        return "-"
    words = ["0" if introduced == "all" else introduced]
    words += [f"{word}:{facts[word]}" for word in ("deprecated", "removed") if word in facts]
    if "multiple" in facts:
        words.append("multiple" if facts["multiple"] == "true" else "single")
    for attribute, word in (("supervised", "supervised"), ("requiresdep", "automated"), ("userapprovedmdm", "approved")):
        if facts.get(attribute) == "true":
            words.append(word)
    if facts.get("allowmanualinstall") == "false":
        words.append("mdm")
    words += channels(facts, "channels")
    if facts.get("userenrollment", {}).get("mode"):
        words.append("enrollment:" + facts["userenrollment"]["mode"])
    shared = facts.get("sharedipad", {})
    if shared.get("mode"):
        words.append("shared:" + shared["mode"])
    words += channels(shared, "shared_channels")
    if "allowed-scopes" in shared:
        words.append("shared_scopes:" + plus(shared["allowed-scopes"]))
    if "allowed-enrollments" in facts:
        words.append("enrollments:" + plus(facts["allowed-enrollments"]))
    if "allowed-scopes" in facts:
        words.append("scopes:" + plus(facts["allowed-scopes"]))
    return ",".join(words)


def systems_cell(supported, inherited):
    """What differs from the container, system by system."""
    said = lambda facts, name: system_token(facts[name]) if name in facts else None
    now = [(short, said(supported, name), said(inherited, name) if inherited is not None else None) for short, name in SYSTEMS]
    return " ".join(f"{short}={token}" for short, token, before in now if token is not None and token != before)


def bounds(limits):
    return f"{limits.get('min', '')}..{limits.get('max', '')}" if limits else ""


def key_flags(key, like):
    words = [
        ("repeat", bounds(key.get("repetition"))),
        ("combine", key.get("combinetype", "")),
        ("assets", ",".join(key.get("assettypes") or [])),
        ("content", ",".join(key.get("asset-content-types") or [])),
        ("subtype", key.get("subtype", "").strip("<>")),
        ("like", like or ""),
    ]
    return " ".join(f"{word}={escaped(value)}" for word, value in words if value)


def keys(listed, path, supported, above):
    """Rows of `listed` and, depth first, of what they contain. `above`: lists of keys we are inside of, with path and type of their holder."""
    for key in listed:
        name = "[]" if above and above[-1][2] == "<array>" else key["key"]
        place = f"{path}/{name}" if path else name
        here = inherit(supported, key.get("supportedOS") or {})
        inside = key.get("subkeys")
        like = next((holder for known, holder, _ in above if inside is not None and known is inside), None)
        yield ["", place, key["type"].strip("<>"), key.get("presence", ""), key.get("default", ""), "|".join(key.get("rangelist") or []),
               bounds(key.get("range")), key.get("format", ""), systems_cell(here, supported), key_flags(key, like)]
        if inside is not None and like is None:
            yield from keys(inside, place, here, (*above, (inside, place, key["type"])))


def section_name(payload):
    """The table's name of a type, and whether it is a declaration; None for what the catalog does not hold."""
    if "payloadtype" in payload:
        name = payload["payloadtype"]
        return {"TopLevel": "Configuration", "CommonPayloadKeys": "*"}.get(name, name), "payloads"
    name = payload.get("declarationtype") or payload.get("credentialtype")
    return ({"any": "*"}.get(name, name), "declarations") if name else None


def schema_files(folder):
    inner = [folder / below for below in ("mdm/profiles", "declarative/declarations") if (folder / below).is_dir()]
    return sorted(path for start in inner or [folder] for path in start.rglob("*.yaml"))


def apple_rows(folders):
    tables = {"payloads": {}, "declarations": {}}
    for folder in folders:
        found = {"payloads": {}, "declarations": {}}
        for path in schema_files(folder):
            content = load_yaml(path)
            named = section_name(content.get("payload") or {})
            if named:
                found[named[1]].setdefault(named[0], []).append((path, content))
        for table, types in found.items():
            known = {name.split("#")[0] for name in tables[table]}
            for name, files in types.items():
                if name in known:
                    continue
                for path, content in files:
                    variant = re.search(r"\(([^)]*)\)", path.name)
                    full = f"{name}#{variant.group(1)}" if len(files) > 1 and variant else name
                    if full in tables[table]:
                        raise Stop(f"{path}: `{full}` is described twice")
                    tables[table][full] = list(description(full, content))
    if not tables["payloads"]:
        raise Stop(f"{folders[0]}: no description of a payload")
    return {table: [row for name in sorted(types, key=str.encode) for row in types[name]] for table, types in tables.items()}


def description(full, content):
    payload = content["payload"]
    supported = payload.get("supportedOS") or {}
    flags = [f"apply={payload['apply']}"] if "apply" in payload else []
    flags += ["credential"] if "credentialtype" in payload else []
    yield [full, "", "", "", "", "", "", "", systems_cell(supported, None), " ".join(flags)]
    yield from keys(content.get("payloadkeys") or [], "", supported, ())


# --- Windows ---------------------------------------------------------------------------------------------------------

MSFT = "{http://schemas.microsoft.com/MobileDevice/DM}"
VERBS = {"Add": "A", "Delete": "D", "Exec": "E", "Get": "G", "Replace": "R"}  # Copy is OMA's, Set a slip of older files
OCCURRENCES = {"One": "1", "ZeroOrOne": "?", "ZeroOrMore": "*", "ZeroOrN": "*", "OneOrMore": "+", "OneOrN": "+"}
DELIMITERS = {";": "semicolon", ",": "comma", "|": "pipe", "0xF000": "U+F000", "\\xF000": "U+F000"}
REBOOTS = {"Automatic": "automatic", "ServerInitiated": "server"}
NAMINGS = {"UniqueName": "unique", "ServerGeneratedUniqueIdentifier": "server", "ClientInventory": "client"}
# What Windows Phone knew: of the oldest release only these roots are taken, whatever newer ones have.
PHONE = {"./Vendor/MSFT/ActiveSync", "./Vendor/MSFT/CertificateStore"}


def text(element, name):
    found = element.find(name) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def segment(node):
    """v2 leaves the name of a dynamic node empty (or blank), v1 also writes `*`."""
    name = text(node, "NodeName")
    return "{}" if name in ("", "*") else name


def meaning(label):
    """The first sentence of a short label as a word."""
    sentence = re.split(r"[.!?]\s|\n", re.sub(r"\([^)]*\)", "", label).strip())[0]
    words = re.findall(r"[a-z0-9]+", sentence.replace("'", "").replace("\u2019", "").lower())
    return "_".join(words) if 0 < len(words) <= 5 and not "".join(words).isdigit() else ""


def allowed_values(allowed):
    kind = allowed.get("ValueType") if allowed is not None else None
    if kind in (None, "None"):
        return ""
    if kind == "ADMX":
        policy = allowed.find(MSFT + "AdmxBacked")
        return "ADMX:" + "|".join(policy.get(part) for part in ("Area", "Name", "File"))
    bare = [(value.text or "").strip() for value in allowed.findall(MSFT + "Value")]
    if kind in ("ENUM", "Flag"):
        pairs = [(text(value, MSFT + "Value"), meaning(text(value, MSFT + "ValueDescription"))) for value in allowed.findall(MSFT + "Enum")]
        pairs += [(value, "") for value in bare]
        words = [word for _, word in pairs]
        return f"{kind}:" + "|".join(f"{value}={word if words.count(word) == 1 else ''}" for value, word in pairs)
    return f"{kind}:{'|'.join(bare)}" if kind in ("Range", "RegEx") else kind


def dependencies(properties):
    for group in properties.iterfind(f"{MSFT}DependencyBehavior/{MSFT}DependencyGroup"):
        changed = group.find(MSFT + "DependencyChangedAllowedValues")
        for dependency in group.findall(MSFT + "Dependency"):
            path = "./" + re.sub(r"\[[^\]]*\]|\{[^}]*\}", "{}", text(dependency, MSFT + "DependencyUri"))
            allowed = dependency.find(MSFT + "DependencyAllowedValue")
            values = "|".join((value.text or "").strip() for value in allowed.iter(MSFT + "Value"))
            kind = allowed.get("ValueType")
            values = {"ENUM": values, "Range": values.strip("[]").replace(",", "|")}.get(kind, "*")
            word = "without" if dependency.get("Type") == "Not" else "needs" if changed is None else "when"
            tail = "=" + escaped(allowed_values(changed)) if word == "when" else ""
            yield f"{word}={escaped(path)}={escaped(values)}{tail}"


def node_flags(node, properties):
    flags = ["atomic"] if properties.find(MSFT + "AtomicRequired") is not None else []
    deprecated = properties.find(MSFT + "Deprecated")
    if deprecated is not None:
        build = deprecated.get("OsBuildDeprecated")
        flags.append(f"deprecated={build}" if build else "deprecated")
    delimiter = properties.find(f"{MSFT}AllowedValues/{MSFT}List")
    if delimiter is not None:
        flags.append("list=" + DELIMITERS[delimiter.get("Delimiter")])
    flags += dependencies(properties)
    reboot = text(properties, MSFT + "RebootBehavior")
    if reboot in REBOOTS:
        flags.append("reboot=" + REBOOTS[reboot])
    naming = properties.find(MSFT + "DynamicNodeNaming")
    if naming is not None and len(naming):
        flags.append("naming=" + NAMINGS[naming[0].tag.replace(MSFT, "")])
    if properties.find("CaseSense/CS") is not None:
        flags.append("cased")
    title = text(properties, "DFTitle")
    if segment(node) == "{}" and re.fullmatch(r"[A-Za-z0-9_ -]{1,40}", title):
        flags.append("title=" + escaped(title))
    return flags


def node_rows(node, root, below, release, above):
    """The row of a node, then those of its children. Applicability is inherited, as the DDF schema says; a row says what differs."""
    properties = node.find("DFProperties")
    applicability = properties.find(MSFT + "Applicability")
    here = dict(above)
    builds = text(applicability, MSFT + "OsBuildVersion").replace(",", " ").split()
    editions = [edition for edition in text(applicability, MSFT + "EditionAllowList").split(";") if edition]
    if builds:
        here["build"] = ",".join(builds)
    if editions:
        here["editions"] = ",".join(editions)
    if applicability is not None and applicability.find(MSFT + "RequiresAzureAd") is not None:
        here["aad"] = "aad"
    form = [child.tag for child in properties.findall("DFFormat/*")]
    if len(form) != 1:
        raise Stop(f"{root}{below}: {len(form)} formats, one is wanted")
    flags = node_flags(node, properties)
    flags += ["aad"] if here["aad"] != above["aad"] else []
    flags += [f"editions={here['editions']}"] if here["editions"] != above["editions"] else []
    flags += [] if below else [f"release={release}"]
    yield [
        below or root, form[0], "".join(sorted(VERBS[verb.tag] for verb in properties.findall("AccessType/*") if verb.tag in VERBS)),
        next((OCCURRENCES[child.tag] for child in properties.findall("Occurrence/*")), ""), text(properties, "DefaultValue"),
        "" if release.startswith("v1-") else allowed_values(properties.find(MSFT + "AllowedValues")),
        here["build"] if here["build"] != above["build"] else "", " ".join(flags),
    ]
    for child in node.findall("Node"):
        yield from node_rows(child, root, f"{below}/{segment(child)}", release, here)


def windows_rows(folder):
    releases = sorted((path for path in folder.iterdir() if path.is_dir() and re.match(r"v[12]-", path.name)), key=lambda path: path.name, reverse=True)
    # Newest format first, then by release: an older one only fills in.
    sections, known = {}, set()
    if not releases:
        raise Stop(f"{folder}: no folder of DDF files")
    for release in sorted(releases, key=lambda path: (path.name.startswith("v1-"), path.name.endswith("1607"))):
        here = set()
        for path in sorted(file for file in release.iterdir() if file.suffix.lower() == ".xml"):
            try:
                # Bytes, so that a byte order mark is the parser's business; expat never fetches the DTD that DOCTYPE names.
                tree = ElementTree.fromstring(path.read_bytes())
            except ElementTree.ParseError as error:
                print(f"not readable: {release.name}/{path.name}: {error}")
                continue
            for node in tree.findall("Node"):
                root = f"{text(node, 'Path').rstrip('/')}/{segment(node)}"
                csp = "Policy" if "/Policy/Config/" in root else segment(node)
                if csp == "Root" and node.find("Node") is None:
                    continue  # two files of the older format begin with a node of no CSP
                if root not in PHONE if release.name.endswith("1607") else csp in known:
                    continue
                if root in sections and release.name.startswith("v1-"):
                    print(f"described before: {release.name}/{path.name}: {root}")
                    continue
                if root in sections:
                    raise Stop(f"{path}: {root} stands in two files")
                here.add(csp)
                sections[root] = list(node_rows(node, root, "", release.name, {"build": "", "editions": "", "aad": ""}))
        known |= here
    return [row for root in sorted(sections, key=str.encode) for row in sections[root]]


# --- tables ----------------------------------------------------------------------------------------------------------


def read_table(name):
    path, columns = TABLES[name]
    lines = path.read_text(encoding="utf-8").split("\n")
    head = [line for line in lines if line.startswith("#")]
    rows = [line.split("\t") for line in lines[len(head):] if line]
    if not rows or rows[0] != columns:
        raise Stop(f"{path}: the columns are not {' '.join(columns)}")
    for row in rows[1:]:
        if len(row) != len(columns):
            raise Stop(f"{path}: {len(row)} cells in the row of {row[0]} {row[1]}")
    # Short names of edition lists stand for what the head says.
    legend = dict(match.groups() for match in (re.match(r"# (e\d+) = (.*)", line) for line in head) if match)
    for row in rows[1:]:
        row[-1] = " ".join(f"editions={legend[word[9:]]}" if word.startswith("editions=") else word for word in row[-1].split(" "))
    return rows[1:]


def whole(rows, name):
    """Rows by what identifies them: section and key, or whole path; in order."""
    section, index = "", {}
    for row in rows:
        [cell(value) for value in row]
        if name == "nodes":
            section = row[0] if row[0].startswith("./") else section
            identity = (row[0] if row[0].startswith("./") else section + row[0],)
        else:
            section = row[0] or section
            identity = (section, row[1])
        if identity in index:
            raise Stop(f"{name}: {' '.join(identity)} stands twice")
        index[identity] = row
    return index


def differences(name, theirs, ours):
    """Every difference, as lines, in the vendor's order."""
    columns = TABLES[name][1]
    for identity, row in theirs.items():
        label = f"{name}: {' '.join(part for part in identity if part)}"
        if identity not in ours:
            yield f"{label}: missing in the table: {row}"
            continue
        for column, was, now in zip(columns, row, ours[identity]):
            if was != now:
                yield f"{label}: {column}: vendor `{was}`, table `{now}`"
    for identity, row in ours.items():
        if identity not in theirs:
            yield f"{name}: {' '.join(identity)}: extra in the table: {row}"
    if list(theirs) != list(ours) and set(theirs) == set(ours):
        yield f"{name}: the rows are in another order"


# --- overlay ---------------------------------------------------------------------------------------------------------

# Word of an entry -> the column that it corrects, or None: it adds what no column can say.
APPLE_WORDS = {
    "type": "type", "presence": "presence", "default": "default", "allowed": "allowed", "range": "range", "format": "format",
    "asked": None, "instead": None, "ranges": None, "repeat": None, "systems": None, "refers": None, "add": None, "remove": None, "also": None, "variant": None, "apply": None, "domain": None, "spelled": None,
}
WINDOWS_WORDS = {
    "format": "format", "access": "access", "allowed": "allowed", "segment": None, "forbidden": None, "avoided": None, "doubtful": None, "given": None, "atomic": None, "verified": None,
    "deprecated": None, "instead": None,
}
RULE_WORDS = {"exactly_one", "at_least_one", "at_most_one", "any_true", "required", "absent", "true"}


def matches(pattern, path):
    wanted, names = pattern.split("/"), path.split("/")
    return len(wanted) == len(names) and all(part in ("*", name) for part, name in zip(wanted, names))


def corrects(entry, words, columns, rows):
    """What the entry changes of the vendor's rows, word by word; problems instead where it changes nothing."""
    for word in entry:
        if word in ("payload", "key", "path", "reason", "source"):
            continue
        if word not in words:
            yield True, f"unknown word `{word}`"
            continue
        value, column = entry[word], words[word]
        if word == "add":
            yield bool(rows), "the vendor has it" if rows else f"added: {value}"
        elif not rows and "add" in entry:
            yield False, f"added with {word}: {value}"
        elif not rows:
            yield True, "names no row of the vendor's files"
        elif word == "segment":
            was = entry["path"].rsplit("/", 1)[1]
            yield was == value, f"segment: vendor `{was}`, documented `{value}`"
        elif word == "repeat":
            was = next((flag[7:] for flag in rows[0][-1].split(" ") if flag.startswith("repeat=")), "")
            yield was == value, f"repeat: vendor `{was}`, documented `{value}`"
        elif word == "deprecated":
            yield any(flag.startswith("deprecated") for flag in rows[0][-1].split(" ")), f"deprecated: {value}"
        elif word == "atomic":
            yield "atomic" in rows[0][-1].split(" "), "atomic"
        elif column:
            was = rows[0][columns.index(column)]
            plain = re.sub(r"=[^|]*", "", was) if column == "allowed" and was.startswith(("ENUM", "Flag")) else was
            yield plain == value, f"{column}: vendor `{was}`, documented `{value}`"
        else:
            yield False, f"{word}: {value}"


def read_overlay(tables):
    content, problems, lines = load_yaml(VENDOR / "overlay.yaml"), [], []
    apple = {**tables["payloads"], **tables["declarations"]}
    for entry in content["apple"]:
        of, at = entry.get("payload", ""), entry.get("key", "")
        rows = [row for (section, key), row in apple.items() if section == of and matches(at, key)]
        judge(f"{of} {at}", entry, corrects(entry, APPLE_WORDS, APPLE_COLUMNS, rows), problems, lines)
    for entry in content["windows"]:
        row = tables["nodes"].get((entry.get("path", ""),))
        judge(entry.get("path", ""), entry, corrects(entry, WINDOWS_WORDS, WINDOWS_COLUMNS, [row] if row else []), problems, lines)
    added = {(entry["payload"], entry["key"].rsplit("/", 1)[-1]) for entry in content["apple"] if "add" in entry}
    for rule in content["rules"]:
        demands = RULE_WORDS & set(rule)
        names = list(rule.get("when") or {}) + [key for word in demands for key in rule[word]]
        at = rule.get("at", "")
        place = lambda name: f"{at}/{name}" if at else name
        missing = [name for name in names if (rule.get("payload"), name) not in added
                   and not any(section == rule.get("payload") and matches(place(name), key) for section, key in apple)]
        said = [(len(demands) != 1, "one demand is wanted"), (bool(missing), f"no such key: {', '.join(missing)}")]
        said = [entry for entry in said if entry[0]] or [(False, f"rule: {', '.join(demands)}: {', '.join(names)}")]
        judge(f"{rule.get('payload', '')} {at}", rule, said, problems, lines)
    return problems, lines


def judge(name, entry, said, problems, lines):
    if not entry.get("reason") or not str(entry.get("source", "")).startswith("https://"):
        problems.append(f"overlay.yaml: {name}: `reason` and `source` (a URL) are wanted")
    for wrong, what in said:
        if wrong:
            problems.append(f"overlay.yaml: {name}: corrects nothing: {what}")
        else:
            lines.append(f"{name}: {what}\n    {entry.get('reason')}\n    {entry.get('source')}")


# --- compare ---------------------------------------------------------------------------------------------------------


def compare(apple, nodes):
    theirs = {name: whole(rows, name) for name, rows in (*apple.items(), ("nodes", nodes))}
    unexplained, counts = [], []
    for name in TABLES:
        ours = whole(read_table(name), name)
        unexplained += differences(name, theirs[name], ours)
        counts.append(f"{name} {len(ours)} rows of {len(TABLES[name][1])} columns")
    problems, explained = read_overlay(theirs)
    unexplained += problems
    print(f"Differences without an explanation: {len(unexplained)}")
    for line in unexplained:
        print(f"  {line}")
    print(f"What overlay.yaml corrects and adds: {len(explained)}")
    for line in explained:
        print(f"  {line}")
    print(f"{', '.join(counts)}; {len(unexplained)} unexplained, {len(explained)} explained")
    return 1 if unexplained else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["compare"])
    parser.add_argument("apple", type=Path, nargs="+", metavar="APPLE_FOLDER")
    parser.add_argument("windows", type=Path, metavar="WINDOWS_DDF_FOLDER")
    arguments = parser.parse_args()
    try:
        return compare(apple_rows(arguments.apple), windows_rows(arguments.windows))
    except (Stop, OSError, yaml.YAMLError, KeyError) as error:
        print(f"vendor.py: {error!r}" if isinstance(error, KeyError) else f"vendor.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Judge every Apple declaration (.json in an `ios_ddm` or `macos_ddm` folder, or called so) below the folders given.

    declaration.py FOLDER...

Shares no code with payloadc. Judged: the four keys and their order, identifiers and tokens of at most 64 octets, the token computed again,
identifiers distinct, references between the declarations of one profile resolved, and an activation for every configuration.
Rules: https://developer.apple.com/documentation/devicemanagement/declarationbase and the pages of the declarations.
Exit status: 0 sound, 1 something is wrong or nothing was judged, 2 usage.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import re
import sys

KEYS = ["Type", "Identifier", "ServerToken", "Payload"]
CLASSES = ("com.apple.activation.", "com.apple.asset.", "com.apple.configuration.", "com.apple.management.")
TARGET = re.compile(r"(ios|macos)_ddm\b")


def once(pairs):
    """An object in which no key stands twice."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"a key stands twice in {keys}")
    return dict(pairs)


def target_of(path):
    for part in (path.name, path.parent.name):
        found = TARGET.match(part)
        if found:
            return found[0]
    return None


def group_of(path):
    """The declarations of one profile: `<profile>.<label>.json` in a target's folder, `<target>.<label>.json` in a fixture's."""
    return path.parent, path.name.split(".")[0]


def references(value, key=""):
    """What a declaration refers to: pairs of key and identifier."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from references(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner, key)
    elif isinstance(value, str) and (key.endswith(("AssetReference", "AssetReferences")) or key == "StandardConfigurations"):
        yield key, value


def shape(tree):
    if not isinstance(tree, dict) or list(tree) != KEYS:
        yield f"its keys are not {', '.join(KEYS)}, in this order"
        return
    if not isinstance(tree["Type"], str) or not tree["Type"].startswith(CLASSES):
        yield f"`Type` is {tree['Type']!r}"
    for key in ("Identifier", "ServerToken"):
        value = tree[key]
        if not isinstance(value, str) or not value or len(value.encode()) > 64:
            yield f"`{key}` is not a text of 1 to 64 octets"
    if not isinstance(tree["Payload"], dict):
        yield "`Payload` is no dictionary"
    content = {key: tree[key] for key in KEYS if key != "ServerToken"}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != tree["ServerToken"]:
        yield "`ServerToken` is not the SHA-256 of the content"


def together(trees):
    """Rules between the declarations of one profile."""
    types = {}
    for path, tree in trees:
        if tree["Identifier"] in types:
            yield path, f"`Identifier` {tree['Identifier']} stands twice"
        types[tree["Identifier"]] = tree["Type"]
    active = set()
    for path, tree in trees:
        for key, identifier in references(tree["Payload"]):
            wanted = "com.apple.configuration." if key == "StandardConfigurations" else "com.apple.asset."
            if identifier not in types:
                yield path, f"`{key}` {identifier!r} is no declaration of this profile"
            elif not types[identifier].startswith(wanted):
                yield path, f"`{key}` points at a {types[identifier]}"
            active.add(identifier)
    activations = any(type_.startswith("com.apple.activation.") for type_ in types.values())
    for path, tree in trees:
        if tree["Type"].startswith("com.apple.configuration.") and not activations:
            yield path, "no activation names it"


def files_of(names):
    for name in names:
        path = pathlib.Path(name)
        yield from [path] if path.is_file() else sorted(found for found in path.rglob("*.json") if target_of(found))


def judge(names):
    groups, faults, judged = collections.defaultdict(list), [], 0
    for path in files_of(names):
        judged += 1
        try:
            tree = json.loads(path.read_text("utf-8"), object_pairs_hook=once)
        except ValueError as problem:
            faults.append((path, f"cannot be read: {problem}"))
            continue
        found = list(shape(tree))
        faults += [(path, fault) for fault in found]
        if isinstance(tree, dict) and list(tree) == KEYS and isinstance(tree["Payload"], dict):
            groups[group_of(path)].append((path, tree))
    for trees in groups.values():
        faults += together(trees)
    return judged, faults


def main():
    parser = argparse.ArgumentParser(description="judge Apple declarations")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    judged, faults = judge(parser.parse_args().folders)
    for path, fault in faults:
        print(f"{path}: {fault}")
    print(f"{judged} declarations judged, {len(faults)} faults")
    return 1 if faults or not judged else 0


if __name__ == "__main__":
    sys.exit(main())

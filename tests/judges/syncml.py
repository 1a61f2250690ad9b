#!/usr/bin/env python3
"""Judge every SyncML artifact (*.xml) below the folders given.

    syncml.py [--bare | --fleet] FOLDER...

A whole message validates with `xmllint` against syncml.dtd beside this file; a bare run of commands (what Fleet and Workspace ONE
take) is put into a message with CmdIDs first. Both survive `xml2wbxml` and `wbxml2xml` with the same tree. Then the
rules no grammar can say. The rules of Fleet are tried on the raw bytes: with --fleet on every file, else where the `servers` of the
manifest.json above the file name Fleet for its platform. --bare: every file must be a bare run.

Shares no code with payloadc. Debian: libxml2-utils, libwbxml2-utils.
Rules: https://learn.microsoft.com/openspecs/windows_protocols/ms-mdm,
https://learn.microsoft.com/windows/client-management/oma-dm-protocol-support,
https://github.com/fleetdm/fleet/blob/main/server/fleet/windows_mdm.go (facts of its checks, not its code).
Exit status: 0 sound, 1 something is wrong or nothing was judged, 2 usage or a missing reader.
"""
import argparse
import base64
import binascii
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
SYNCML, METINF = "SYNCML:SYNCML1.2", "syncml:metinf"
COMMANDS = ("Add", "Replace", "Delete", "Exec", "Get", "Atomic")
FORMATS = {"chr", "int", "bool", "b64", "bin", "node", "null", "xml", "date", "time", "float"}
# RFC 2396 `pchar`s as the client's grammar takes them; everything else is %XX.
SEGMENT = re.compile(r"(?:[A-Za-z0-9\-_.!~*'():@&=+$,]|%[0-9A-F]{2})+\Z")
HEADER = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>./</LocURI></Target><Source><LocURI>judge</LocURI></Source></SyncHdr><SyncBody>"
)
FOOTER = "<Final/></SyncBody></SyncML>"


def split(tag):
    """(namespace, local name) of an ElementTree tag."""
    return tuple(tag[1:].split("}", 1)) if tag.startswith("{") else ("", tag)


def name(element):
    return split(element.tag)[1]


def child(element, wanted):
    return next((found for found in element if name(found) == wanted), None)


def canonical(element, parent=SYNCML):
    """A tree that compares: names, namespaces, texts; white space between elements is nothing."""
    space, local = split(element.tag)
    text = element.text or ""
    if len(element):
        text = text.strip()
    return (space or parent, local, text, [canonical(found, space or parent) for found in element])


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


# -- Fleet -------------------------------------------------------------------------------------------------------------

FLEET_ID = re.compile(r"\$(FLEET_VAR_SCEP_WINDOWS_CERTIFICATE_ID|\{FLEET_VAR_SCEP_WINDOWS_CERTIFICATE_ID\})\Z")
FLEET_SCEP = re.compile(r"\./(Device|User)/Vendor/MSFT/ClientCertificateInstall/SCEP/")
FLEET_NEEDED = {"CAThumbprint", "Challenge", "EKUMapping", "HashAlgorithm", "KeyLength", "KeyUsage", "ServerURL", "SubjectName"}
FLEET_OPTIONAL = {
    "AADKeyIdentifierList", "ContainerName", "CustomTextToShowInPrompt", "KeyProtection", "RetryCount", "RetryDelay",
    "SubjectAlternativeNames", "TemplateName", "ValidPeriod", "ValidPeriodUnits",
}
FLEET_PROXY = re.compile(r"\$\{?FLEET_VAR_(NDES_SCEP|CUSTOM_SCEP)_")
FLEET_RENEWAL = re.compile(r"OU=\$\{?FLEET_VAR_(CERTIFICATE|SCEP)_RENEWAL_ID")


class Tokens:
    """What a strict token reader sees in a file that may have several roots."""

    def __init__(self, raw):
        self.stream, self.instructions, self.depth = [], [], -1
        parser = xml.parsers.expat.ParserCreate()
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.ProcessingInstructionHandler = lambda target, _: self.instructions.append(target)
        parser.Parse(b"<_>" + raw + b"</_>", True)

    def start(self, tag, _):
        self.depth += 1
        if self.depth:
            self.stream.append(("start", tag, self.depth))

    def end(self, tag):
        if self.depth:
            self.stream.append(("end", tag, self.depth))
        self.depth -= 1

    def text(self, data):
        if self.depth and self.stream and self.stream[-1][0] == "text":
            self.stream[-1] = ("text", self.stream[-1][1] + data, self.depth)
        elif self.depth:
            self.stream.append(("text", data, self.depth))


def fleet(raw):
    """The faults Fleet finds in an uploaded Windows profile (numbers: its checks in their order)."""
    if not raw.strip():
        return ["fleet 1: empty"]
    if b"<?xml" in raw:
        return ["fleet 2: an XML declaration"]
    try:
        tokens = Tokens(raw)
    except xml.parsers.expat.ExpatError as problem:
        return [f"fleet 2: not well-formed: {problem}"]
    faults = [f"fleet 2: processing instruction {target}" for target in tokens.instructions]
    tops = [tag for what, tag, depth in tokens.stream if what == "start" and depth == 1]
    faults += [f"fleet 3: <{tag}> at the top" for tag in tops if tag not in ("Replace", "Add", "Exec", "Atomic")]
    faults += ["fleet 3: no command"] if not tops else []
    if "Atomic" in tops and len(tops) > 1:
        faults.append("fleet 4: Atomic is not alone")
    uris, execs, top = [], [], None
    previous, here = None, []
    for what, value, depth in tokens.stream:
        if what == "start":
            here.append(value)
            top = value if depth == 1 else top
            if value == "Atomic" and depth > 1:
                faults.append("fleet 4: nested Atomic")
            if previous == "Atomic" and value not in ("Replace", "Add", "Exec"):
                faults.append(f"fleet 5: <{value}> directly after <Atomic>")
            previous = value
        elif what == "end":
            here.pop()
            previous = None
        elif value.strip() and here[-2:] == ["Target", "LocURI"]:
            uris.append(value)
            if top == "Exec":
                execs.append(value)
    for uri in uris:
        if "/Vendor/MSFT/BitLocker" in uri or "/Vendor/MSFT/Policy/Config/Update" in uri:
            faults.append(f"fleet 6: reserved {uri}")
        if uri.startswith("/") or ".." in uri:
            faults.append(f"fleet 6: LocURI {uri}")
    return faults + fleet_scep(raw, uris, execs)


def fleet_scep(raw, uris, execs):
    scep = [uri for uri in uris if FLEET_SCEP.match(uri)]
    if not scep:
        return [f"fleet 8: Exec {uri}" for uri in execs]
    faults = [f"fleet 9: not of the SCEP tree: {uri}" for uri in uris if uri not in scep]
    roots = {FLEET_SCEP.match(uri)[1] for uri in scep}
    if len(roots) > 1:
        faults.append("fleet 7: both ./Device and ./User")
    seen, leaves, nodes = set(), set(), 0
    for uri in scep:
        identifier, _, rest = uri[FLEET_SCEP.match(uri).end():].partition("/")
        if not FLEET_ID.match(identifier):
            faults.append(f"fleet 7: the id is {identifier}")
        if uri in seen:
            faults.append(f"fleet 7: twice: {uri}")
        seen.add(uri)
        leaf = rest.removeprefix("Install/")
        if not rest:
            nodes += 1
        elif rest == "Install/Enroll":
            if uri not in execs:
                faults.append("fleet 8: Enroll outside a top-level Exec")
        elif rest == leaf or leaf not in FLEET_NEEDED | FLEET_OPTIONAL:
            faults.append(f"fleet 7: not in the closed list: {uri}")
        else:
            leaves.add(leaf)
    if nodes != 1:
        faults.append("fleet 7: the id node itself is missing")
    faults += [f"fleet 7: no {leaf}" for leaf in sorted(FLEET_NEEDED - leaves)]
    if len(execs) != 1 or not execs[0].endswith("/Install/Enroll"):
        faults.append(f"fleet 7: {len(execs)} Exec, wanted one, of Install/Enroll")
    text = raw.decode("utf-8", "replace")
    if FLEET_PROXY.search(text) and not FLEET_RENEWAL.search(text):
        faults.append("fleet: its SCEP proxy needs OU=$FLEET_VAR_..._RENEWAL_ID in the subject")
    return faults


# -- any SyncML --------------------------------------------------------------------------------------------------------

def wrapped(raw):
    """A bare run as a message: CmdIDs added to every command that has none."""
    body = ElementTree.fromstring(HEADER + raw + FOOTER)
    number = 0
    for command in body.iter():
        if name(command) in COMMANDS:
            number += 1
            if child(command, "CmdID") is None:
                added = ElementTree.Element(f"{{{SYNCML}}}CmdID")
                added.text = str(number)
                command.insert(0, added)
    return body


def written(element, inherited=None):
    """XML text in which each change of namespace is declared as a default, the way SyncML wants it."""
    space, local = split(element.tag)
    declared = "" if space == inherited else f' xmlns="{space}"'
    inner = escape(element.text or "") if not len(element) else "".join(written(found, space) for found in element)
    return f"<{local}{declared}>{inner}</{local}>" if inner else f"<{local}{declared}/>"


class Artifact:
    def __init__(self, path):
        self.path, self.faults = path, []

    def say(self, text):
        self.faults.append(text)

    def judge(self, bare, for_fleet):
        raw = self.path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as problem:
            self.say(f"not UTF-8: {problem}")
            return
        whole = re.match(r"\s*(<\?xml[^>]*\?>\s*)?(<!DOCTYPE[^>]*>\s*)?<SyncML[\s>]", text) is not None
        if whole and (bare or for_fleet):
            self.say("a whole message where a bare run of commands is wanted")
        if for_fleet:
            self.faults += fleet(raw)
        if "<![CDATA[" in text:
            self.say("CDATA: servers that compare what they sent cannot match it")
        if not whole and "<?xml" in text:
            self.say("an XML declaration in front of a bare run")
            text = re.sub(r"<\?xml[^>]*\?>", "", text)
        try:
            message = ElementTree.fromstring(raw) if whole else wrapped(text)
        except ElementTree.ParseError as problem:
            self.say(f"not well-formed: {problem}")
            return
        self.namespaces(text)
        with tempfile.TemporaryDirectory() as folder:
            source = self.path
            if not whole:
                source = pathlib.Path(folder, "message.xml")
                source.write_text(written(message), encoding="utf-8")
            self.grammar(source)
            self.round_trip(source, message, pathlib.Path(folder))
        self.header(message)
        self.identifiers(message)
        self.commands(message)

    def namespaces(self, text):
        """xml2wbxml and a DTD with a fixed attribute both repair a missing xmlns silently: look at the text."""
        for tag in re.findall(r"<(?:Format|Type)\b[^>]*>", text):
            if not re.search(r"""\sxmlns=(["'])syncml:metinf\1""", tag):
                self.say(f"{tag} without xmlns=\"syncml:metinf\"")

    def grammar(self, source):
        result = run("xmllint", "--nonet", "--noout", "--dtdvalid", str(HERE / "syncml.dtd"), str(source))
        if result.returncode:
            first = (result.stderr.strip() or "refused").splitlines()[0]
            self.say(f"grammar: {first.replace(str(source), '').lstrip(':')}")

    def round_trip(self, source, message, folder):
        binary, back = folder / "message.wbxml", folder / "back.xml"
        for command in (["xml2wbxml", "-n", "-o", binary, source], ["wbxml2xml", "-m", "0", "-o", back, binary]):
            result = run(*map(str, command))
            if result.returncode:
                self.say(f"{command[0]}: {(result.stderr or result.stdout).strip()}")
                return
        if canonical(message) != canonical(ElementTree.parse(back).getroot()):
            self.say("comes back from WBXML as another tree")

    def header(self, message):
        header = child(message, "SyncHdr")
        for wanted, text in {"VerDTD": "1.2", "VerProto": "DM/1.2"}.items():
            found = header is not None and child(header, wanted)
            if found is None or found is False or found.text != text:
                self.say(f"{wanted} is not {text}")

    def identifiers(self, message):
        """CmdIDs are 1, 2, 3 ... in document order."""
        found = [identifier.text for identifier in message.iter() if name(identifier) == "CmdID"]
        if found != [str(number + 1) for number in range(len(found))]:
            self.say(f"CmdIDs are {', '.join(map(str, found))}")

    def commands(self, message):
        body = child(message, "SyncBody")
        for command in body if body is not None else ():
            if name(command) == "Atomic":
                self.atomic(command)
            elif name(command) in COMMANDS:
                self.command(command)

    def atomic(self, atomic):
        verbs, enroll = {}, None
        inside = [found for found in atomic if name(found) in COMMANDS]
        for command in inside:
            verb = name(command)
            if verb in ("Atomic", "Get"):
                self.say(f"{verb} inside Atomic")
                continue
            for uri in self.command(command):
                node = urllib.parse.unquote(uri).lower()
                if node in verbs:
                    self.say(f"{verbs[node]} and {verb} of {uri} in one Atomic")
                verbs[node] = verb
                enroll = command if uri.endswith("/Install/Enroll") else enroll
        if enroll is not None and inside[-1] is not enroll:
            self.say("Enroll is not the last command of its Atomic")

    def command(self, command):
        uris, verb = [], name(command)
        for item in (found for found in command if name(found) == "Item"):
            target = child(item, "Target")
            uri = target is not None and child(target, "LocURI")
            if uri is None or uri is False:
                self.say(f"{verb}: an Item without Target/LocURI")
                continue
            uris.append(uri.text or "")
            self.uri(verb, uri.text or "")
            self.item(verb, uri.text or "", item)
        if not uris:
            self.say(f"{verb} without an Item")
        return uris

    def uri(self, verb, uri):
        if not uri.startswith("./") or uri == "./":
            self.say(f"{verb}: LocURI {uri!r} does not begin with ./ and a name")
            return
        for segment in uri[2:].split("/"):
            if not SEGMENT.match(segment) or segment in ("*", ".", ".."):
                self.say(f"{verb}: LocURI {uri!r}: segment {segment!r}")

    def item(self, verb, uri, item):
        meta, data = child(item, "Meta"), child(item, "Data")
        if verb in ("Delete", "Get"):
            if meta is not None or data is not None:
                self.say(f"{verb} {uri}: carries Meta or Data")
            return
        form = meta is not None and child(meta, "Format")
        kind = meta is not None and child(meta, "Type")
        if form is None or form is False or kind is None or kind is False:
            self.say(f"{verb} {uri}: Meta without Format and Type")
            return
        if form.text not in FORMATS:
            self.say(f"{verb} {uri}: Format {form.text!r}")
        if kind.text != "text/plain":
            self.say(f"{verb} {uri}: Type {kind.text!r}")
        self.value(f"{verb} {uri}", form.text, data)

    def value(self, where, form, data):
        text = None if data is None else data.text or ""
        if (form in ("node", "null")) != (text is None):
            self.say(f"{where}: Format {form} {'with' if text is not None else 'without'} Data")
        if text is None:
            return
        if text != text.strip():
            self.say(f"{where}: Data is padded")
        if form == "int" and not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            self.say(f"{where}: int is {text!r}")
        if form == "bool" and text not in ("true", "false"):
            self.say(f"{where}: bool is {text!r}")
        if form in ("b64", "bin"):
            try:
                base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                # A server's token stands for the whole value and is filled in later.
                if not re.search(r"[$%{]", text):
                    self.say(f"{where}: Data is not base64 without line breaks")


def names_fleet(servers, platform):
    """`servers` of a manifest: one name, a list of names or objects, or a map platform -> name."""
    if isinstance(servers, str):
        return servers == "fleet"
    if isinstance(servers, dict):
        chosen = servers.get(platform, servers.get("all")) if platform else list(servers.values())
        return "fleet" in chosen if isinstance(chosen, list) else chosen == "fleet" or (
            isinstance(chosen, dict) and "fleet" in (chosen.get("server"), chosen.get("name")))
    if isinstance(servers, list):
        return bool(servers) and all(names_fleet(found.get("server", found.get("name")) if isinstance(found, dict) else found, platform)
                   for found in servers if not isinstance(found, dict) or found.get("platform") in (None, platform))
    return False


def is_for_fleet(path):
    platform = next((part for part in [path.name.split(".")[0], *reversed(path.parent.parts)]
                     if part in ("windows", "windows_phone")), None)
    for folder in path.resolve().parents:
        manifest = folder / "manifest.json"
        if manifest.is_file():
            try:
                return names_fleet(json.loads(manifest.read_text("utf-8")).get("servers"), platform)
            except (ValueError, AttributeError):
                return False
    return False


def files_of(names):
    for given in names:
        path = pathlib.Path(given)
        yield from [path] if path.is_file() else sorted(path.rglob("*.xml"))


def main():
    parser = argparse.ArgumentParser(description="judge SyncML artifacts")
    parser.add_argument("--bare", action="store_true", help="every file must be a bare run of commands")
    parser.add_argument("--fleet", action="store_true", help="every file must pass Fleet's rules")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    options = parser.parse_args()
    for tool, package in {"xmllint": "libxml2-utils", "xml2wbxml": "libwbxml2-utils", "wbxml2xml": "libwbxml2-utils"}.items():
        if not shutil.which(tool):
            print(f"{tool} is missing: apt-get install {package}", file=sys.stderr)
            return 2
    judged = bad = of_fleet = 0
    for path in files_of(options.folders):
        artifact = Artifact(path)
        # A query is put to a device, not uploaded as a profile.
        for_fleet = options.fleet or (is_for_fleet(path) and not path.name.endswith(".query.xml"))
        artifact.judge(options.bare, for_fleet)
        judged += 1
        of_fleet += for_fleet
        bad += bool(artifact.faults)
        for fault in artifact.faults:
            print(f"{path}: {fault}")
    print(f"{judged} artifacts judged ({of_fleet} by Fleet's rules), {bad} with faults")
    return 1 if bad or not judged else 0


if __name__ == "__main__":
    sys.exit(main())

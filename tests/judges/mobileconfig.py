#!/usr/bin/env python3
"""Judge every .mobileconfig below the folders given: two independent readers agree, and the profile is sound.

    mobileconfig.py [--adopted UUID]... FOLDER...

Shares no code with payloadc. Readers: `plistutil` (Debian libplist-utils) and Python's plistlib.
Rules: https://developer.apple.com/documentation/devicemanagement/toplevel and the payload pages beside it.
Exit status: 0 sound, 1 something is wrong or nothing was judged, 2 usage or a missing reader.
"""
import argparse
import pathlib
import plistlib
import re
import shutil
import subprocess
import sys
import tempfile

# Version 5 (from a name), RFC 4122 variant, upper case.
UUID5 = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\Z")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9][A-Za-z0-9:_-]*)+\Z")

COMMON = {
    "PayloadType": str,
    "PayloadVersion": int,
    "PayloadIdentifier": str,
    "PayloadUUID": str,
    "PayloadDisplayName": str,
    "PayloadDescription": str,
    "PayloadOrganization": str,
}
TOP = {**COMMON, "PayloadContent": list, "PayloadScope": str, "PayloadRemovalDisallowed": bool}

# Every key that may stand in the payloads payloadc writes today, with its type. A key that is not here is a finding:
# either payloadc invented it, or this table is to be widened from Apple's page.
CERTIFICATE = {"PayloadCertificateFileName": str, "PayloadContent": bytes}
KEYS = {
    "com.apple.eas.account": {
        "Host": str, "EmailAddress": str, "UserName": str,
        "SSL": bool, "PreventMove": bool, "PreventAppSheet": bool, "disableMailRecentsSyncing": bool,
        "PayloadCertificateUUID": str,
        "MailNumberOfPastDaysToSync": int,
        "SMIMEEnabled": bool, "SMIMESigningEnabled": bool, "SMIMEEncryptionEnabled": bool,
        "SMIMEEnablePerMessageSwitch": bool, "SMIMEEncryptByDefault": bool,
        "SMIMEEncryptByDefaultUserOverrideable": bool, "SMIMEEnableEncryptionPerMessageSwitch": bool,
        "SMIMESigningUserOverrideable": bool, "SMIMESigningCertificateUUIDUserOverrideable": bool,
        "SMIMEEncryptionCertificateUUIDUserOverrideable": bool,
        "SMIMESigningCertificateUUID": str, "SMIMEEncryptionCertificateUUID": str,
        "EnableMail": bool, "EnableContacts": bool, "EnableCalendars": bool, "EnableReminders": bool, "EnableNotes": bool,
    },
    "com.apple.ews.account": {
        "Host": str, "EmailAddress": str, "UserName": str, "SSL": bool, "PayloadCertificateUUID": str,
    },
    "com.apple.security.scep": {"PayloadContent": dict},
    "com.apple.security.root": CERTIFICATE,
    "com.apple.security.pkcs1": CERTIFICATE,
    "com.apple.security.pkcs12": {
        **CERTIFICATE, "Password": str, "KeyIsExtractable": bool, "AllowAllAppsAccess": bool,
    },
}
# Types that are written key by key, as far as fixtures/fields writes them; what Apple does not document is there under `unknown: warn`.
KEYS.update({
    "com.apple.dock": {
        "tilesize": int, "static-only": bool, "autohide": bool, "orientation": str, "persistent-apps": list, "undocumented": dict,
    },
    "com.apple.wifi.managed": {
        "SSID_STR": str, "EncryptionType": str, "PayloadCertificateUUID": str, "EAPClientConfiguration": dict,
    },
    "com.apple.vpn.managed.applayer": {
        "UserDefinedName": str, "VPNType": str, "VPNSubType": str, "VPNUUID": str, "VPN": dict,
    },
    "com.apple.carddav.account": {"CardDAVHostName": str, "VPNUUID": str},
    "com.apple.MCX": {
        "dontAllowFDEDisable": bool, "timeServer": str, "DisableGuestAccount": bool, "EnableGuestAccount": bool,
        "RequireAdminForIBSS": bool, "com.apple.cachedaccounts.CreateAtLogin": bool,
    },
    "com.apple.relay.managed": {
        "Relays": list, "MatchFQDNs": list, "ExcludedFQDNs": list, "UIToggleEnabled": bool, "AllowDNSFailover": bool,
    },
    "com.apple.dnsSettings.managed": {"DNSSettings": dict},
    "com.apple.vpn.managed": {"UserDefinedName": str, "VPNType": str, "IKEv2": dict},
    "com.apple.webcontent-filter": {
        "FilterType": str, "UserDefinedName": str, "PluginBundleID": str, "FilterURLs": bool, "URLFilterParameters": dict,
    },
    "com.apple.preferences.users": {"DisableUsingiCloudPassword": bool},
    "com.apple.security.acme": {
        "DirectoryURL": str, "ClientIdentifier": str, "KeySize": int, "KeyType": str, "HardwareBound": bool, "Subject": list,
    },
    "com.apple.Safari": {"HomePage": str},
})
SCEP = {
    "URL": str, "Name": str, "Subject": list, "Challenge": str, "Keysize": int, "Key Type": str, "Key Usage": int,
    "Retries": int, "RetryDelay": int, "SubjectAltName": dict, "KeyIsExtractable": bool, "AllowAllAppsAccess": bool,
}
MAC_ONLY = {"KeyIsExtractable", "AllowAllAppsAccess"}
NEEDED = {
    "com.apple.eas.account": {"Host", "SSL"},
    "com.apple.ews.account": {"Host", "SSL"},
    "com.apple.security.scep": {"PayloadContent"},
    "com.apple.security.root": {"PayloadContent"},
    "com.apple.security.pkcs1": {"PayloadContent"},
    "com.apple.security.pkcs12": {"PayloadContent"},
    "com.apple.wifi.managed": {"EncryptionType"},
    "com.apple.vpn.managed.applayer": {"VPNUUID", "VPNType"},
    "com.apple.carddav.account": {"CardDAVHostName"},
}
PLATFORM = {
    "com.apple.dock": {"macos"},
    "com.apple.MCX": {"macos"},
    "com.apple.eas.account": {"ios"},
    "com.apple.ews.account": {"macos"},
}
# The order in which payloads stand: what is referred to comes first.
RANK = {
    "com.apple.security.root": 0, "com.apple.security.pkcs1": 1, "com.apple.security.scep": 2,
    "com.apple.security.pkcs12": 3, "com.apple.eas.account": 4, "com.apple.ews.account": 4,
}
IDENTITY = {"com.apple.security.scep", "com.apple.security.pkcs12", "com.apple.security.acme"}
ANCHOR = {"com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"}


# A server's token where data belongs: Base64 has none of these characters. The server puts Base64 in its place before a device reads it.
TOKEN = re.compile(rb"(<data>\s*)([^<\s]*[^A-Za-z0-9+/=<\s][^<\s]*)(\s*</data>)")


def filled(raw):
    """The file as the server would send it: some DER in place of each token."""
    return TOKEN.sub(rb"\1MAA=\3", raw)


def same(one, other):
    """Deep equality that tells true from 1 and text from bytes."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def through_plistutil(path, faults):
    """The trees plistutil's binary and XML output hold, read again by plistlib."""
    trees = {}
    with tempfile.TemporaryDirectory() as folder:
        source = path
        for form in ("bin", "xml"):
            out = pathlib.Path(folder, form)
            run = subprocess.run(
                ["plistutil", "-i", str(source), "-f", form, "-o", str(out)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            )
            if run.returncode or not out.exists() or not out.stat().st_size:
                faults.append(f"plistutil cannot read it ({form}): {run.stderr.strip() or run.returncode}")
                return trees
            trees[form] = plistlib.loads(out.read_bytes())
            source = out
    return trees


def platform_of(path):
    """`ios` or `macos`, from the file's own name or the nearest folder that says so."""
    for part in [path.stem, *reversed(path.parent.parts)]:
        if part in ("ios", "macos"):
            return part
    return None


class Profile:
    def __init__(self, path, adopted):
        self.path, self.adopted, self.faults = path, adopted, []

    def say(self, text):
        self.faults.append(text)

    def typed(self, where, found, table):
        for key, value in found.items():
            wanted = table.get(key)
            if wanted is None:
                self.say(f"{where}: no such key `{key}`")
            elif type(value) is not wanted:
                self.say(f"{where}: `{key}` is {type(value).__name__}, not {wanted.__name__}")
            elif wanted is str and not value:
                self.say(f"{where}: `{key}` is empty")

    def envelope(self, where, found):
        for key in ("PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID"):
            if key not in found:
                self.say(f"{where}: no `{key}`")
        version = found.get("PayloadVersion")
        if type(version) is not int or version != 1:
            self.say(f"{where}: `PayloadVersion` is {version!r}, not the integer 1")
        uuid = found.get("PayloadUUID", "")
        if not (isinstance(uuid, str) and (UUID5.match(uuid) or uuid in self.adopted)):
            self.say(f"{where}: `PayloadUUID` {uuid!r} is no upper-case version 5 UUID")
        identifier = found.get("PayloadIdentifier", "")
        if not (isinstance(identifier, str) and IDENTIFIER.match(identifier)):
            self.say(f"{where}: `PayloadIdentifier` {identifier!r} is no reverse-DNS name")

    def distinct(self, key, all_of):
        seen = set()
        for found in all_of:
            value = found.get(key)
            if isinstance(value, str):
                if value.upper() in seen:
                    self.say(f"`{key}` {value} stands twice")
                seen.add(value.upper())

    def references(self, where, found, kinds):
        """Every key that ends in UUID (but PayloadUUID) points at a payload of the right class."""
        for key, value in found.items():
            if isinstance(value, dict):
                self.references(f"{where}/{key}", value, kinds)
            if key == "PayloadUUID" or not key.rstrip("s").endswith("UUID"):
                continue
            if key == "VPNUUID":
                if value not in self.vpns:
                    self.say(f"{where}: `VPNUUID` {value!r} is no VPN of this profile")
                continue
            wanted = ANCHOR if "Anchor" in key else IDENTITY
            for uuid in value if isinstance(value, list) else [value]:
                if uuid not in kinds:
                    self.say(f"{where}: `{key}` {uuid!r} is no payload of this profile")
                elif kinds[uuid] not in wanted:
                    self.say(f"{where}: `{key}` points at a {kinds[uuid]}")

    def scep(self, where, inner):
        self.typed(where, inner, SCEP)
        for key in ("URL", "Subject", "Keysize", "Key Type", "Key Usage"):
            if key not in inner:
                self.say(f"{where}: no `{key}`")
        for rdn in inner.get("Subject") or []:
            pairs = rdn if isinstance(rdn, list) and rdn else [None]
            for pair in pairs:
                if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)):
                    self.say(f"{where}: `Subject` holds {rdn!r}, not arrays of name and value")
        for key, value in (inner.get("SubjectAltName") or {}).items():
            texts = value if isinstance(value, list) and key != "ntPrincipalName" else [value]
            if key not in ("rfc822Name", "dNSName", "uniformResourceIdentifier", "ntPrincipalName"):
                self.say(f"{where}: no such alternative name `{key}`")
            elif not texts or not all(isinstance(text, str) and text for text in texts):
                self.say(f"{where}: `SubjectAltName/{key}` is {value!r}")
        if inner.get("Keysize") not in (1024, 2048, 4096) or inner.get("Key Type") != "RSA":
            self.say(f"{where}: key is {inner.get('Key Type')!r} {inner.get('Keysize')!r}")
        if inner.get("Key Usage") not in (1, 4, 5):
            self.say(f"{where}: `Key Usage` is {inner.get('Key Usage')!r}, not 1, 4 or 5")

    def payload(self, where, found, platform):
        kind = found.get("PayloadType")
        self.envelope(where, found)
        if isinstance(kind, str) and "." in kind and not kind.startswith(("com.apple.", "com.example.")):
            return  # a preference domain of somebody else's application
        if kind not in KEYS:
            self.say(f"{where}: no payload type known here")
            return
        self.typed(where, found, {**COMMON, **KEYS[kind]})
        for key in sorted(NEEDED.get(kind, set()) - found.keys()):
            self.say(f"{where}: no `{key}`")
        if platform and platform not in PLATFORM.get(kind, {platform}):
            self.say(f"{where}: not for {platform}")
        content = found.get("PayloadContent")
        if isinstance(content, bytes) and content[:1] != b"\x30":
            self.say(f"{where}: `PayloadContent` is not DER")
        if isinstance(content, dict):
            self.scep(where, content)
        if platform == "ios":
            for key in sorted(MAC_ONLY & {*found, *(content if isinstance(content, dict) else ())}):
                self.say(f"{where}: `{key}` exists on macOS only")
        name = found.get("PayloadCertificateFileName", "")
        if isinstance(name, str) and re.search(r"[/\\]", name):
            self.say(f"{where}: `PayloadCertificateFileName` {name!r} is a path")
        if found.get("MailNumberOfPastDaysToSync", 0) not in (0, 1, 3, 7, 14, 31):
            self.say(f"{where}: `MailNumberOfPastDaysToSync` is {found['MailNumberOfPastDaysToSync']!r}")
        switches = [found[key] for key in found if re.fullmatch(r"Enable(Mail|Contacts|Calendars|Reminders|Notes)", key)]
        if len(switches) == 5 and not any(switches):
            self.say(f"{where}: all five Enable keys are false")

    def judge(self):
        raw = filled(self.path.read_bytes())
        if not raw.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml"):
            self.say("is not an XML property list")
            return
        try:
            tree = plistlib.loads(raw, fmt=plistlib.FMT_XML)
        except Exception as problem:  # plistlib raises whatever the XML parser raises
            self.say(f"plistlib cannot read it: {problem}")
            return
        with tempfile.NamedTemporaryFile(suffix=".mobileconfig") as file:
            file.write(raw)
            file.flush()
            trees = through_plistutil(pathlib.Path(file.name), self.faults)
        for form, other in trees.items():
            if not same(tree, other):
                self.say(f"plistutil's {form} output holds another tree")
        if not isinstance(tree, dict):
            self.say("is not a dictionary")
            return
        self.rules(tree)

    def rules(self, tree):
        platform = platform_of(self.path)
        self.envelope("profile", tree)
        self.typed("profile", tree, TOP)
        if tree.get("PayloadType") != "Configuration":
            self.say(f"profile: `PayloadType` is {tree.get('PayloadType')!r}")
        if "PayloadDisplayName" not in tree:
            self.say("profile: no `PayloadDisplayName`")
        scope = tree.get("PayloadScope")
        if platform != "macos" and scope is not None:
            self.say("profile: `PayloadScope` outside macOS")
        if platform == "macos" and scope not in ("User", "System"):
            self.say(f"profile: `PayloadScope` is {scope!r}")
        content = tree.get("PayloadContent")
        if not isinstance(content, list) or not content or not all(isinstance(found, dict) for found in content):
            self.say("profile: `PayloadContent` is not an array of payloads")
            return
        kinds = {found.get("PayloadUUID"): found.get("PayloadType") for found in content}
        self.vpns = {found.get("VPNUUID") for found in content if found.get("PayloadType") == "com.apple.vpn.managed.applayer"}
        for number, found in enumerate(content):
            where = f"payload {number} ({found.get('PayloadType')})"
            self.payload(where, found, platform)
            self.references(where, found, kinds)
        if scope == "System" and "com.apple.ews.account" in kinds.values():
            self.say("profile: an Exchange account is for the user channel only")
        self.distinct("PayloadUUID", [tree, *content])
        self.distinct("PayloadIdentifier", [tree, *content])
        ranks = [RANK.get(found.get("PayloadType"), 9) for found in content]
        if ranks != sorted(ranks):
            self.say("payloads do not stand in order: roots, intermediates, SCEP, PKCS#12, account")


def files_of(names):
    for name in names:
        path = pathlib.Path(name)
        yield from [path] if path.is_file() else sorted(path.rglob("*.mobileconfig"))


def main():
    parser = argparse.ArgumentParser(description="judge .mobileconfig files")
    parser.add_argument("--adopted", action="append", default=[], metavar="UUID", help="a UUID taken over from elsewhere: any version")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    options = parser.parse_args()
    if not shutil.which("plistutil"):
        print("plistutil is missing: apt-get install libplist-utils", file=sys.stderr)
        return 2
    judged = bad = 0
    for path in files_of(options.folders):
        profile = Profile(path, {uuid.upper() for uuid in options.adopted})
        profile.judge()
        judged += 1
        bad += bool(profile.faults)
        for fault in profile.faults:
            print(f"{path}: {fault}")
    print(f"{judged} profiles judged, {bad} with faults")
    return 1 if bad or not judged else 0


if __name__ == "__main__":
    sys.exit(main())

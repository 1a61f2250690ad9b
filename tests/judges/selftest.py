#!/usr/bin/env python3
"""Prove that each judge passes what is sound and can fail: every rule meets one sample that breaks it.

A case is a sample, one text in it, what that text becomes (`None`: the sample as it lies there), and a piece of the finding that must follow.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
import mobileconfig
import syncml

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE / "samples"

IOS, MACOS = "ios/mail.mobileconfig", "macos/mail.mobileconfig"
EAS = "<string>com.apple.eas.account</string>"
SCEP_UUID = "22222222-2222-5222-8222-222222222222"
MOBILECONFIG = [
    ("bad/ssl-is-a-number.mobileconfig", None, None, "`SSL` is int, not bool"),
    (IOS, "<?xml", "bplist00<?xml", "not an XML property list"),
    (IOS, "</plist>", "", "plistlib cannot read it"),
    (IOS, "<true/>", "<string>true</string>", "`SSL` is str, not bool"),
    (IOS, "<integer>14</integer>", "<string>14</string>", "`MailNumberOfPastDaysToSync` is str"),
    (IOS, "<integer>14</integer>", "<integer>30</integer>", "`MailNumberOfPastDaysToSync` is 30"),
    (IOS, "<integer>1</integer>", "<true/>", "`PayloadVersion` is True"),
    (IOS, "<string>Configuration</string>", "<string>configuration</string>", "`PayloadType` is 'configuration'"),
    (IOS, "44444444-4444-5444-8444", "44444444-4444-4444-8444", "no upper-case version 5 UUID"),
    (IOS, "44444444-4444-5444-8444-444444444444", "aaaaaaaa-4444-5444-8444-444444444444", "no upper-case version 5 UUID"),
    (IOS, "44444444-4444-5444-8444-444444444444", "33333333-3333-5333-8333-333333333333", "stands twice"),
    (IOS, "com.example.mail.root", "com.example.mail", "`PayloadIdentifier` com.example.mail stands twice"),
    (IOS, "com.example.mail.root", "mail root", "no reverse-DNS name"),
    (IOS, f"PayloadCertificateUUID</key>\n\t\t\t<string>{SCEP_UUID}", "PayloadCertificateUUID</key>\n\t\t\t<string>22222222-2222-5222-8222-222222222223",
     "is no payload of this profile"),
    (IOS, f"PayloadCertificateUUID</key>\n\t\t\t<string>{SCEP_UUID}", "PayloadCertificateUUID</key>\n\t\t\t<string>11111111-1111-5111-8111-111111111111",
     "points at a com.apple.security.root"),
    (IOS, "<key>Host</key>", "<key>host</key>", "no such key `host`"),
    (IOS, "<key>Host</key>", "<key>host</key>", "no `Host`"),
    (IOS, "mail.example.com</string>", "</string>", "`Host` is empty"),
    (IOS, EAS, "<string>com.apple.ews.account</string>", "not for ios"),
    (IOS, EAS, "<string>com.example.account</string>", "no payload type known here"),
    (IOS, "<key>PayloadDisplayName</key>", "<key>PayloadScope</key>\n\t<string>User</string>\n\t<key>PayloadDisplayName</key>", "outside macOS"),
    (IOS, "<key>PayloadDisplayName</key>", "<key>PayloadOrganization</key>", "no `PayloadDisplayName`"),
    (IOS, "MAMCAQE=", "AAMCAQE=", "is not DER"),
    (IOS, "<key>Key Usage</key>\n\t\t\t\t<integer>5", "<key>Key Usage</key>\n\t\t\t\t<integer>160", "`Key Usage` is 160"),
    (IOS, "<integer>2048</integer>", "<integer>2047</integer>", "key is 'RSA' 2047"),
    (IOS, "<string>CN</string>", "", "not arrays of name and value"),
    (IOS, "<key>Key Type</key>", "<key>KeyType</key>", "no `Key Type`"),
    (IOS, "com.apple.security.root", "com.apple.security.pkcs12", "do not stand in order"),
    (MACOS, "<string>User</string>", "<string>user</string>", "`PayloadScope` is 'user'"),
    (MACOS, "<string>User</string>", "<string>System</string>", "user channel only"),
]

PHONE, MAIL, IDENTITY = "generic/windows_phone/mail.install.xml", "fleet/windows/mail.install.xml", "fleet/windows/identity.install.xml"
ROOT = "./Vendor/MSFT/CertificateStore/Root/System/"
SCEP = "./User/Vendor/MSFT/ClientCertificateInstall/SCEP/$FLEET_VAR_SCEP_WINDOWS_CERTIFICATE_ID"
ITEM = ('<Item><Target><LocURI>./User/Vendor/MSFT/A</LocURI></Target><Meta><Format xmlns="syncml:metinf">chr</Format>'
        '<Type xmlns="syncml:metinf">text/plain</Type></Meta><Data>1</Data></Item>')
SYNCML = [
    ("bad/literal-braces.xml", None, None, "segment '{66666666"),
    ("bad/meta-before-target.xml", None, None, "grammar:"),
    (PHONE, "</Atomic>", "", "not well-formed"),
    (PHONE, "<CmdID>2</CmdID>", "", "grammar:"),
    (PHONE, "<CmdID>4</CmdID>", "<CmdID>3</CmdID>", "CmdIDs are"),
    (PHONE, "<CmdID>1</CmdID>", "<CmdID>0</CmdID>", "CmdIDs are"),
    (PHONE, "<Exec>\n        <CmdID>6</CmdID>", "<Exec>\n        <CmdID>6</CmdID><Unknown/>", "grammar:"),
    (PHONE, "<Exec>\n        <CmdID>6</CmdID>", "<Exec>\n        <CmdID>6</CmdID><Unknown/>", "xml2wbxml"),
    (PHONE, ' xmlns="syncml:metinf">int', ">int", 'without xmlns="syncml:metinf"'),
    (PHONE, 'xmlns="SYNCML:SYNCML1.2"', 'xmlns="SYNCML:SYNCML1.1"', "grammar:"),
    (PHONE, "<VerProto>DM/1.2<", "<VerProto>DM/1.1<", "VerProto is not DM/1.2"),
    (PHONE, "R&amp;D &lt;mail&gt; für alle", "<![CDATA[R&D]]>", "CDATA"),
    (PHONE, "<Data>160</Data>", "<Data> 160</Data>", "Data is padded"),
    (PHONE, "<Data>160</Data>", "<Data>0xA0</Data>", "int is '0xA0'"),
    (PHONE, "<Data>160</Data>", "", "Format int without Data"),
    (PHONE, ">node<", ">chr<", "Format chr without Data"),
    (PHONE, ">int<", ">integer<", "Format 'integer'"),
    (PHONE, ">int<", ">bool<", "bool is '160'"),
    (PHONE, ">text/plain<", ">text/xml<", "Type 'text/xml'"),
    (PHONE, "MAMCAQE=", "MAMC\nAQE=", "not base64 without line breaks"),
    (PHONE, ROOT, " " + ROOT, "does not begin with ./"),
    (PHONE, ROOT, ROOT[1:], "does not begin with ./"),
    (PHONE, ROOT, ROOT + "a b/", "segment 'a b'"),
    (PHONE, ROOT, ROOT + "/", "segment ''"),
    (PHONE, ROOT, ROOT + "../", "segment '..'"),
    (PHONE, ROOT, ROOT + "%7b/", "segment '%7b'"),
    (PHONE, ROOT, ROOT + "50%/", "segment '50%'"),
    (PHONE, "<Add>\n        <CmdID>4", "<Get>\n        <CmdID>4", "not well-formed"),
    (PHONE, "/Install/KeyUsage", "/Install/Enroll", "Add and Exec of"),
    (PHONE, "%7B66666666-6666-5666-8666-666666666666%7D/AccountName", "%7B66666666-6666-5666-8666-666666666666%7D", "Add and Add of"),
    (MAIL, "<Atomic>\n  <Add>", "<Atomic>\n  <CmdID>1</CmdID>\n  <Add>", "fleet 5: <CmdID>"),
    (MAIL, "<Atomic>\n  <Add>", f"<Atomic>\n  <Get>{ITEM}</Get>\n  <Add>", "Get inside Atomic"),
    (MAIL, "<Atomic>\n  <Add>", f"<Atomic>\n  <Atomic><Add>{ITEM}</Add></Atomic>\n  <Add>", "fleet 4: nested Atomic"),
    (MAIL, "<Atomic>\n  <Add>", f"<Atomic>\n  <Atomic><Add>{ITEM}</Add></Atomic>\n  <Add>", "Atomic inside Atomic"),
    (MAIL, "<Atomic>\n  <Add>", '<?xml version="1.0"?>\n<Atomic>\n  <Add>', "fleet 2: an XML declaration"),
    (MAIL, "<Atomic>\n  <Add>", '<?fleet x?>\n<Atomic>\n  <Add>', "fleet 2: processing instruction"),
    (MAIL, "</Atomic>", f"</Atomic><Delete>{ITEM}</Delete>", "fleet 3: <Delete>"),
    (MAIL, "</Atomic>", f"</Atomic><Add>{ITEM}</Add>", "fleet 4: Atomic is not alone"),
    (MAIL, "</Atomic>", "", "fleet 2: not well-formed"),
    (MAIL, "./User/Vendor/MSFT/ActiveSync", "./Device/Vendor/MSFT/BitLocker", "fleet 6: reserved"),
    (MAIL, "</Atomic>", f"</Atomic><Exec>{ITEM}</Exec>", "fleet 8: Exec"),
    (IDENTITY, "/Install/KeyUsage", "/Install/AttestPrivateKey", "fleet 7: not in the closed list"),
    (IDENTITY, "/Install/KeyUsage", "/Install/AttestPrivateKey", "fleet 7: no KeyUsage"),
    (IDENTITY, "/Install/KeyUsage", "/Install/KeyLength", "fleet 7: twice"),
    (IDENTITY, "/Install/KeyUsage", "/Install", "fleet 7: not in the closed list"),
    (IDENTITY, SCEP + "<", SCEP + "/Install/RetryCount<", "fleet 7: the id node itself"),
    (IDENTITY, SCEP + "/Install/KeyUsage", SCEP.replace("User", "Device") + "/Install/KeyUsage", "fleet 7: both ./Device and ./User"),
    (IDENTITY, SCEP + "/Install/KeyUsage", "./User/Vendor/MSFT/WiFi", "fleet 9"),
    (IDENTITY, SCEP + "/Install/KeyUsage", SCEP.replace("$FLEET_VAR_SCEP_WINDOWS_CERTIFICATE_ID", "identity") + "/Install/KeyUsage", "fleet 7: the id is identity"),
    (IDENTITY, "<Exec>", "<Add>", "not well-formed"),
    (IDENTITY, "/Install/Enroll", "/Install/RetryCount", "wanted one, of Install/Enroll"),
    (IDENTITY, "https://scep.example.com/scep", "$FLEET_VAR_NDES_SCEP_PROXY_URL", None),
    (IDENTITY, "<Data>CN=alice,OU=$FLEET_VAR_CERTIFICATE_RENEWAL_ID</Data>", "<Data>$FLEET_VAR_NDES_SCEP_CHALLENGE</Data>", "RENEWAL_ID in the subject"),
]

TABLE, USE_SSL, SMIME = "expected.tsv", "expected/email/use_ssl/true/", "expected/email/smime.signing_certificate/scep_certificate/ios.mobileconfig"
EXPECTED = [
    (USE_SSL + "windows.install.xml", "<Data>1</Data>", "<Data>0</Data>", "is Add chr '0'"),
    (USE_SSL + "windows.install.xml", ">chr<", ">int<", "is Add int '1'"),
    (USE_SSL + "windows.install.xml", "%7D/Options/UseSSL", "%7D/Options/UseSsl", "no such place"),
    (USE_SSL + "windows.install.xml", "%7D/Options<", "%7D/Password<", "is there"),
    (USE_SSL + "windows.install.xml", "%7B66666666-6666-5666-8666-666666666666%7D/Options/U", "{66666666-6666-5666-8666-666666666666}/Options/U", "no such place"),
    (USE_SSL + "windows.install.xml", "</Atomic>", "", "unreadable"),
    (USE_SSL + "macos.mobileconfig", "<key>SSL</key>", "<key>ExternalSSL</key>\n\t\t\t<true/>\n\t\t\t<key>SSL</key>", "differs from required/only"),
    (USE_SSL + "macos.mobileconfig", "<true/>", "<integer>1</integer>", "differs from required/only"),
    (SMIME, "<integer>14</integer>", "<integer>7</integer>", "is integer 7"),
    (SMIME, "<integer>14</integer>", "<string>14</string>", "is string '14'"),
    (SMIME, f"SMIMESigningCertificateUUID</key>\n\t\t\t<string>{SCEP_UUID}", "SMIMESigningCertificateUUID</key>\n\t\t\t<string>11111111-1111-5111-8111-111111111111", "is string '11111111"),
    (SMIME, "alice &amp; bob", "alice", "is array"),
    (TABLE, "email.use_ssl\ttrue\tmacos\t-\t-\t-\n", "", "no row"),
    (TABLE, "use_ssl\ttrue\tmacos", "use_ssl\tfalse\tmacos", "no such artifact"),
    (TABLE, "\ttrue\tmacos\t-", "\ttrue\tandroid\t-", "no such target"),
]

CONFIGURATION, ACTIVATION = "declarations/ios_ddm/passcode.1.json", "declarations/ios_ddm/passcode.activation.json"
DECLARATION = [
    (CONFIGURATION, "{", "", "cannot be read"),
    (CONFIGURATION, '"MinimumLength": 8', '"MinimumLength": 9', "is not the SHA-256 of the content"),
    (CONFIGURATION, '"MinimumLength": 8', '"MinimumLength": 8, "MinimumLength": 8', "stands twice"),
    (CONFIGURATION, '"Identifier"', '"identifier"', "its keys are not"),
    (CONFIGURATION, '"com.apple.configuration.', '"com.apple.', "`Type` is"),
    (CONFIGURATION, "com.example.passcode.1", "com.example." + "passcode" * 8, "of 1 to 64 octets"),
    (CONFIGURATION, "com.example.passcode.1", "com.example.passcode.2", "is no declaration of this profile"),
    (CONFIGURATION, "com.example.passcode.1", "com.example.passcode.activation", "stands twice"),
    (ACTIVATION, "com.apple.activation.simple", "com.apple.management.simple", "no activation names it"),
    (ACTIVATION, '"com.example.passcode.1"', '"com.example.passcode.activation"', "points at a com.apple.activation.simple"),
]


def run(judge, *arguments, environment=None):
    command = [sys.executable, "-B", str(HERE / judge), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return result.returncode, result.stdout + result.stderr


def arguments_of(judge, sample, folder):
    if judge == "declaration.py":
        return [folder / "declarations"]
    return ["--table", folder / TABLE, folder / "expected"] if judge == "expected.py" else [folder / sample]


def case(judge, sample, old, new, finding):
    """None, or why this case proves nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name, "samples")
        shutil.copytree(SAMPLES, folder)
        path = folder / sample
        if old is not None:
            text = path.read_text("utf-8")
            if old not in text:
                return f"{sample} does not hold {old!r}"
            path.write_text(text.replace(old, new, 1), "utf-8")
        status, output = run(judge, *arguments_of(judge, sample, folder))
    if finding is None:
        return None if status == 0 else f"exit {status}: {output}"
    if status != 1 or finding not in output or "Traceback" in output:
        return f"exit {status}, wanted 1 and {finding!r}: {output}"
    return None


def whole():
    """Sound samples pass, nothing to judge fails, a missing reader fails."""
    with tempfile.TemporaryDirectory() as empty:
        yield "sound profiles", run("mobileconfig.py", SAMPLES / "ios", SAMPLES / "macos"), 0, "2 profiles judged, 0"
        yield "sound SyncML", run("syncml.py", SAMPLES / "generic", SAMPLES / "fleet"), 0, "3 artifacts judged (2 by Fleet's rules), 0"
        yield "sound artifacts", run("expected.py", "--table", SAMPLES / TABLE, SAMPLES / "expected"), 0, "8 passed, 0 failed"
        yield "whole where bare is wanted", run("syncml.py", "--bare", SAMPLES / "generic"), 1, "a whole message where"
        yield "whole for Fleet", run("syncml.py", "--fleet", SAMPLES / "generic"), 1, "fleet 2: an XML declaration"
        yield "sound declarations", run("declaration.py", SAMPLES / "declarations"), 0, "2 declarations judged, 0"
        yield "no declarations", run("declaration.py", empty), 1, "0 declarations judged"
        yield "no profiles", run("mobileconfig.py", empty), 1, "0 profiles judged"
        yield "no SyncML", run("syncml.py", empty), 1, "0 artifacts judged"
        yield "no artifacts", run("expected.py", "--table", SAMPLES / TABLE, empty), 1, "0 passed"
        nothing = {"PATH": empty}
        yield "no plistutil", run("mobileconfig.py", SAMPLES, environment=nothing), 2, "plistutil is missing"
        yield "no xmllint", run("syncml.py", SAMPLES, environment=nothing), 2, "xmllint is missing"


def comparisons():
    """The two comparisons that no sound tool makes fail: they must tell apart what differs."""
    def tree(text):
        return syncml.canonical(ElementTree.fromstring(text))

    yield "true is not 1", not mobileconfig.same({"a": [True]}, {"a": [1]})
    yield "text is not bytes", not mobileconfig.same({"a": "x"}, {"a": b"x"})
    yield "a missing key", not mobileconfig.same({"a": 1}, {})
    yield "equal property lists", mobileconfig.same({"a": [1, {"b": b"x"}]}, {"a": [1, {"b": b"x"}]})
    yield "another text", tree("<a><b>1</b></a>") != tree("<a><b>2</b></a>")
    yield "another namespace", tree("<a><b>1</b></a>") != tree("<a><b xmlns='x'>1</b></a>")
    yield "another order", tree("<a><b/><c/></a>") != tree("<a><c/><b/></a>")
    yield "white space between elements", tree("<a> <b>1</b> </a>") == tree("<a><b>1</b></a>")
    yield "white space in a text", tree("<a><b>1 </b></a>") != tree("<a><b>1</b></a>")


def main():
    tried = failed = 0
    for name, holds in comparisons():
        tried += 1
        if not holds:
            failed += 1
            print(f"comparison: {name}")
    for judge, cases in (("mobileconfig.py", MOBILECONFIG), ("syncml.py", SYNCML), ("expected.py", EXPECTED), ("declaration.py", DECLARATION)):
        for one in cases:
            tried += 1
            problem = case(judge, *one)
            if problem:
                failed += 1
                print(f"{judge} {one[0]} {one[1]!r} -> {one[2]!r}: {problem}")
    for name, (status, output), wanted, text in whole():
        tried += 1
        if status != wanted or text not in output:
            failed += 1
            print(f"{name}: exit {status}, wanted {wanted} and {text!r}: {output}")
    print(f"{tried} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

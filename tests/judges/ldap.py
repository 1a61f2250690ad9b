#!/usr/bin/env python3
"""`payloadc directory pull` against a real OpenLDAP server on loopback.

Makes a throw-away slapd: configuration, database, an authority and its certificates (openssl), people with names beyond ASCII, binary
attributes and several values. What the program prints is compared with what was put in, never with what the program says elsewhere.
Usage: ldap.py PROGRAM [--people N]
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BASE = "dc=contoso,dc=com"
ADMIN = f"cn=admin,{BASE}"
LIMITED = f"uid=user00001,ou=People,{BASE}"
SECRET = "Grüße, \"slapd\""
# Less than there are people: more than a page, and more than the server sends unless it is asked for pages.
PAGE, LIMIT = 100, 250

# Active Directory's attributes, which OpenLDAP lacks: names as published, numbers of our own below a private arc.
SCHEMA = """attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.3 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.4 NAME 'department' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'adUser' AUXILIARY MAY ( userPrincipalName $ sAMAccountName $ objectGUID $ department ) )
"""

failures = []


def expect(what, holds, detail=""):
    if not holds:
        failures.append(f"{what}: {detail}")
        print(f"FAILED {what}: {detail}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, **options):
    subprocess.run(command, check=True, capture_output=True, **options)


def authority(folder, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")


def certificate(folder, name, issuer, alternative):
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
    (folder / "extensions").write_text(f"subjectAltName={alternative}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    run("openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key",
        "-CAcreateserial", "-days", "2", "-extfile", folder / "extensions", "-out", folder / f"{name}.pem")


def person(number):
    """What is put in, as the attributes of LDIF, and the line that must come out."""
    uid = f"user{number:05}"
    surname = ["Müller", "O'Brien", "山田", "R&D <\"x\">", " padded "][number % 5]
    guid = bytes((number >> shift) & 0xff for shift in (24, 16, 8, 0)) + bytes(range(12))
    attributes = [
        ("objectClass", b"inetOrgPerson"), ("objectClass", b"adUser"), ("uid", uid.encode()), ("cn", f"Person {number}".encode()),
        ("sn", surname.encode()), ("displayName", f"{surname} {number}".encode()), ("mail", f"{uid}@contoso.com".encode()),
        ("userPrincipalName", f"{uid}@corp.contoso.com".encode()), ("sAMAccountName", uid.encode()), ("objectGUID", guid),
    ]
    line = {
        "id": f"{uid}@corp.contoso.com", "display_name": f"{surname} {number}", "domain": "contoso.com",
        "primary_smtp_address": f"{uid}@contoso.com", "sam_account_name": uid, "surname": surname,
        "user_principal_name": f"{uid}@corp.contoso.com",
    }
    if number == 1:
        attributes.append(("userPassword", SECRET.encode()))
    if number % 3 == 0:
        attributes.append(("department", b"Sales"))
        line["department"] = "Sales"
    return uid, attributes, line


def ldif(people):
    out = [f"dn: {BASE}", "objectClass: domain", "dc: contoso", "", f"dn: ou=People,{BASE}", "objectClass: organizationalUnit", "ou: People", ""]
    # One that is no person.
    out += [f"dn: cn=printers,{BASE}", "objectClass: organizationalRole", "cn: printers", ""]
    for uid, attributes, _ in people:
        out.append(f"dn: uid={uid},ou=People,{BASE}")
        out += [f"{name}:: {base64.b64encode(value).decode()}" for name, value in attributes]
        out.append("")
    return "\n".join(out)


class Server:
    """slapd, ended with the block."""

    def __init__(self, folder, people, certificate_name):
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        (folder / "ad.schema").write_text(SCHEMA)
        (folder / "slapd.conf").write_text(f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {folder}/ad.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/authority.pem
TLSCertificateFile {folder}/{certificate_name}.pem
TLSCertificateKeyFile {folder}/{certificate_name}.key
sizelimit size.soft={LIMIT} size.hard={LIMIT} size.prtotal=unlimited
database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw {SECRET}
directory {folder}/data
maxsize 1073741824
limits dn.exact="{LIMITED}" size.soft={LIMIT} size.hard={LIMIT} size.prtotal={LIMIT}
access to * by users read by anonymous auth
""".replace("rootpw " + SECRET, 'rootpw "' + SECRET.replace('"', '\\"') + '"'))
        (folder / "data").mkdir()
        (folder / "people.ldif").write_text(ldif(people))
        run("slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "people.ldif")
        urls = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
        self.process = subprocess.Popen(["slapd", "-d", "0", "-f", folder / "slapd.conf", "-h", urls],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(200):
            if self.process.poll() is not None:
                raise SystemExit(f"slapd ended with {self.process.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.tls_port)) == 0:
                    return self
            time.sleep(0.05)
        raise SystemExit("slapd does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=pathlib.Path)
    arguments.add_argument("--people", type=int, default=1234)
    options = arguments.parse_args()
    for tool in ("slapd", "slapadd", "ldapsearch", "openssl"):
        if not shutil.which(tool):
            raise SystemExit(f"judge missing: {tool}")
    program = str(options.program.resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        authority(folder, "authority")
        authority(folder, "stranger")
        certificate(folder, "server", "authority", "DNS:localhost,IP:127.0.0.1")
        certificate(folder, "elsewhere", "authority", "DNS:ldap.example.org")
        people = [person(number) for number in range(options.people)]
        with Server(folder, people, "server") as server:
            judge(program, folder, server, people)
        shutil.rmtree(folder / "data")
        with Server(folder, people[:3], "elsewhere") as server:
            refused(program, folder, server)
    print(f"ldap: {'FAILED' if failures else 'passed'}, {options.people} people")
    sys.exit(bool(failures))


def puller(program, folder, url):
    def pull(*words, secret=SECRET, trust="authority", dn=ADMIN, base=BASE, address=url):
        command = [program, "directory", "pull", address, "--base", base, *words]
        if trust:
            command += ["--ca-file", str(folder / f"{trust}.pem")]
        if dn:
            command += ["--bind-dn", dn, "--bind-secret", "env:LDAP_SECRET"]
        # What is wrong must not come from the machine's own settings.
        environment = {"PATH": os.environ["PATH"], "LDAP_SECRET": secret}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    return pull


def judge(program, folder, server, people):
    tls, plain = f"ldaps://localhost:{server.tls_port}", f"ldap://localhost:{server.port}"
    pull = puller(program, folder, tls)
    wanted = [line for _, _, line in people]

    found = pull("--page-size", str(PAGE))
    expect("ldaps ends well", found.returncode == 0, found.stderr)
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    expect("everybody arrives, sorted", lines == wanted, f"{len(lines)} of {len(wanted)}; {lines[:1]} {wanted[:1]}")
    expect("keys are sorted behind the id", all(list(line)[1:] == sorted(list(line)[1:]) and list(line)[0] == "id" for line in lines))
    expect("the count is said", f"{len(people)} people" in found.stderr, found.stderr)

    start = pull("--starttls", "--page-size", "7", address=plain)
    expect("StartTLS gives the same bytes", (start.returncode, start.stdout) == (0, found.stdout), start.stderr)
    (folder / "secret").write_text(SECRET + "\n")
    plain_text = subprocess.run([program, "directory", "pull", plain, "--base", BASE, "--allow-plain-text", "--bind-dn", ADMIN,
                                 "--bind-secret", f"file:{folder}/secret"], capture_output=True, text=True)
    expect("plain text when asked for gives the same bytes", (plain_text.returncode, plain_text.stdout) == (0, found.stdout), plain_text.stderr)
    address = pull(address=f"ldaps://127.0.0.1:{server.tls_port}")
    expect("an address of numbers that the certificate has", address.returncode == 0, address.stderr)

    # The same people as OpenLDAP's own client sees them.
    own = subprocess.run(["ldapsearch", "-LLL", "-x", "-H", plain, "-D", ADMIN, "-w", SECRET, "-b", BASE, "-E", f"pr={PAGE}/noprompt", "-o", "ldif-wrap=no",
                          "(objectClass=inetOrgPerson)", "uid"], capture_output=True, text=True, check=True)
    expect("as many as ldapsearch finds", own.stdout.count("\nuid: ") == len(lines), own.stdout.count("\nuid: "))

    found = pull("--filter", "(&(department=Sales)(sn=M*ller))", "--attribute", "objectGUID", "--attribute", "objectClass=classes")
    some = [line for line in wanted if line.get("department") == "Sales" and line["surname"] == "Müller"]
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    expect("a filter beyond ASCII", [line["id"] for line in lines] == [line["id"] for line in some] and some, found.stderr)
    expect("several values are a sorted list", all(line["classes"] == ["adUser", "inetOrgPerson"] for line in lines), lines[:1])
    expect("a GUID is written as one", lines and lines[0]["objectguid"] == "00000000-0100-0302-0405-060708090a0b", lines[:1])

    workspace(program, folder, pull("--page-size", str(PAGE)).stdout, wanted)
    mistakes(pull, plain, tls)


def workspace(program, folder, people, wanted):
    """What is printed is what a workspace reads: a question about it finds whom it must."""
    (folder / "users.ndjson").write_text(people)
    (folder / "payloadc.yaml").write_text("organization: { name: Contoso, identifier: com.contoso }\ndirectory: users.ndjson\n")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "sales.yaml").write_text(
        'kind: collection\nid: sales\nname: Sales\nwhere: user.department == "Sales" and user.surname == "müller"\n')
    found = subprocess.run([program, "collection", "show", "sales"], cwd=folder, capture_output=True, text=True)
    ids = [line["id"] for line in wanted if line.get("department") == "Sales" and line["surname"] == "Müller"]
    missing = [one for one in ids if one not in found.stdout]
    others = [line["id"] for line in wanted if line["id"] not in ids and line["id"] in found.stdout]
    expect("a workspace reads it", found.returncode == 0 and ids and not missing and not others, f"{missing[:2]} {others[:2]} {found.stdout[:300]}{found.stderr}")


def mistakes(pull, plain, tls):
    cases = [
        ("a wrong authority", pull(trust="stranger"), "its issuer is not trusted"),
        ("the system's authorities", pull(trust=None), "its issuer is not trusted"),
        ("a wrong authority with StartTLS", pull("--starttls", trust="stranger", address=plain), "its issuer is not trusted"),
        ("a wrong secret", pull(secret="wrong"), "LDAP result 49"),
        ("an empty secret", pull(secret=""), "is empty"),
        ("a name that is none", pull(dn="admin"), "is no distinguished name"),
        ("anonymous", pull(dn=None), "this bind may not search there"),
        ("no such base", pull(base="dc=fabrikam,dc=com"), f"there is no `dc=fabrikam,dc=com`; it holds `{BASE}`"),
        ("a base that is none", pull(base="contoso"), "is no distinguished name"),
        ("nobody", pull("--filter", "(uid=nobody)"), "shows nobody"),
        ("a filter", pull("--filter", "(&(uid=a) (uid=b))"), "column 10"),
        ("plain text", pull(address=plain), "plain text"),
        ("a port without TLS", pull(address=plain.replace("ldap://", "ldaps://")), "with `--starttls`"),
        ("a port with TLS", pull("--starttls", "--timeout", "1", address=tls.replace("ldaps://", "ldap://")), "`ldaps://` is for"),
        ("nobody listens", pull(address=f"ldaps://localhost:{free_port()}"), "refuses the connection"),
        ("a size limit", pull(dn=LIMITED), f"it stopped after {LIMIT} entries at its size limit"),
        ("one id for two", pull("--id", "department"), "two entries have the id `Sales`"),
    ]
    for what, run, words in cases:
        expect(f"{what} is refused", run.returncode == 2 and not run.stdout, f"{run.returncode} {run.stderr}")
        expect(f"{what} is explained", words in run.stderr, run.stderr)
        expect(f"{what}: no secret", SECRET not in run.stderr and "panicked" not in run.stderr, run.stderr)


def refused(program, folder, server):
    pull = puller(program, folder, f"ldaps://localhost:{server.tls_port}")
    run = pull()
    expect("a certificate for another name", run.returncode == 2 and "issued for another name" in run.stderr, run.stderr)


if __name__ == "__main__":
    main()

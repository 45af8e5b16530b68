"""A real mail server for tests: Dovecot (IMAP, LMTP) and Exim (SMTP), one of each a session.

Everything lives in one temporary folder and on free ports of this machine. Dovecot's login process
refuses to run as root, so as root both run as `nobody`.
"""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.clock import now

PASSWORD = "password-of-the-tests"
NEEDED = {
    "dovecot": "dovecot-imapd",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
    "exim4": "exim4-daemon-light",
}
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def missing_packages() -> list[str]:
    """The system packages the mail tests need and this machine lacks."""
    lacking = [package for program, package in NEEDED.items() if not _found(program)]
    return list(dict.fromkeys(lacking))


def _found(program: str) -> str | None:
    return shutil.which(program, path=_PATH)


@dataclass
class MailServer:
    """A running server; any mailbox `name@mail.example` exists with `PASSWORD`."""

    folder: Path
    imap_port: int
    imaps_port: int
    smtp_port: int
    certificate: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _boxes: int = 0

    def new_mailbox(self) -> str:
        """A mailbox nobody has used."""
        self._boxes += 1
        return f"box{self._boxes}@mail.example"

    def settings(self, address: str, **more: object) -> dict[str, object]:
        """What an inbox needs to reach `address`."""
        return {
            "address": address,
            "imap_host": "localhost",
            "imap_port": self.imaps_port,
            "imap_password": PASSWORD,
            "smtp_host": "localhost",
            "smtp_port": self.smtp_port,
            "smtp_tls": "starttls",
            "ca_file": str(self.certificate),
            **more,
        }

    def append(
        self, address: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        """Put mails into a folder, as if they had come (`at` some moment)."""
        arrived = imaplib.Time2Internaldate(at) if at else ""
        with self.login(address) as imap:
            for mail in mails:
                answer, said = imap.append(folder, "", arrived, mail)
                assert answer == "OK", said

    def flags(self, address: str, folder: str = "INBOX") -> list[str]:
        """The flags of each mail in a folder."""
        with self.login(address) as imap:
            imap.select(folder, readonly=True)
            _, found = imap.fetch("1:*", "(FLAGS)")
        return [one.decode() for one in found if isinstance(one, bytes)]

    @contextmanager
    def login(self, address: str) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as imap:
            imap.login(address, PASSWORD)
            yield imap

    def home(self, address: str) -> Path:
        return self.folder / "mail" / address

    def renumber(self, address: str) -> None:
        """Change the folder's UIDVALIDITY: the mails are the same, all their numbers are new."""
        # Whoever still has the folder open would write its old numbers again.
        self.cut()
        # Dovecot numbers a folder by the second in which it first sees it.
        time.sleep(1)
        for found in self.home(address).rglob("dovecot*"):
            if found.is_file():
                found.unlink()

    def sessions(self) -> list[psutil.Process]:
        """The processes that serve the mailboxes at this moment."""
        master = psutil.Process(self.processes["dovecot"].pid)
        return [one for one in master.children(recursive=True) if one.name() == "imap"]

    def cut(self) -> None:
        """kill -9 of whatever serves a mailbox just now."""
        for one in self.sessions():
            with suppress(psutil.Error):
                one.kill()

    def end(self) -> None:
        for one in self.processes.values():
            _end(one)

    def stop_imap(self) -> None:
        """kill -9 of the IMAP server and all it has begun."""
        _end(self.processes.pop("dovecot"))

    def start_imap(self) -> None:
        self._start("dovecot", "-F", "-c", str(self.folder / "dovecot.conf"))
        _until_open(self.imaps_port)

    def start_smtp(self) -> None:
        self._start("exim4", "-C", str(self.folder / "exim.conf"), "-bdf", "-q1s")
        _until_open(self.smtp_port)

    def _start(self, program: str, *arguments: str) -> None:
        path = _found(program)
        assert path, f"The tests of mail need the system package {NEEDED[program]}."
        with (self.folder / f"{program}.out").open("ab") as out:
            self.processes[program] = subprocess.Popen(
                [path, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                user=_user() if os.getuid() == 0 else None,
                group=_group() if os.getuid() == 0 else None,
                extra_groups=[] if os.getuid() == 0 else None,
            )


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Start both, and kill their process groups at the end."""
    lacking = missing_packages()
    assert not lacking, (
        "The tests of mail run against Dovecot and Exim. "
        f"Install what is missing: apt-get install {' '.join(lacking)}"
    )
    with tempfile.TemporaryDirectory(prefix="bm-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        certificate = _certificate(folder)
        imap, imaps, smtp = _free_ports(3)
        server = MailServer(folder, imap, imaps, smtp, certificate)
        _write_configurations(server)
        _hand_over(folder)
        with ExitStack() as stack:
            stack.callback(server.end)
            server.start_imap()
            server.start_smtp()
            yield server


@pytest.fixture(scope="session")
def mail_host() -> Iterator[MailServer]:
    """One Dovecot and one Exim for the whole run of tests."""
    with mail_server() as server:
        yield server


def _end(process: "subprocess.Popen[bytes]") -> None:
    # The group: of Dovecot alone the master would die, and its children serve on.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def _user() -> str:
    return "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _group() -> str:
    return grp.getgrgid(pwd.getpwnam(_user()).pw_gid).gr_name


def _hand_over(folder: Path) -> None:
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _user(), _group())


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def _until_open(port: int, within: float = 15) -> None:
    ends = time.monotonic() + within
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, f"nothing listens on port {port}"
            time.sleep(0.02)
        else:
            return


def _certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself; Python's ssl wants it in a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cert.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def _write_configurations(server: MailServer) -> None:
    user, group = _user(), _group()
    facts = pwd.getpwnam(user)
    values = {
        "folder": server.folder,
        "user": user,
        "group": group,
        "uid": facts.pw_uid,
        "gid": facts.pw_gid,
        "password": PASSWORD,
        "imap": server.imap_port,
        "imaps": server.imaps_port,
        "smtp": server.smtp_port,
    }
    for name in ("run", "state", "mail", "spool"):
        (server.folder / name).mkdir()
    (server.folder / "dovecot.conf").write_text(_DOVECOT.format(**values))
    (server.folder / "exim.conf").write_text(_EXIM.format(**values))


_DOVECOT = """\
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Support {{
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
}}
"""

_EXIM = """\
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
spool_directory = {folder}/spool
log_file_path = {folder}/exim-%slog
pid_file_path = {folder}/exim.pid
primary_hostname = mail.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp}
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipients
acl_smtp_data = accepted
message_size_limit = 60M
never_users =
keep_environment =
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
smtputf8_advertise_hosts = *
begin acl
recipients:
  deny    local_parts = refused
          message = 5.1.1 No such user here
  defer   local_parts = later
          message = 4.2.1 Come again later
  accept
accepted:
  accept
begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = dovecot
begin transports
dovecot:
  driver = lmtp
  socket = {folder}/lmtp
  batch_max = 20
begin retry
* * F,2s,1s
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{{password}}}}}
  server_set_id = $auth1
"""

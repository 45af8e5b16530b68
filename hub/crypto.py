"""Secrets.

Random tokens and their hashes, signatures, and encryption at rest under HUB_SECRET_KEY.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.errors import HubError


def new_token(prefix: str = "") -> str:
    """A URL-safe secret with 256 bits of chance."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored instead of a random token.

    SHA-256 suffices since nobody can guess the input.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Keyring:
    """Keys derived from one installation secret, one per purpose: none stands in for another.

    old: secrets that came before. What was signed and encrypted under them still holds; nothing
    new is.
    """

    def __init__(self, secret: str, *old: str) -> None:
        self._secrets = tuple(one.encode() for one in (secret, *old))
        self._keys: dict[str, bytes] = {}

    def derive(self, purpose: str) -> bytes:
        """32 bytes bound to `purpose`."""
        # A handful of purposes, thousands of signatures.
        if purpose not in self._keys:
            self._keys[purpose] = _derived(self._secrets[0], purpose)
        return self._keys[purpose]

    def sign(self, purpose: str, text: str) -> str:
        """A URL-safe signature of `text` (128 bits of an HMAC-SHA256)."""
        return _signature(self.derive(purpose), text)

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        given = signature.encode("utf-8", "surrogatepass")
        fits = [
            hmac.compare_digest(_signature(_derived(one, purpose), text).encode(), given)
            for one in self._secrets
        ]
        return any(fits)

    def encrypt(self, text: str) -> str:
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, cipher: str) -> str:
        """The plain text; raises HubError when it was written under another secret key."""
        try:
            return self._fernet().decrypt(cipher.encode()).decode()
        except InvalidToken as error:
            raise HubError(
                "A stored secret cannot be read with this HUB_SECRET_KEY.",
                remedy="Start with the secret key the data was written with, or enter the "
                "inbox's secrets again.",
            ) from error

    def renewed(self, cipher: str) -> str | None:
        """`cipher` encrypted anew; None when it is under the present secret already."""
        first = Fernet(_at_rest(self._secrets[0]))
        try:
            first.decrypt(cipher.encode())
        except InvalidToken:
            return self.encrypt(self.decrypt(cipher))
        return None

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(_at_rest(one)) for one in self._secrets])


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), "sha256")


def _at_rest(secret: bytes) -> bytes:
    return base64.urlsafe_b64encode(_derived(secret, "at-rest"))


def _signature(key: bytes, text: str) -> str:
    mac = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def load_keyring(configured: str, data_dir: Path, *, old: str = "") -> Keyring:
    """The keyring of `configured`, else of the 0600 file `secret_key` in the data directory.

    old: earlier secrets, separated by commas. In the file each has a line of its own below the
    present one.
    """
    earlier = [one.strip() for one in old.split(",") if one.strip()]
    if configured:
        return Keyring(configured, *earlier)
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(48))
    present, *kept = path.read_text().split()
    return Keyring(present, *kept, *earlier)


def add_secret(data_dir: Path) -> None:
    """Put a new secret before those in the file `secret_key`; all of it is there, or nothing.

    Raises FileNotFoundError when there is no such file.
    """
    path = data_dir / "secret_key"
    lines = [secrets.token_urlsafe(48), *path.read_text().split()]
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_once(draft, "\n".join(lines) + "\n")
    draft.replace(path)


def _write_once(path: Path, secret: str) -> None:
    # A link is atomic and refuses to replace: of two first starts at once, one key wins for both.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

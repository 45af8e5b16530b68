"""Secrets.

Random tokens and their hashes, signatures, and encryption at rest under HUB_SECRET_KEY.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

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
    """Keys derived from one installation secret, one per purpose: none stands in for another."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def derive(self, purpose: str) -> bytes:
        """32 bytes bound to `purpose`."""
        return hmac.digest(self._secret, purpose.encode(), "sha256")

    def sign(self, purpose: str, text: str) -> str:
        """A URL-safe signature of `text` (128 bits of an HMAC-SHA256)."""
        mac = hmac.digest(self.derive(purpose), text.encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        expected = self.sign(purpose, text).encode()
        return hmac.compare_digest(expected, signature.encode("utf-8", "surrogatepass"))

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

    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.derive("at-rest")))


def load_keyring(configured: str, data_dir: Path) -> Keyring:
    """The keyring of `configured`, else of the 0600 file `secret_key` in the data directory."""
    if configured:
        return Keyring(configured)
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(48))
    return Keyring(path.read_text().strip())


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

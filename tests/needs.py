"""`make test` asks first: which programs the tests need that Python's packages do not bring."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.chromium import PROGRAM
from tests.mail_server import missing_packages


def main() -> int:
    lacking = [f"{what}\n\n{how}" for what, how in (_mail(), _browser()) if what]
    sys.stderr.write("".join(f"\n{one}\n" for one in lacking))
    return 1 if lacking else 0


def _mail() -> tuple[str, str]:
    packages = missing_packages()
    what = (
        f"The tests run against a real mail server, and this machine lacks: {', '.join(packages)}."
    )
    how = f"""    sudo apt-get install --no-install-recommends {" ".join(packages)}

The tests start it themselves, in a folder of their own and on free ports; it need not run."""
    return (what, how) if packages else ("", "")


def _browser() -> tuple[str, str]:
    how = """    sudo apt-get install --no-install-recommends chromium fonts-dejavu-core

or, without root and where the system has its libraries:

    .venv/bin/playwright install chromium"""
    return (
        ("", "") if chromium() else ("The tests drive a browser, and there is no Chromium.", how)
    )


def chromium() -> str:
    """The program that the browser tests start; empty when there is none."""
    if PROGRAM:
        return PROGRAM
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else ""


if __name__ == "__main__":
    sys.exit(main())

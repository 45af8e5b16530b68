"""`make test` asks first: which system packages the tests need and this machine lacks."""

import sys

from tests.mail_server import missing_packages


def main() -> int:
    lacking = missing_packages()
    if not lacking:
        return 0
    sys.stderr.write(
        f"""
The tests run against a real mail server, and this machine lacks: {", ".join(lacking)}.

    sudo apt-get install --no-install-recommends {" ".join(lacking)}

The tests start it themselves, in a folder of their own and on free ports; it need not run.
"""
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())

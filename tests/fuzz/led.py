"""One target under atheris: `python -m tests.fuzz.led TARGET FOLDER... [libFuzzer's options]`.

Ends with libFuzzer's exit code; not imported by any other, as atheris has to see each module of
ours as it is imported.
"""

import sys

import atheris

with atheris.instrument_imports(include=["hub", "channels"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()

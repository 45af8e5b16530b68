"""The process that reads mails: `python -m channels.email.reader_process`, fed over its pipes.

It may be killed, by who waits for it or by a mail; nothing but its own time and memory is lost.
Each way a length of eight bytes, then the bytes: a mail in, a pickled `Reading` out.
"""

import pickle
import resource
import signal
import struct
import sys
from typing import BinaryIO

from channels.email.parsing.reading import read

LENGTH = struct.Struct(">Q")
MEMORY = 2 * 1024**3
"""Bytes of address space: a mail of 50 MB takes a third of it."""


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Read mails until the pipe ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Ctrl-C is for whoever started us, who closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        raw = source.read(LENGTH.unpack(head)[0])
        answer = pickle.dumps(read(raw), pickle.HIGHEST_PROTOCOL)
        del raw
        target.write(LENGTH.pack(len(answer)))
        target.write(answer)
        target.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)

"""Stand-ins for tests: a host that records, and a channel with its provider, faults on demand.

The channel speaks plain HTTP: the provider may live in the test, the hub in another process.
`hub.ports.contract` runs over it like over any channel: the fake cannot lie.
"""

from hub.ports.fake.channel import FakeChannel, FakeChannelType, FakeSettings, channel_type
from hub.ports.fake.host import RecordingHost
from hub.ports.fake.provider import FakeProvider, Fault, Handed
from hub.ports.fake.sink import RecordingSink
from hub.ports.fake.transcript import MemoryTranscript

__all__ = [
    "FakeChannel",
    "FakeChannelType",
    "FakeProvider",
    "FakeSettings",
    "Fault",
    "Handed",
    "MemoryTranscript",
    "RecordingHost",
    "RecordingSink",
    "channel_type",
]

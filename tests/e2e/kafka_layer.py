"""What the tests of src/kafka/ share: the probe, its reader, and kafka-python's ways to make data."""

import json
import os
import subprocess
import sys
import threading
import time

from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import OffsetAndMetadata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "sandbox"))

from sandbox_lib import Sandbox  # noqa: E402, F401

PROBE = os.path.join(os.environ.get("HEADGATE_BUILD") or os.path.join(ROOT, "build"), "tests", "e2e", "kafka_probe")
BASE = 1_790_000_000_000  # a time, in ms, that records begin at


def command(broker, *arguments, settings=(), uncommitted=False):
    words = [PROBE, "-X", f"bootstrap.servers={broker.address if hasattr(broker, 'address') else broker}"]
    for setting in settings:
        words += ["-X", setting]
    return [*words, *(["-u"] if uncommitted else []), *map(str, arguments)]


def run(broker, *arguments, ok=True, **options):
    done = subprocess.run(command(broker, *arguments, **options), capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.stderr == "", done.stderr  # librdkafka must not write there
    assert done.returncode == (0 if ok else 1), done.stdout
    return json.loads(done.stdout)


def offsets_of(rows):
    assert [row["partition"] for row in rows] == sorted({row["partition"] for row in rows})
    assert not [row for row in rows if row["error"]]
    return {row["partition"]: row["offset"] for row in rows}


def fill(producer, topic, partition, times, value=b'{"a":1}'):
    for when in times:
        producer.send(topic, value, partition=partition, timestamp_ms=when)
    producer.flush()


def consumer_of(broker, group, **options):
    return KafkaConsumer(bootstrap_servers=broker.address, group_id=group, enable_auto_commit=False, **options)


def commit(broker, group, commits):
    consumer = consumer_of(broker, group)
    consumer.assign(list(commits))
    consumer.commit({where: OffsetAndMetadata(offset, metadata, -1) for where, (offset, metadata) in commits.items()})
    consumer.close()


def committed(broker, group, places):
    """{partition: (offset, metadata)}, as another client sees it."""
    consumer = consumer_of(broker, group)
    found = {place.partition: consumer.committed(place, metadata=True) for place in places}
    consumer.close()
    return {partition: None if row is None else (row.offset, row.metadata) for partition, row in found.items()}


def transactional(broker, name):
    made = KafkaProducer(bootstrap_servers=broker.address, transactional_id=name)
    made.init_transactions()
    return made


class Reader:
    """kafka_probe reader: a member of a group, its events as they come."""

    def __init__(self, broker, group, topic, *starts, session_ms=6000, **options):
        self.events, self.changed = [], threading.Condition()
        self.process = subprocess.Popen(command(broker, "reader", group, topic, session_ms, *starts, **options),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def wait(self, condition, seconds=30):
        """Until condition(events) is true; returns that."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (result := condition(self.events)):
                left = deadline - time.monotonic()
                assert left > 0, self.events[-20:]
                self.changed.wait(left)
        return result

    def event(self, name, after=0, seconds=30, **fields):
        """The first event of a name, with these fields, from a place in the list on."""
        def found(events):
            for event in events[after:]:
                if event.get("event") == name and all(event.get(key) == value for key, value in fields.items()):
                    return event
            return None
        return self.wait(found, seconds)

    def say(self, line):
        """Sends a command and returns the place in the list of events from which on they may follow from it."""
        with self.changed:
            place = len(self.events)
            done = sum(event.get("event") == "ok" for event in self.events)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.wait(lambda events: sum(event.get("event") == "ok" for event in events) > done)
        return place

    def offsets(self, partition, after=0):
        with self.changed:
            return [event["offset"] for event in self.events[after:]
                    if event.get("event") == "record" and event["partition"] == partition]

    def until(self, partition, offset, after=0, seconds=30):
        self.wait(lambda _: offset in self.offsets_locked(partition, after), seconds)

    def offsets_locked(self, partition, after):
        return [event["offset"] for event in self.events[after:]
                if event.get("event") == "record" and event["partition"] == partition]

    def assignment(self):
        """Partitions held now."""
        held = set()
        with self.changed:
            for event in self.events:
                numbers = {row["partition"] for row in event.get("partitions") or []}
                if event.get("event") == "assigned":
                    held |= numbers
                elif event.get("event") == "revoked":
                    held -= numbers
        return held

    def quit(self, seconds=20):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        assert self.process.wait(seconds) == 0
        self.event("closed")

    def kill(self):
        self.process.kill()
        self.process.wait()

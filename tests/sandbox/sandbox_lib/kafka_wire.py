"""The few Kafka requests that the sandbox needs, spoken directly.

Starting one of Kafka's own command line tools costs two seconds of a JVM each time; these cost milliseconds and need
nothing installed. Only the oldest versions that a 4.x broker still takes, so that no field is packed. All of them read,
but for those that create and commit.
"""

import socket
import struct

from .process import SandboxError

LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, DESCRIBE_GROUPS, CREATE_TOPICS, CREATE_PARTITIONS = \
    2, 3, 8, 9, 10, 15, 19, 37
EARLIEST, LATEST = -2, -1
TOPIC_ALREADY_EXISTS = 36
COORDINATOR_ERRORS = (14, 15, 16)
LEADER_ERRORS = (5, 6, 78)  # none is elected, not this one, elected just now


class KafkaError(SandboxError):
    def __init__(self, what, code, message=None):
        super().__init__(f"{what}: broker error {code}" + (f" ({message})" if message else ""))
        self.code = code


class Reader:
    """Takes an answer apart, front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def _number(self, form, size):
        value, = struct.unpack_from(form, self.data, self.at)
        self.at += size
        return value

    def int8(self):
        return self._number(">b", 1)

    def int16(self):
        return self._number(">h", 2)

    def int32(self):
        return self._number(">i", 4)

    def int64(self):
        return self._number(">q", 8)

    def _take(self, size):
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at]

    def string(self):
        taken = self._take(self.int16())
        return None if taken is None else taken.decode()

    def bytes(self):
        return self._take(self.int32())

    def array(self, element):
        return [element() for _ in range(self.int32())]


def string(value):
    if value is None:
        return struct.pack(">h", -1)
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(elements):
    elements = list(elements)
    return struct.pack(">i", len(elements)) + b"".join(elements)


class KafkaConnection:
    """One connection to a broker; requests one after the other. Use it in a with statement."""

    def __init__(self, address, timeout=10.0):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionError("the broker closed the connection")
            data += part
        return data

    def _ask(self, api, version, body):
        self.number += 1
        request = struct.pack(">hhi", api, version, self.number) + string("headgate-sandbox") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        size, = struct.unpack(">i", self._read(4))
        reader = Reader(self._read(size))
        if reader.int32() != self.number:
            raise ConnectionError("an answer to another request")
        return reader

    def metadata(self, topics=None):
        """Brokers as {id: "host:port"}, and topics as {name: {partition: leader}}; all topics without a list."""
        body = struct.pack(">i", -1) if topics is None else array(string(topic) for topic in topics)
        answer = self._ask(METADATA, 1, body)

        def broker():
            node, host, port = answer.int32(), answer.string(), answer.int32()
            answer.string()
            return node, f"{host}:{port}"

        def partition():
            answer.int16()
            number, leader = answer.int32(), answer.int32()
            answer.array(answer.int32)
            answer.array(answer.int32)
            return number, leader

        def topic():
            answer.int16()
            name = answer.string()
            answer.int8()
            return name, dict(answer.array(partition))

        brokers = dict(answer.array(broker))
        answer.int32()
        return {"brokers": brokers, "topics": dict(answer.array(topic))}

    def create_topic(self, name, partitions, configs=None, timeout_ms=30000):
        """Creates a topic with one replica. A topic that is there already is an error with code 36."""
        settings = array(string(key) + string(str(value)) for key, value in (configs or {}).items())
        topic = string(name) + struct.pack(">ih", partitions, 1) + array([]) + settings
        answer = self._ask(CREATE_TOPICS, 4, array([topic]) + struct.pack(">ib", timeout_ms, 0))
        answer.int32()
        for _, code, message in answer.array(lambda: (answer.string(), answer.int16(), answer.string())):
            if code:
                raise KafkaError(f"cannot create topic {name}", code, message)

    def create_partitions(self, name, count, timeout_ms=30000):
        """Raises the number of a topic's partitions to count."""
        topic = string(name) + struct.pack(">ii", count, -1)
        answer = self._ask(CREATE_PARTITIONS, 0, array([topic]) + struct.pack(">ib", timeout_ms, 0))
        answer.int32()
        for _, code, message in answer.array(lambda: (answer.string(), answer.int16(), answer.string())):
            if code:
                raise KafkaError(f"cannot add partitions to topic {name}", code, message)

    def commit(self, group, topic, offsets):
        """Commits {partition: offset} for a group that has no members, as an administrator's tool does."""
        rows = array(struct.pack(">iq", partition, offset) + string("") for partition, offset in sorted(offsets.items()))
        self._ask(FIND_COORDINATOR, 0, string(group))  # by which a broker that never had a group makes its topic of them
        body = string(group) + struct.pack(">i", -1) + string("") + struct.pack(">q", -1) + array([string(topic) + rows])
        answer = self._ask(OFFSET_COMMIT, 2, body)

        def partition():
            number, code = answer.int32(), answer.int16()
            if code:
                raise KafkaError(f"commit of {group} on {topic} {number}", code)

        answer.array(lambda: (answer.string(), answer.array(partition)))

    def offsets(self, topic, partitions, time_ms=LATEST, committed_only=True):
        """First offset with a timestamp at or after time_ms of each partition (-1 when there is none), or the log start
        or the end. With committed_only the end is the last stable offset."""
        wanted = array(struct.pack(">iq", partition, time_ms) for partition in partitions)
        body = struct.pack(">ib", -1, 1 if committed_only else 0) + array([string(topic) + wanted])
        answer = self._ask(LIST_OFFSETS, 2, body)
        answer.int32()
        found = {}

        def partition():
            number, code = answer.int32(), answer.int16()
            answer.int64()
            found[number] = answer.int64()
            if code:
                raise KafkaError(f"offsets of {topic} {number}", code)

        answer.array(lambda: (answer.string(), answer.array(partition)))
        return found

    def committed(self, group, topic, partitions):
        """The group's committed offset of each partition; None where there is no commit."""
        wanted = array(struct.pack(">i", partition) for partition in partitions)
        answer = self._ask(OFFSET_FETCH, 3, string(group) + array([string(topic) + wanted]))
        answer.int32()
        found = {}

        def partition():
            number, offset = answer.int32(), answer.int64()
            answer.string()
            code = answer.int16()
            if code:
                raise KafkaError(f"commit of {group} on {topic} {number}", code)
            found[number] = None if offset < 0 else offset

        answer.array(lambda: (answer.string(), answer.array(partition)))
        code = answer.int16()
        if code:
            raise KafkaError(f"commits of {group}", code)
        return found

    def group(self, name):
        """State and members (their client ids) of a group; a group that does not exist is Dead."""
        answer = self._ask(DESCRIBE_GROUPS, 1, array([string(name)]))
        answer.int32()

        def member():
            answer.string()
            client = answer.string()
            answer.string()
            answer.bytes()
            answer.bytes()
            return client

        def group():
            code = answer.int16()
            answer.string()
            state = answer.string()
            answer.string()
            answer.string()
            return code, state, answer.array(member)

        (code, state, members), = answer.array(group)
        if code:
            raise KafkaError(f"group {name}", code)
        return {"state": state, "members": members}

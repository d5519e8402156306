"""One stream as a test handles it: started, killed, resumed with the same command, and looked at by the witness."""

import json

import oracle
from program import finish


class Stream:
    """name is also the prefix. options are deliver's own, the same at each start: a resume is the same command again."""

    def __init__(self, headgate, name, topic, bucket, *options, endpoint=None, start="earliest", until="end"):
        self.headgate, self.sandbox = headgate, headgate.sandbox
        self.name, self.topic, self.bucket, self.prefix = name, topic, bucket, f"{name}/"
        self.group = f"headgate-{name}"
        self.endpoint = endpoint
        self.options = ["--topic", topic, "--start", start, *(["--until", until] if until else []),
                        *(options or ("--size", "1", "--compression", "none")), "-X", "session.timeout.ms=1000"]

    def place(self, prefix=None):
        return ["--stream", self.name, "--bucket", self.bucket, "--prefix", prefix or self.prefix]

    def command(self, *more, prefix=None):
        return [*self.place(prefix), *self.options, "--yes", "--json", *more]

    def start(self, *more, **changes):
        return self.headgate.start("deliver", *self.command(*more), endpoint=self.endpoint, **changes)

    def run(self, *more, prefix=None, accept=(0,), **changes):
        """The finished process, with its report where it made one."""
        done = self.headgate.run("deliver", *self.command(*more, prefix=prefix), accept=accept, endpoint=self.endpoint,
                                 **changes)
        done.report = json.loads(done.out) if done.out else None
        return done

    def finish(self, process, accept=(0,), timeout=120):
        out, err = finish(process, accept, timeout)
        return (json.loads(out) if out else None), err

    def audit(self, *more, accept=(0,), **changes):
        return self.headgate.json("audit", *self.place(), *more, accept=accept, **changes)

    # --- what lies there -------------------------------------------------------------------------------------------------

    def s3(self):
        return oracle.s3_client(self.sandbox)

    def objects(self):
        return oracle.objects(self.sandbox, self.bucket, self.prefix)

    def chain(self):
        return oracle.chain(self.sandbox, self.bucket, self.prefix)

    def plan_key(self):
        return f"{self.prefix}_headgate/{self.name}.json"

    def has_plan(self):
        return any(key == self.plan_key() for key, _ in self.sandbox.s3.list(self.bucket, self.plan_key()))

    def committed(self):
        return self.sandbox.broker.committed(self.group, self.topic)

    def members(self):
        return self.sandbox.broker.group(self.group)["members"]

    def state(self):
        return self.sandbox.broker.group(self.group)["state"]

    def assert_commits_follow(self):
        """No commit is ahead of what is stored (A4): each is where the plan starts, or where an object ends. Read in this
        order: a commit that is read first cannot lie beyond objects that are listed later."""
        committed = self.committed()
        chain = self.chain()
        for partition, offset in committed.items():
            ends = [0] + [next_offset for _, next_offset, _ in chain.get(partition, [])]
            assert offset is None or offset in ends, f"partition {partition}: commit {offset}, objects end at {ends}"

    def assert_whole(self, wanted, starts=None):
        """None missing, none twice, an unbroken chain; and headgate's own audit agrees."""
        partitions = self.sandbox.broker.partitions(self.topic)
        oracle.assert_exactly_once(self.sandbox, self.bucket, self.prefix, wanted)
        oracle.assert_chain(self.sandbox, self.bucket, self.prefix, starts or dict.fromkeys(partitions, 0))
        self.assert_commits_follow()
        audit = self.audit()
        assert (audit["verdict"], audit["tail"], audit["chain"]) == ("pass", "checked", {"holes": 0, "overlaps": 0}), audit
        assert sum(row["records"] for row in audit["partitions"]) == len(wanted)

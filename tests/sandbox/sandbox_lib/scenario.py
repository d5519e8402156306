"""Known states of a sandbox, made with the real servers: a topic, its history, and a connector stopped on the way."""

import json
import os
import subprocess
import tempfile
import time

from . import fetch
from .process import SandboxError, wait_until
from .sandbox import Sandbox
from .supervisor import log


def add_scenario_arguments(verb):
    verb.add_argument("name", choices=("skewed", "wide"), help="skewed: partitions of different size and age, and a connector that "
                      "was stopped with one partition far behind, one caught up, and one never committed; wide: thousands of "
                      "partitions (10000 unless --partitions says otherwise), and a group whose commits were written by hand")
    verb.add_argument("--dir", required=True)
    verb.add_argument("--topic", default="orders")
    verb.add_argument("--partitions", type=int, help="6; wide: 10000")
    verb.add_argument("--records", type=int, help="300000; wide: 60 a partition")
    verb.add_argument("--skew", type=float, default=0.5)
    verb.add_argument("--minutes", type=float, default=30, help="the past that the records' times are laid over")
    verb.add_argument("--disorder", default="5", metavar="MIN[:PCT]", help="as clickstream --disorder")
    verb.add_argument("--seed", type=int, default=1)
    verb.add_argument("--connector", default="orders-s3")
    verb.add_argument("--bucket", default="lake")
    verb.add_argument("--flush-size", type=int, default=1000)


def run_scenario(options):
    chosen = {name: getattr(options, name) for name in
              ("topic", "partitions", "records", "skew", "minutes", "disorder", "seed", "connector", "bucket", "flush_size")}
    sandbox = Sandbox.attach(options.dir)
    if options.name == "wide":
        facts = wide(sandbox, options.topic, options.partitions or 10000, options.records, options.skew, options.minutes,
                     options.disorder, options.seed, f"connect-{options.connector}", log)
        facts["partitions"] = len(facts["partitions"])
    else:
        facts = skewed(sandbox, say=log, **{name: value for name, value in chosen.items() if value is not None})
    print(json.dumps(facts, indent=2))


def clickstream_program():
    """The producer that 'make' built: HEADGATE_CLICKSTREAM, or in the build directory HEADGATE_BUILD (build/)."""
    build = os.environ.get("HEADGATE_BUILD") or os.path.join(os.path.dirname(os.path.dirname(fetch.HERE)), "build")
    program = os.environ.get("HEADGATE_CLICKSTREAM") or os.path.join(build, "tests", "sandbox", "clickstream")
    if not os.access(program, os.X_OK):
        raise SandboxError(f"no {program}: build first, or name it in HEADGATE_CLICKSTREAM")
    return program


def clickstream(sandbox, topic, count, say=None, **options):
    """Runs the producer; options with underscores for dashes are its own (start_time="-30m"). Gives its counts."""
    command = [clickstream_program(), "--brokers", sandbox.broker.address, "--topic", topic, "--count", str(count),
               "-X", "queue.buffering.max.messages=2000000", "-X", "queue.buffering.max.kbytes=1000000"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    # Standard output is one line at the end, and with thousands of partitions more than a pipe holds.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, \
            subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True) as process:
        words = []
        for line in process.stderr:
            words.append(line.rstrip())
            if say and line.startswith("clickstream: "):
                say("  " + line.rstrip()[len("clickstream: "):])
        process.wait()
        out.seek(0)
        answer = out.read()
    if process.returncode != 0:
        raise SandboxError("clickstream failed: " + "; ".join(words[-3:]))
    return json.loads(answer)


def shares(partitions):
    """How much of each partition the connector delivers: the first far behind, the second all, the third never
    committed, the others in between."""
    chosen = {partition: 0.35 + 0.5 * (partition - 3) / max(1, partitions - 4) for partition in range(3, partitions)}
    chosen.update({0: 0.1, 1: 1.0, 2: None})
    return {partition: chosen[partition] for partition in range(partitions)}


def skewed(sandbox, topic="orders", partitions=6, records=300000, skew=0.5, minutes=30, disorder="5", seed=1,
           connector="orders-s3", bucket="lake", flush_size=1000, progress=None, say=lambda line: None):
    """Fills a topic, lets the connector deliver part of it, stops it. Gives the facts, and writes them to
    DIR/scenario-TOPIC.json.

    progress: how far the connector gets, as {partition: share or None}; shares() by default. The end offset of a partition
    is committed where the share is 1, nothing where it is None.
    """
    began = time.monotonic()
    sandbox.s3.create_bucket(bucket)
    say(f"producing {records} records to {topic}, {partitions} partitions")
    sandbox.broker.create_topic(topic, partitions)
    produced = clickstream(sandbox, topic, records, say, seed=seed, skew=skew, disorder=disorder,
                           start_time=f"-{minutes:g}m", time_step=minutes * 60000 / records)
    limits = {}
    for partition, share in (progress or shares(partitions)).items():
        end = produced["partitions"][partition]["records"]
        limits[partition] = None if share is None else max(1, int(end * share)) if end else None
    deliver(sandbox, connector, topic, bucket, limits, flush_size, say)
    facts = collect(sandbox, connector, topic, bucket, limits)
    facts["produced"] = produced
    path = os.path.join(sandbox.directory, f"scenario-{topic}.json")
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps(facts, indent=2) + "\n")
    say(f"scenario made in {time.monotonic() - began:.1f} s; facts in {path}")
    return facts


# What a broker of one node needs for 10,000 partitions: heap, and small index files, of which it maps two a partition.
WIDE_BROKER = {"heap": "1500m", "config": {"log.index.size.max.bytes": 65536}}


def wide_share(partition, partitions):
    """How much of each partition the old group has read: one far behind, every tenth all, every 37th never committed, the
    others between a third and nearly all, in no order."""
    if partition == partitions // 3:
        return 0.02
    if partition % 37 == 36:
        return None
    return 1.0 if partition % 10 == 9 else 0.35 + 0.6 * (partition * 2654435761 % 1000) / 1000


def wide(sandbox, topic="wide", partitions=10000, records=None, skew=0.3, minutes=30, disorder="5", seed=1,
         group="connect-wide", say=lambda line: None):
    """Fills a topic of very many partitions, and writes the commits of an old group as an administrator's tool does: no
    connector runs on so many partitions here. The broker wants WIDE_BROKER. Gives the facts, and writes them to
    DIR/scenario-TOPIC.json."""
    began = time.monotonic()
    records = records or 60 * partitions
    sandbox.broker.create_topic(topic, partitions)
    say(f"topic {topic} with {partitions} partitions made in {time.monotonic() - began:.1f} s; producing {records} records")
    # The older half goes to all partitions alike, so that none is empty; the newer one by sessions, to few or to many.
    half, step = records // 2, minutes * 60000 / records
    common = {"seed": seed, "disorder": disorder, "time_step": step, "unsent": max(60000, min(records, 60 * partitions))}
    parts = [clickstream(sandbox, topic, half, say, start_time=f"-{minutes:g}m", partition_by="sequence", **common),
             clickstream(sandbox, topic, records - half, say, start_time=f"-{minutes / 2:g}m", skew=skew, start_seq=half, **common)]
    ends = {partition: sum(part["partitions"][partition]["records"] for part in parts) for partition in range(partitions)}
    share = {partition: wide_share(partition, partitions) for partition in ends}
    committed = {partition: int(end * share[partition]) for partition, end in ends.items() if share[partition] is not None}
    sandbox.broker.commit(group, topic, committed)
    facts = {"topic": topic, "group": group, "records": records, "bytes": sum(part["bytes"] for part in parts),
             "partitions": [{"partition": partition, "log_start": 0, "end": end, "committed": committed.get(partition)}
                            for partition, end in sorted(ends.items())]}
    path = os.path.join(sandbox.directory, f"scenario-{topic}.json")
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps(facts) + "\n")
    say(f"scenario made in {time.monotonic() - began:.1f} s; facts in {path}")
    return facts


def deliver(sandbox, connector, topic, bucket, limits, flush_size=1000, say=lambda line: None, **settings):
    """Runs a new connector until it has committed exactly the limits ({partition: offset or None}), and stops it."""
    group = f"connect-{connector}"
    stop_at = ",".join(f"{partition}:{'none' if limit is None else limit}" for partition, limit in limits.items())
    say(f"connector {connector}: delivering, to be stopped at {stop_at}")
    sandbox.connect.create(connector, topic, bucket, flush_size=flush_size, stop_at=stop_at, tasks_max=2, **settings)
    sandbox.connect.wait_state(connector, "RUNNING")
    wanted = {partition: limit for partition, limit in limits.items() if limit is not None}
    next_word = [time.monotonic() + 2]

    def reached():
        committed = sandbox.broker.committed(group, topic)
        if time.monotonic() >= next_word[0]:
            next_word[0] += 2
            sandbox.connect.wait_state(connector, "RUNNING")
            done = sum(committed[partition] or 0 for partition in wanted)
            say(f"  {done} of {sum(wanted.values())} records committed")
        return all(committed[partition] == limit for partition, limit in wanted.items())

    wait_until(reached, 600, f"connector {connector} at {stop_at}")
    sandbox.connect.stop_connector(connector)
    forget(sandbox, connector, topic, [partition for partition, limit in limits.items() if limit is None])
    say(f"connector {connector}: stopped, its group {group} is empty")


def forget(sandbox, connector, topic, partitions):
    """Takes the commits of these partitions away, by Connect's own REST call.

    A worker commits the position a partition began at as soon as another partition of the task has something to commit;
    a partition that was never committed at all comes of a connector that never got there, like this.
    """
    present = sandbox.connect.offsets(connector, topic)
    offsets = [{"partition": {"kafka_topic": topic, "kafka_partition": partition}, "offset": None}
               for partition in partitions if partition in present]
    if offsets:
        sandbox.connect.call("PATCH", f"/connectors/{connector}/offsets", {"offsets": offsets})


def collect(sandbox, connector, topic, bucket, limits):
    """The facts about a topic and a stopped connector, as the servers tell them; an error where they are not as wanted."""
    group = f"connect-{connector}"
    starts, ends = sandbox.broker.log_starts(topic), sandbox.broker.ends(topic)
    committed = sandbox.broker.committed(group, topic)
    if committed != {partition: limits.get(partition) for partition in committed}:
        raise SandboxError(f"the connector was to stop at {limits}, and stands at {committed}")
    objects = {partition: 0 for partition in ends}
    for key, _ in sandbox.s3.list(bucket, f"topics/{topic}/"):
        objects[int(key.rsplit("/", 1)[1].split("+")[1])] += 1
    return {
        "topic": topic, "bucket": bucket, "prefix": f"topics/{topic}/", "connector": connector, "group": group,
        "group_state": sandbox.broker.group(group)["state"], "connector_state": "STOPPED",
        "partitions": [{"partition": partition, "log_start": starts[partition], "end": ends[partition],
                        "committed": committed[partition], "objects": objects[partition]} for partition in sorted(ends)],
    }

"""The audit finds what was done behind its back, and names it exactly."""

import pytest
from program import wait_for
from sandbox_lib import scenario
from streams import Stream

PARTITIONS = 3


@pytest.fixture(name="number", scope="module")
def fixture_number():
    return iter(range(100))


@pytest.fixture(name="stream")
def fixture_stream(headgate, sandbox, number, records):
    """A stream of its own for each test, delivered whole: several objects in each partition, and an audit that passes."""
    stream = Stream(headgate, f"audited-{next(number)}", "audited", "audited")
    stream.run()
    assert all(len(ranges) > 2 for ranges in stream.chain().values())
    audit = stream.audit()
    assert (audit["verdict"], audit["tail"]) == ("pass", "checked")
    return stream


@pytest.fixture(name="records", scope="module")
def fixture_records(sandbox):
    sandbox.s3.create_bucket("audited")
    sandbox.broker.create_topic("audited", PARTITIONS)
    scenario.clickstream(sandbox, "audited", 24000, partition_by="sequence", start_time="-2h", time_step=200)
    return range(24000)


def key_of(stream, partition, start):
    key, = [key for key in stream.objects() if key.rsplit("/", 1)[1].startswith(f"audited+{partition}+{start:020}")]
    return key


def copy(stream, key, new_key, **metadata):
    """Writes an object under another key with other metadata, as somebody with the right to could."""
    s3 = stream.s3()
    found = s3.get_object(Bucket=stream.bucket, Key=key)
    changed = {**found["Metadata"], **{name.replace("_", "-"): str(value) for name, value in metadata.items()}}
    s3.put_object(Bucket=stream.bucket, Key=new_key, Body=found["Body"].read(), Metadata=changed)


def failed(stream, **options):
    """The document of an audit that fails, with exit code 3; and what it says to people, with the same code."""
    report = stream.audit(accept=(3,), **options)
    assert report["verdict"] == "fail"
    text = stream.headgate.run("audit", *stream.place(), accept=(3,), **options).out
    assert "fail" in text.lower()
    return report, text


def ranges_of(report, name):
    return {row["partition"]: row[name] for row in report["partitions"] if row[name]}


def assert_named(text, start, end):
    """People are told the range too, in whichever way large numbers are written."""
    plain = text.replace(",", "").replace("\u202f", "").replace("_", "")
    assert str(start) in plain and (str(end) in plain or str(end - 1) in plain), text


def test_passes_and_counts(stream, records):
    audit = stream.audit()
    assert sum(row["records"] for row in audit["partitions"]) == len(records)
    assert sum(row["objects"] for row in audit["partitions"]) == len(stream.objects())
    assert sum(row["bytes"] for row in audit["partitions"]) == sum(
        size for key, size in stream.sandbox.s3.list(stream.bucket, stream.prefix) if "/_headgate/" not in key)
    assert [(row["from"], row["to"]) for row in audit["partitions"]] == [(0, 8000)] * PARTITIONS
    assert (audit["stream"], len(audit["plan"]), audit["cutover"]) == (stream.name, 8, None)
    assert [row["to_end"] for row in audit["partitions"]] == [0] * PARTITIONS
    listed = stream.s3().list_objects_v2(Bucket=stream.bucket, Prefix=stream.prefix)["Contents"]
    newest = max(row["LastModified"] for row in listed if "/_headgate/" not in row["Key"])
    assert audit["last_stored_at"].replace("Z", "+00:00")[:19] == newest.isoformat()[:19]
    assert "pass" in stream.headgate.run("audit", *stream.place()).out.lower()


def test_deleted_object_is_a_hole_exactly_there(stream):
    start, end, _ = stream.chain()[1][1]
    stream.s3().delete_object(Bucket=stream.bucket, Key=key_of(stream, 1, start))
    report, text = failed(stream)
    assert ranges_of(report, "holes") == {1: [[start, end]]}
    assert report["chain"] == {"holes": 1, "overlaps": 0}
    assert_named(text, start, end)


def test_deleted_neighbours_and_first(stream):
    """Two in a row are one hole; the first object of a partition is missed as well."""
    chain = stream.chain()
    for partition, start in [(0, chain[0][1][0]), (0, chain[0][2][0]), (2, chain[2][0][0])]:
        stream.s3().delete_object(Bucket=stream.bucket, Key=key_of(stream, partition, start))
    report, _ = failed(stream)
    assert ranges_of(report, "holes") == {0: [[chain[0][1][0], chain[0][2][1]]], 2: [[0, chain[2][0][1]]]}


def test_deleted_last_object_shows_by_the_commit(stream):
    """No object follows, so only the group's commit knows that there was more."""
    start, end, _ = stream.chain()[2][-1]
    stream.s3().delete_object(Bucket=stream.bucket, Key=key_of(stream, 2, start))
    report, text = failed(stream)
    assert report["tail"] == "checked"
    assert ranges_of(report, "holes") == {2: [[start, end]]}
    assert [row["to_end"] for row in report["partitions"]] == [0, 0, 8000 - start]
    assert_named(text, start, end)
    # Without brokers nobody asked: short of the end, but not said to be whole either.
    report = stream.audit(accept=(0, 3), brokers=False)
    assert (report["verdict"], report["tail"]) == ("open", "not checked")
    assert [row["to_end"] for row in report["partitions"]] == [None] * PARTITIONS


def test_duplicated_range_written_by_hand(stream):
    """A copy of an object that claims to begin inside it: its records are there twice."""
    start, end, count = stream.chain()[0][1]
    middle = start + count // 2
    key = key_of(stream, 0, start)
    copy(stream, key, key.replace(f"{start:020}", f"{middle:020}"), hg_start=middle, hg_first=middle, hg_count=end - middle)
    report, text = failed(stream)
    assert ranges_of(report, "overlaps") == {0: [[middle, end]]}
    assert report["chain"] == {"holes": 0, "overlaps": 1}
    assert_named(text, middle, end)


def test_same_object_in_two_folders(stream):
    """The same position twice, under another hour: the whole range is double."""
    start, end, _ = stream.chain()[1][1]
    key = key_of(stream, 1, start)
    copy(stream, key, f"{stream.prefix}1999/12/31/23/" + key.rsplit("/", 1)[1])
    report, _ = failed(stream)
    assert ranges_of(report, "overlaps") == {1: [[start, end]]}


@pytest.mark.parametrize("what", ["another plan", "another cluster", "no metadata", "another start"])
def test_foreign_object(stream, what):
    start, end, _ = stream.chain()[1][1]
    key = key_of(stream, 1, start)
    new_key = key.replace(f"{start:020}", f"{end + 1:020}")
    if what == "no metadata":
        stream.s3().put_object(Bucket=stream.bucket, Key=new_key, Body=b"{}\n")
    else:
        names = {"another plan": {"hg_plan": "0badcafe"}, "another cluster": {"hg_cluster": "elsewhere"}, "another start": {}}
        copy(stream, key, new_key, **names[what])
    report, text = failed(stream)
    assert report["chain"] == {"holes": 0, "overlaps": 0}
    assert new_key in text.replace("\n", ""), text


def test_what_is_not_an_object_of_a_stream_is_left_alone(stream):
    s3 = stream.s3()
    for key in ("README.txt", "2026/01/01/00/notes.gz", "2026/01/01/00/other+0+00000000000000000001.log", "_SUCCESS"):
        s3.put_object(Bucket=stream.bucket, Key=stream.prefix + key, Body=b"mine")
    assert stream.audit()["verdict"] == "pass"


def test_stream_object_missing(stream):
    stream.s3().delete_object(Bucket=stream.bucket, Key=stream.plan_key())
    done = stream.headgate.run("audit", *stream.place(), "--json", accept=(1,))
    assert stream.name in done.err and stream.plan_key() in done.err.replace("\n", "")
    assert not done.out.strip()


def test_stream_object_that_is_none(stream):
    stream.s3().put_object(Bucket=stream.bucket, Key=stream.plan_key(), Body=b'{"version": 1, "plan": []}')
    done = stream.headgate.run("audit", *stream.place(), accept=(1,))
    assert stream.plan_key() in done.err.replace("\n", "")


def test_unfinished_delivery_is_open(headgate, sandbox, records):
    """Right so far, but short of the end that was planned."""
    stream = Stream(headgate, "unfinished", "audited", "audited")
    stream.run()
    for partition, ranges in stream.chain().items():
        stream.s3().delete_object(Bucket=stream.bucket, Key=key_of(stream, partition, ranges[-1][0]))
    report = stream.audit(accept=(0, 3), brokers=False)
    assert report["verdict"] == "open"
    assert report["chain"] == {"holes": 0, "overlaps": 0}


def test_nothing_delivered_yet_is_said(headgate, sandbox, records):
    """No finding, and no proof either: a delivery from now on that met nothing so far."""
    sandbox.broker.create_topic("awaited", 1)
    scenario.clickstream(sandbox, "awaited", 100)
    stream = Stream(headgate, "awaited", "awaited", "audited", start="now", until=None)
    process = stream.start()
    try:
        wait_for(lambda: stream.state() == "Stable", 30, "the member")
    finally:
        process.terminate()
    stream.finish(process)
    scenario.clickstream(sandbox, "awaited", 5)
    report = stream.audit()
    assert (report["verdict"], report["tail"], report["partitions"][0]["objects"]) == ("pass", "checked", 0)
    assert "nothing delivered yet; 5 offsets still to be read" in headgate.run("audit", *stream.place()).out
    assert "nothing delivered yet; unknown what is still" in headgate.run("audit", *stream.place(), brokers=False).out


def test_cutover_is_told_as_planned_and_found(headgate, sandbox):
    """With the old side known the audit also says what the start position came to cost."""
    facts = scenario.skewed(sandbox, topic="audited-cutover", partitions=6, records=30000, connector="audited-s3",
                            bucket="audited-old")
    stream = Stream(headgate, "cutover", "audited-cutover", "audited", "--group", facts["group"], "--allow-lost", "--size", "1",
                    start="safe")
    plan = headgate.json("plan", "--topic", "audited-cutover", "--group", facts["group"], "--start", "safe", accept=(0, 3))
    stream.run()
    audit = stream.audit()
    wanted = {name: plan["totals"][name] for name in ("gap", "duplicates", "lost")}
    assert audit["cutover"] == {"planned": wanted, "found": wanted} and wanted["duplicates"] > 0

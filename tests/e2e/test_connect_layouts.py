"""Where another sink's objects end, in each layout whose keys tell topic, partition and start offset; and what is said of the
layouts whose keys tell the last offset. The objects are made by hand from what an independent client read."""

import gzip

import awkward
import pytest
import zstandard
from awkward import Witness
from streams import Stream
from test_awkward import rows

TOPIC, GROUP, BUCKET, EACH = "layouts", "connect-layouts", "layouts", 100
# p0: objects end at the commit. p1: 70 ahead of it, as a crash leaves them. p2: 30 of what was committed are in no object.
# p3: no commit and no object.
ENDS, COMMITS = {0: 350, 1: 320, 2: 270}, {0: 350, 1: 250, 2: 300}
LAYOUTS = {  # a prefix to give, and the key below it
    "Confluent": ("topics/", "layouts/partition={p}/layouts+{p}+{start:010}.json"),
    "Confluent by time": ("topics/", "layouts/year=2026/month=11/day={p:02}/layouts+{p}+{start:010}.json.gz"),
    "Aiven by template": ("topics/", "layouts/partition={p}/layouts+{p}+{start:020}"),
    "Aiven": ("", "layouts-{p}-{start}.gz"),
    "Aiven with a prefix": ("dump-", "layouts-{p}-{start}"),
    "Aiven zstd": ("raw/", "layouts-{p}-{start}.zst"),
    "MSK Data Delivery": ("ch-1", "/layouts/year=2026/month=11/day=30/hour=01/layouts+{p}+{start}-{number}-{number:08x}.json"),
}
LAST_OFFSET = {
    "Lenses": ("", "layouts/{p}/{last:012}_1790000000000_1790000000000.json"),
    "Lenses flat": ("", "layouts({p}_{last:012}).json"),
}


@pytest.fixture(name="witness", scope="module")
def fixture_witness(sandbox):
    sandbox.s3.create_bucket(BUCKET)
    sandbox.broker.create_topic(TOPIC, 4)
    awkward.write(sandbox, TOPIC, [row for number in range(4) for row in rows(number, range(1000 * number, 1000 * number + 400))])
    awkward.commit(sandbox, GROUP, TOPIC, COMMITS)
    return Witness(sandbox, TOPIC)


def pack(key, lines, number):
    """Aiven's sink writes no newline behind the last record, and gzip under a name that does not say so."""
    body = b"\n".join(lines) + (b"\n" if key.endswith((".json", ".json.gz")) else b"")
    if key.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(body)
    return gzip.compress(body) if key.endswith(".gz") or number % 2 and not key.endswith(".json") else body


def put_objects(stream, witness, place, template):
    for partition, end in ENDS.items():
        for number, start in enumerate(range(0, end, EACH)):
            lines = [row.value for row in witness.records[partition][start:min(start + EACH, end)]]
            key = place + template.format(p=partition, start=start, last=start + len(lines) - 1, number=number)
            stream.s3().put_object(Bucket=BUCKET, Key=key, Body=pack(key, lines, number))


def column(objects, name):
    return {row["partition"]: row[name] for row in objects["partitions"]}


def stream_for(headgate, layout):
    name = "layout-" + layout.lower().replace(" ", "-")
    return Stream(headgate, name, TOPIC, BUCKET, "--group", GROUP, "--allow-lost", "--format", "json", start="committed")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_survey_plan_and_audit_find_the_end(headgate, witness, layout):
    place, template = LAYOUTS[layout]
    stream = stream_for(headgate, layout)
    root = f"old/{stream.name}/"  # one after the other in one bucket
    put_objects(stream, witness, root + place, template)
    where = ["--with-connect", f"s3://{BUCKET}/{root}{place}"]
    source = ["--topic", TOPIC, "--group", GROUP, *where]
    for more in ([], ["--count-all"]):
        objects = headgate.json("survey", *source, *more, accept=(3,))["connect_objects"]
        assert column(objects, "connect_end") == {**ENDS, 3: None}
        assert column(objects, "connect_state") == {0: "exact", 1: "ahead", 2: "behind", 3: "none"}
        assert column(objects, "connect_repeats") == {0: 0, 1: 70, 2: 0, 3: 0}
        assert column(objects, "connect_missing") == {0: 0, 1: 0, 2: 30, 3: 0}
        assert (objects["foreign"], objects["holes"], objects["overlap"]) == (0, 0, 0)
        assert objects["objects"] == 11 and objects["counted"] == (11 if more else 3)
    made = headgate.json("plan", *source, "--start", "committed", accept=(3,))
    assert column(made["connect_objects"], "connect_duplicates") == {0: 0, 1: 70, 2: 0, 3: None}
    assert column(made["connect_objects"], "connect_gap") == {0: 0, 1: 0, 2: 30, 3: None}
    for verb in ("survey", "plan"):
        text = headgate.run(verb, *source, *(["--start", "committed"] if verb == "plan" else []), accept=(3,)).out
        assert "MISSING" in text and "30" in text and "70" in text
    stream.run()
    audit = stream.audit(*where, accept=(3,))
    assert audit["verdict"] == "fail" and audit["chain"] == {"holes": 0, "overlaps": 0}
    assert (audit["cutover"]["found"]["gap"], audit["cutover"]["found"]["duplicates"]) == (30, 70)
    found = awkward.delivered(stream)
    old = {number: set(range(end)) for number, end in ENDS.items()}
    new = {number: {row.offset for row in there} for number, there in found.items()}
    assert {number: len(old[number] & new[number]) for number in ENDS} == {0: 0, 1: 70, 2: 0}
    assert {number: len(set(range(400)) - old[number] - new[number]) for number in ENDS} == {0: 0, 1: 0, 2: 30}


@pytest.mark.parametrize("layout", LAST_OFFSET)
def test_keys_with_the_last_offset_are_not_guessed_at(headgate, witness, layout):
    """Their start is in no key: said with one of them, not counted as anything."""
    stream = stream_for(headgate, layout)
    put_objects(stream, witness, f"old/{stream.name}/", LAST_OFFSET[layout][1])
    done = headgate.run("survey", "--topic", TOPIC, "--group", GROUP, "--with-connect", f"s3://{BUCKET}/old/{stream.name}/",
                        accept=(1,))
    assert "11 other keys, such as" in done.err and "check --with-connect" in done.err

"""Counts the clickstream's sequence numbers in S3: a witness that knows nothing of offsets, plans or object names."""

import gzip
import json


def count_sequence_numbers(s3, bucket, prefix, counts, skip=("_headgate/",)):
    """Adds one to counts[seq] (an indexable of numbers below 255) for each record in the objects below prefix, but for
    those with one of the skip texts in their key. Gives (objects, records)."""
    client = s3.client()
    objects = records = 0
    try:
        for key, _ in client.list(bucket, prefix):
            if any(text in key for text in skip):
                continue
            content = client.get(bucket, key)
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            objects += 1
            for line in content.splitlines():
                seq = json.loads(line)["seq"]
                counts[seq] = min(255, counts[seq] + 1)
                records += 1
    finally:
        client.close()
    return objects, records

package headgate.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/** One object that is being filled: a line for each record, compressed as they come. */
final class OpenObject {
    private final TopicPartition partition;
    private final long start;
    private final boolean gzip;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 * 1024);
    private final OutputStream out;
    private int records;

    OpenObject(TopicPartition partition, long start, boolean gzip) {
        this.partition = partition;
        this.start = start;
        this.gzip = gzip;
        try {
            out = gzip ? new FastGzip(bytes) : bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void add(SinkRecord record) {
        records++;
        if (!(record.value() instanceof byte[] value)) {
            return; // a tombstone has no line, but it counts: what an object covers is offsets
        }
        try {
            out.write(value);
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int records() {
        return records;
    }

    /** The finished object's content. */
    byte[] finish() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Confluent's layout: the same offsets always make the same key, so what is delivered again replaces itself. */
    String key(String folder) {
        return String.format("%s/%s/partition=%d/%s+%d+%010d.json%s", folder, partition.topic(), partition.partition(),
            partition.topic(), partition.partition(), start, gzip ? ".gz" : "");
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 16 * 1024);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}

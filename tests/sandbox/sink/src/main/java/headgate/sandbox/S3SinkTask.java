package headgate.sandbox;

import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Fills one object per partition and stores it when it is full. Only what stands in finished objects is ever committed;
 * objects still open when the task stops are thrown away, as Confluent's sink does, and their records come again.
 */
public final class S3SinkTask extends SinkTask {
    private S3SinkSettings settings;
    private S3Client s3;
    private Map<Integer, Long> stopAt;
    private boolean gzip;
    private final Map<TopicPartition, OpenObject> open = new HashMap<>();
    private final Map<TopicPartition, Long> finished = new HashMap<>();
    private final Set<TopicPartition> held = new HashSet<>();

    @Override
    public void start(Map<String, String> props) {
        settings = new S3SinkSettings(props);
        stopAt = settings.stopAt();
        gzip = settings.getString("compression").equals("gzip");
        s3 = S3Client.builder()
            .endpointOverride(URI.create(settings.getString("s3.endpoint")))
            .region(Region.of(settings.getString("s3.region")))
            .forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                settings.getString("s3.access.key"), settings.getPassword("s3.secret.key").value())))
            .httpClient(UrlConnectionHttpClient.create())
            .build();
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        partitions.forEach(this::forget);
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        partitions.forEach(this::forget);
    }

    private void forget(TopicPartition partition) {
        open.remove(partition);
        finished.remove(partition);
        held.remove(partition);
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        long began = System.nanoTime();
        int taken = 0;
        for (SinkRecord record : records) {
            if (take(record)) {
                taken++;
            }
        }
        slowDown(taken, began);
    }

    /** Adds one record to its partition's object; false when the partition is held. */
    private boolean take(SinkRecord record) {
        // The names before transformations are the ones that offsets belong to.
        TopicPartition partition = new TopicPartition(record.originalTopic(), record.originalKafkaPartition());
        long offset = record.originalKafkaOffset();
        long limit = stopAt.getOrDefault(partition.partition(), Long.MAX_VALUE);
        if (offset >= limit) {
            // The record before the limit may be missing from the log: what is open is then finished here.
            if (open.containsKey(partition)) {
                store(partition, offset);
            }
            hold(partition);
            return false;
        }
        OpenObject object = open.computeIfAbsent(partition, p -> new OpenObject(p, offset, gzip));
        object.add(record);
        if (object.records() >= settings.getInt("flush.size") || offset + 1 == limit) {
            store(partition, offset + 1);
        }
        return true;
    }

    /** Pausing keeps the consumer from fetching more; what it has fetched already is dropped, and read again one day. */
    private void hold(TopicPartition partition) {
        if (held.add(partition)) {
            context.pause(partition);
        }
    }

    private void store(TopicPartition partition, long next) {
        OpenObject object = open.remove(partition);
        byte[] content = object.finish();
        String key = object.key(settings.getString("topics.dir"));
        try {
            s3.putObject(request -> request.bucket(settings.getString("s3.bucket")).key(key)
                .contentType("application/octet-stream"), RequestBody.fromBytes(content));
        } catch (SdkException e) {
            // The SDK has tried again already. The task fails, for everybody to see, and restarts from its commit.
            throw new ConnectException("cannot store " + key, e);
        }
        finished.put(partition, next);
        context.requestCommit();
    }

    private void slowDown(int taken, long began) {
        int rate = settings.getInt("max.records.per.second");
        if (rate == 0 || taken == 0) {
            return;
        }
        long left = taken * 1000L / rate - (System.nanoTime() - began) / 1_000_000;
        if (left > 0) {
            try {
                Thread.sleep(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        Map<TopicPartition, OffsetAndMetadata> commit = new HashMap<>();
        finished.forEach((partition, next) -> commit.put(partition, new OffsetAndMetadata(next)));
        return commit;
    }

    @Override
    public void stop() {
        if (s3 != null) {
            s3.close();
        }
    }

    @Override
    public String version() {
        return "1";
    }
}

package headgate.sandbox;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;

/** The sink's settings, with their meaning. */
final class S3SinkSettings extends AbstractConfig {
    static final String STOP_AT = "stop.at";

    static final ConfigDef DEFINITION = new ConfigDef()
        .define("s3.bucket", Type.STRING, Importance.HIGH, "bucket that the objects go to")
        .define("s3.endpoint", Type.STRING, Importance.HIGH, "address of the S3 server, as http://host:port")
        .define("s3.region", Type.STRING, "us-east-1", Importance.LOW, "region that requests are signed for")
        .define("s3.access.key", Type.STRING, Importance.HIGH, "access key id")
        .define("s3.secret.key", Type.PASSWORD, Importance.HIGH, "secret access key")
        .define("topics.dir", Type.STRING, "topics", Importance.LOW, "first folder of the objects' keys")
        .define("flush.size", Type.INT, 1000, ConfigDef.Range.atLeast(1), Importance.HIGH, "records in each object")
        .define("compression", Type.STRING, "gzip", ConfigDef.ValidString.in("gzip", "none"), Importance.LOW,
            "gzip or none")
        .define("max.records.per.second", Type.INT, 0, ConfigDef.Range.atLeast(0), Importance.LOW,
            "upper limit of a task's rate; 0 for none")
        .define(STOP_AT, Type.STRING, "", Importance.LOW,
            "how far to deliver, as partition:offset,partition:offset; a partition is finished with the record before "
            + "the offset and then held; 0 or none: nothing is delivered or committed; a partition left out is not limited");

    S3SinkSettings(Map<String, String> values) {
        super(DEFINITION, values);
    }

    /** Offset to stop before, by partition; partitions without a limit are not in it. */
    Map<Integer, Long> stopAt() {
        Map<Integer, Long> limits = new HashMap<>();
        for (String entry : getString(STOP_AT).split(",")) {
            if (entry.isBlank()) {
                continue;
            }
            String[] parts = entry.trim().split(":");
            try {
                long offset = parts[1].equals("none") ? 0 : Long.parseLong(parts[1]);
                limits.put(Integer.parseInt(parts[0]), offset);
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new ConfigException(STOP_AT, entry, "write partition:offset or partition:none");
            }
        }
        return limits;
    }
}

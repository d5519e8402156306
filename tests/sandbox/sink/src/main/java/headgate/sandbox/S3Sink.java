package headgate.sandbox;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * A small S3 sink for Kafka Connect, for demo and tests: it lays objects out as Confluent's sink does, and can be told
 * where to stop in each partition. Everything else about it (its group, its offsets, its REST interface) is Connect's own.
 */
public final class S3Sink extends SinkConnector {
    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> props) {
        settings = props;
    }

    @Override
    public void stop() {
        settings = null;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return S3SinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, settings);
    }

    @Override
    public ConfigDef config() {
        return S3SinkSettings.DEFINITION;
    }

    @Override
    public String version() {
        return "1";
    }
}

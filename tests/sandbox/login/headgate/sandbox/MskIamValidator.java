package headgate.sandbox;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the tokens of MSK's IAM login on a broker's OAUTHBEARER listener, for one known key pair, with Java's own
 * cryptography: what AWS's service does behind a real MSK broker. The client learns "invalid_token" and nothing else; the
 * broker's log has the reason.
 *
 * Options of the listener's sasl.jaas.config: keyId, secret, region, principal; sessionToken (when the key is a temporary
 * one); clockOffsetSeconds (how far this side's clock is ahead).
 */
public final class MskIamValidator implements AuthenticateCallbackHandler {
    private static final Logger LOG = LoggerFactory.getLogger(MskIamValidator.class);
    private static final String SERVICE = "kafka-cluster";
    private static final long SKEW_SECONDS = 300;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'");
    private static final Set<String> SIGNED = Set.of("Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
            "X-Amz-Expires", "X-Amz-SignedHeaders");

    private Map<String, ?> options = Map.of();

    /** Why a token is refused. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String reason) {
            super(reason);
        }
    }

    private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs, Set<String> scope)
            implements OAuthBearerToken {
    }

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
        options = entries.get(0).getOptions();
    }

    @Override
    public void close() {
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback wanted) {
                try {
                    wanted.token(check(wanted.tokenValue()));
                } catch (Refused | IllegalArgumentException refused) {
                    LOG.warn("MSK IAM token refused: {}", refused.getMessage());
                    wanted.error("invalid_token", null, null);
                } catch (GeneralSecurityException broken) {
                    throw new IOException(broken);
                }
            } else if (callback instanceof OAuthBearerExtensionsValidatorCallback) {
                LOG.debug("no extensions are known");
            }
            // The broker's own login, which asks for a token too, goes on without one: it signs in nowhere.
        }
    }

    private String option(String name) {
        Object value = options.get(name);
        return value == null ? "" : value.toString();
    }

    private static void need(boolean condition, String reason) throws Refused {
        if (!condition) {
            throw new Refused(reason);
        }
    }

    private OAuthBearerToken check(String token) throws Refused, GeneralSecurityException {
        need(token.matches("[A-Za-z0-9_-]+"), "not base64url without padding");
        URI address = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII));
        String region = option("region");
        String host = "kafka." + region + ".amazonaws.com";
        need("https".equals(address.getScheme()) && "/".equals(address.getRawPath()), "not https://HOST/");
        need(host.equals(address.getRawAuthority()), "made for " + address.getRawAuthority() + " instead of " + host);

        TreeMap<String, String> query = parse(address.getRawQuery());
        String signature = take(query, "X-Amz-Signature");
        String agent = take(query, "User-Agent");
        need(!agent.isEmpty(), "no user agent");
        String session = query.get("X-Amz-Security-Token");
        need(option("sessionToken").equals(session == null ? "" : session), "another session token");
        for (String name : SIGNED) {
            need(query.containsKey(name), name + " is missing");
        }
        need(query.size() == SIGNED.size() + (session == null ? 0 : 1), "fields that nobody asked for");
        need("kafka-cluster:Connect".equals(query.get("Action")), "another action");
        need("AWS4-HMAC-SHA256".equals(query.get("X-Amz-Algorithm")), "another algorithm");
        need("host".equals(query.get("X-Amz-SignedHeaders")), "other headers than the host are signed");

        String date = query.get("X-Amz-Date");
        String scope = date.substring(0, Math.min(8, date.length())) + "/" + region + "/" + SERVICE + "/aws4_request";
        need((option("keyId") + "/" + scope).equals(query.get("X-Amz-Credential")),
                "another key or scope: " + query.get("X-Amz-Credential"));
        Instant made = instant(date);
        long expires = number(query.get("X-Amz-Expires"));
        need(expires > 0 && expires <= 900, "valid for " + expires + " s");
        Instant now = Instant.now().plusSeconds(option("clockOffsetSeconds").isEmpty() ? 0
                : number(option("clockOffsetSeconds")));
        need(!made.isAfter(now.plusSeconds(SKEW_SECONDS)), "made in the future: " + date);
        need(!now.isAfter(made.plusSeconds(expires)), "expired: made at " + date);

        byte[] wanted = sign(date, region, scope, canonical(query, host));
        need(MessageDigest.isEqual(HexFormat.of().formatHex(wanted).getBytes(StandardCharsets.US_ASCII),
                signature.getBytes(StandardCharsets.US_ASCII)), "the signature does not match");
        LOG.warn("MSK IAM token accepted: made at {} by {}", date, agent);
        return new Token(token, option("principal"), made.toEpochMilli(), made.plusSeconds(expires).toEpochMilli(), Set.of());
    }

    private static String take(TreeMap<String, String> query, String name) throws Refused {
        String value = query.remove(name);
        need(value != null, name + " is missing");
        return value;
    }

    private static TreeMap<String, String> parse(String query) throws Refused {
        TreeMap<String, String> fields = new TreeMap<>();
        need(query != null, "no query");
        for (String pair : query.split("&")) {
            String[] halves = pair.split("=", 2);
            need(halves.length == 2 && !halves[1].contains("+"), "a field without a value, or with a blank as +");
            need(fields.put(decode(halves[0]), decode(halves[1])) == null, halves[0] + " stands there twice");
        }
        return fields;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static Instant instant(String date) throws Refused {
        try {
            return LocalDateTime.parse(date, DATE).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException error) {
            throw new Refused("no time: " + date);
        }
    }

    private static long number(String text) throws Refused {
        need(text.matches("-?[0-9]{1,9}"), "no number: " + text);
        return Long.parseLong(text);
    }

    private static String encode(String text) {
        StringBuilder out = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            char letter = (char) (each & 255);
            if (letter < 128 && (Character.isLetterOrDigit(letter) || "-_.~".indexOf(letter) >= 0)) {
                out.append(letter);
            } else {
                out.append(String.format("%%%02X", each & 255));
            }
        }
        return out.toString();
    }

    private static String canonical(TreeMap<String, String> query, String host) throws GeneralSecurityException {
        StringBuilder fields = new StringBuilder();
        query.forEach((name, value) -> fields.append(fields.length() == 0 ? "" : "&").append(encode(name)).append('=')
                .append(encode(value)));
        return "GET\n/\n" + fields + "\nhost:" + host + "\n\nhost\n" + hash("");
    }

    private byte[] sign(String date, String region, String scope, String canonical) throws GeneralSecurityException {
        String text = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hash(canonical);
        byte[] key = ("AWS4" + option("secret")).getBytes(StandardCharsets.UTF_8);
        for (String step : new String[] {date.substring(0, 8), region, SERVICE, "aws4_request", text}) {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            key = mac.doFinal(step.getBytes(StandardCharsets.UTF_8));
        }
        return key;
    }

    private static String hash(String text) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}

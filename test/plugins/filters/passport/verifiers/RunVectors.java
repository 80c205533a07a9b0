import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.JSONArrayUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

public final class RunVectors {
    @SuppressWarnings("unchecked")
    public static void main(String[] args) throws Exception {
        Map<String, Object> v = JSONObjectUtils.parse(Files.readString(Path.of(args[0])));
        Passports passports = new Passports(JWKSet.parse((Map<String, Object>) v.get("jwks")), (String) v.get("audience"), (String) v.get("issuer"));
        Instant now = Instant.ofEpochSecond(((Number) v.get("now")).longValue());
        for (Object one : (List<Object>) v.get("cases")) {
            Map<String, Object> c = (Map<String, Object>) one;
            Map<String, Object> r = c.containsKey("request") ? (Map<String, Object>) c.get("request") : Map.of();
            String outcome = "accepted";
            try {
                passports.verify((String) c.get("header"), (String) r.getOrDefault("method", ""), (String) r.getOrDefault("path", ""), ((String) r.getOrDefault("body", "")).getBytes(), now);
            } catch (Exception e) {
                outcome = "refused";
                if (args.length > 1) System.err.println(c.get("name") + ": " + e);
            }
            System.out.println("[\"" + c.get("name") + "\",\"" + outcome + "\"]");
        }
    }
}

// JDK 17 and jackson-databind 2. Throws unless the header's value is an assertion that is meant for this application.
import com.fasterxml.jackson.databind.*;
import java.security.*;
import java.util.*;
public final class Verify { // one for the whole application: it keeps the keys
    private final String issuer = System.getenv("SSO_ISSUER"), audience = System.getenv("SSO_AUDIENCE");
    private final List<String> organizations = List.of(System.getenv("SSO_ORGANIZATIONS").split(","));
    private final ObjectMapper json = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
    private final Base64.Decoder base64 = Base64.getUrlDecoder();
    private volatile JsonNode set = json.createObjectNode().put("at", 0); // kept for 300 s, an unknown key asks after 5
    public JsonNode identify(String header) throws Exception { // the claims: "sub", "email" if "email_verified"
        var part = header.split("\\.", -1);
        JsonNode head = json.readTree(base64.decode(part[0])), claims = json.readTree(base64.decode(part[1]));
        var now = System.currentTimeMillis() / 1000;
        if (now - set.get("at").asLong() > (set.findValuesAsText("kid").contains(head.get("kid").asText()) ? 300 : 5))
            set = json.createObjectNode().put("at", now)
                .set("keys", json.readTree(java.net.URI.create(issuer + "/_sso/jwks.json").toURL()).get("keys"));
        var jwk = set.get("keys").get(set.findValuesAsText("kid").indexOf(head.get("kid").asText())); // null: throws
        var key = java.nio.ByteBuffer.allocate(91).put(base64.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"))
            .put(base64.decode(jwk.get("x").asText())).put(base64.decode(jwk.get("y").asText())).array();
        var check = Signature.getInstance("SHA256withECDSAinP1363Format"); // ES256 and no other
        check.initVerify(KeyFactory.getInstance("EC").generatePublic(new java.security.spec.X509EncodedKeySpec(key)));
        check.update((part[0] + "." + part[1]).getBytes("US-ASCII"));
        if (part.length != 3 || !head.path("alg").asText().equals("ES256") || !check.verify(base64.decode(part[2]))
            || !claims.path("iss").asText().equals(issuer) || !claims.path("aud").asText().equals(audience)
            || !organizations.contains(claims.path("org").asText()) || now + 30 < claims.required("nbf").asLong()
            || now - 30 >= claims.required("exp").asLong()) throw new SignatureException("not for this application");
        return claims;
    }
}

package sso // go get github.com/golang-jwt/jwt/v5 github.com/MicahParks/keyfunc/v3
import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

type Claims struct {
	jwt.RegisteredClaims
	Organization string `json:"org"`
	Email        string `json:"email"`
}

// Identify fails unless the request has an assertion meant for this application. For keys, once, at the start:
// keyfunc.NewDefaultCtx(ctx, []string{issuer + "/_sso/jwks.json"})
func Identify(r *http.Request, keys keyfunc.Keyfunc) (claims Claims, err error) {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(os.Getenv("SSO_ISSUER")),
		jwt.WithAudience(os.Getenv("SSO_AUDIENCE")), jwt.WithExpirationRequired(), jwt.WithLeeway(30*time.Second))
	_, err = parser.ParseWithClaims(r.Header.Get("Sso-Jwt-Assertion"), &claims, keys.Keyfunc)
	if !slices.Contains(strings.Split(os.Getenv("SSO_ORGANIZATIONS"), ","), claims.Organization) {
		err = errors.Join(err, errors.New("meant for another organization"))
	}
	return claims, err
}

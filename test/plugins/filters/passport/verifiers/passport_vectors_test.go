package passport

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestVectors(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("VECTORS"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Jwks             jose.JSONWebKeySet
		Issuer, Audience string
		Now              int64
		Cases            []struct {
			Name, Header string
			Request      *struct{ Method, Path, Body string }
		}
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Cases {
		method, path, body := "", "", ""
		if c.Request != nil {
			method, path, body = c.Request.Method, c.Request.Path, c.Request.Body
		}
		outcome := "accepted"
		if _, err := Verify(c.Header, v.Jwks, v.Audience, v.Issuer, time.Unix(v.Now, 0), method, path, []byte(body)); err != nil {
			outcome = "refused"
		}
		line, _ := json.Marshal([]string{c.Name, outcome})
		fmt.Println(string(line))
	}
}

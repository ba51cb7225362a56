// Signs an identity for the widget: go run sign.go, with the key in CAMPFIRE_SECRET_KEY.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

func signIdentity(id, name, email, secretKey string) (string, error) {
	if secretKey == "" {
		return "", errors.New("the secret key is empty")
	}
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"aud":   "campfire-identity",
		"sub":   id,
		"iat":   now,
		"exp":   now + 24*3600,
		"name":  name,
		"email": email,
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, []byte(secretKey))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil)), nil
}

func main() {
	identity, err := signIdentity("42", "Zoë Müller", "zoe@mail.example", os.Getenv("CAMPFIRE_SECRET_KEY"))
	if err != nil {
		panic(err)
	}
	fmt.Println(identity)
}

# Signs an identity for the widget: ruby sign.rb, with the key in CAMPFIRE_SECRET_KEY.
require "json"
require "openssl"

def base64url(raw)
  [raw].pack("m0").tr("+/", "-_").delete("=")
end

def sign_identity(user, secret_key)
  raise ArgumentError, "The secret key is empty." if secret_key.empty?
  now = Time.now.to_i
  claims = {
    aud: "campfire-identity",
    sub: user[:id].to_s,
    iat: now,
    exp: now + 24 * 3600,
    name: user[:name],
    email: user[:email],
  }
  header = { alg: "HS256", typ: "JWT" }
  signed = [header, claims].map { |part| base64url(JSON.generate(part)) }.join(".")
  "#{signed}.#{base64url(OpenSSL::HMAC.digest("SHA256", secret_key, signed))}"
end

user = { id: 42, name: "Zoë Müller", email: "zoe@mail.example" }
puts sign_identity(user, ENV.fetch("CAMPFIRE_SECRET_KEY"))

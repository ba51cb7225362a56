// Signs an identity for the widget: node sign.mjs, with the key in CAMPFIRE_SECRET_KEY.
import { createHmac } from "node:crypto";

export function signIdentity(user, secretKey, now = Math.floor(Date.now() / 1000)) {
  if (!secretKey) throw new Error("The secret key is empty.");
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    aud: "campfire-identity",
    sub: String(user.id),
    iat: now,
    exp: now + 24 * 3600,
    name: user.name,
    email: user.email,
  };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secretKey).update(signed).digest("base64url")}`;
}

const user = { id: 42, name: "Zoë Müller", email: "zoe@mail.example" };
console.log(signIdentity(user, process.env.CAMPFIRE_SECRET_KEY));

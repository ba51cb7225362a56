"""Receives webhooks of campfire-chat, and believes only those that it has signed."""

# --8<-- [start:verify]
import base64
import hmac
import time

TOLERANCE = 5 * 60


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether campfire-chat has sent this body within the last five minutes.

    Args:
        secret: What the console has shown once: ``whsec_…``.
        headers: With names in lower case.
        body: The bytes as they came in, before any JSON is parsed.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    # During a rotation there are two signatures.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted.encode(), each.encode()) for each in given)


# --8<-- [end:verify]

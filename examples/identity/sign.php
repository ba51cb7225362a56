<?php
// Signs an identity for the widget: php sign.php, with the key in CAMPFIRE_SECRET_KEY.

function sign_identity(array $user, string $secret_key): string
{
    if ($secret_key === '') {
        throw new InvalidArgumentException('The secret key is empty.');
    }
    $base64url = fn(string $raw) => rtrim(strtr(base64_encode($raw), '+/', '-_'), '=');
    $encode = fn(array $value) => $base64url(json_encode($value, JSON_THROW_ON_ERROR));
    $now = time();
    $claims = [
        'aud' => 'campfire-identity',
        'sub' => (string) $user['id'],
        'iat' => $now,
        'exp' => $now + 24 * 3600,
        'name' => $user['name'],
        'email' => $user['email'],
    ];
    $signed = $encode(['alg' => 'HS256', 'typ' => 'JWT']) . '.' . $encode($claims);
    return $signed . '.' . $base64url(hash_hmac('sha256', $signed, $secret_key, true));
}

$user = ['id' => 42, 'name' => 'Zoë Müller', 'email' => 'zoe@mail.example'];
echo sign_identity($user, (string) getenv('CAMPFIRE_SECRET_KEY')), "\n";

<?php // composer require firebase/php-jwt guzzlehttp/guzzle symfony/cache
// Throws unless the request carries an assertion that is meant for this application.
require_once __DIR__ . '/vendor/autoload.php';

use Firebase\JWT\{CachedKeySet, JWT};

function identify(): stdClass
{
    $issuer = getenv('SSO_ISSUER'); // server.public_url, for example https://app.example.com
    $audience = getenv('SSO_AUDIENCE'); // assertion.audience; where it is not set, the origin that the visitor sees
    $organizations = explode(',', getenv('SSO_ORGANIZATIONS'));
    // Kept for five minutes; asked again for a key that is not known, at most ten times a minute.
    $client = new GuzzleHttp\Client(['timeout' => 5, 'allow_redirects' => false]);
    $cache = new Symfony\Component\Cache\Adapter\FilesystemAdapter('sso');
    $factory = new GuzzleHttp\Psr7\HttpFactory();
    $keys = new CachedKeySet("$issuer/_sso/jwks.json", $client, $factory, $cache, 300, true);
    JWT::$leeway = 30;
    $header = new stdClass();
    $claims = JWT::decode($_SERVER['HTTP_SSO_JWT_ASSERTION'] ?? '', $keys, $header); // signature, nbf, exp
    $forUs = $claims->iss === $issuer && $claims->aud === $audience && in_array($claims->org, $organizations, true);
    if ($header->alg !== 'ES256' || !isset($claims->exp, $claims->nbf) || !$forUs) {
        throw new UnexpectedValueException('not an assertion for this application');
    }
    return $claims; // ->sub, ->email
}

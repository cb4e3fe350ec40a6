// The files of everybody: as plain as each can be for this task, with one worker.

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

function nginxFile(folder, name, rest) {
  return `daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.log warn;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  ${TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}
  ${rest}
}
`;
}

/** Answers from the page cache. */
export function application(folder, port) {
  return nginxFile(
    folder,
    "application",
    `sendfile on; open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;
  server { listen 127.0.0.1:${port}; location / { root ${folder}; default_type text/plain; rewrite ^ /answer break; } }`,
  );
}

/** A plain proxy, with the buffers that it has by default. */
export function nginx(folder, port, application) {
  return nginxFile(
    folder,
    "nginx",
    `upstream app { server 127.0.0.1:${application}; keepalive 256; }
  server { listen 127.0.0.1:${port}; location / {
    proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
  } }`,
  );
}

export function haproxy(port, application) {
  return `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server app 127.0.0.1:${application}
`;
}

/** What lets a front proxy on this machine ask. */
export const ASKED = `trusted_proxies = ["127.0.0.0/8"]
forward_auth = ["nginx"]`;

/** Room for more connections from one address than any client has. */
export const ROOM = `[server.limits]
max_connections_per_address = 20000`;

const DEVELOPMENT = `[providers.dev]
preset = "dev"
[organizations.acme]
providers = ["dev"]`;

/** People sign in at the provider of the end-to-end tests. */
export function certified(provider) {
  return `[providers.idp]
kind = "oidc"
issuer = "${provider.issuer}"
client_id = "${provider.clientId}"
client_secret = "${provider.clientSecret}"
[organizations.acme]
providers = ["idp"]`;
}

/** Everything switched on but the access log. `more` belongs to its server. */
export function doorward(port, application, name, more = "", provider = DEVELOPMENT) {
  return `[server]
public_url = "http://localhost:${port}"
listen = ["127.0.0.1:${port}"]
${more}
[store]
path = "${name}"
[admin]
socket = "${name}.sock"
[upstreams.app]
url = "http://127.0.0.1:${application}"
${provider}
allow = { anyone = true }
[routes.open]
path = "/open/*"
upstream = "app"
access = "public"
[routes.default]
path = "/*"
upstream = "app"
[management]
listen = "off"
[logs]
level = "warn"
access = false
`;
}

export function apache(folder, { port, application, redis, cache }, provider) {
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"];
  return `ServerRoot ${folder}
PidFile ${folder}/apache-${cache}.pid
ErrorLog "|$/bin/cat 1>&2"
LogLevel warn
User www-data
Group www-data
Listen 127.0.0.1:${port}
ServerName 127.0.0.1:${port}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
KeepAlive On
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 4
ThreadsPerChild 64
MaxRequestWorkers 256
MinSpareThreads 64
MaxSpareThreads 256
OIDCProviderMetadataURL ${provider.issuer}/.well-known/openid-configuration
OIDCClientID ${provider.clientId}
OIDCClientSecret ${provider.clientSecret}
OIDCRedirectURI http://127.0.0.1:${port}/answered
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef
OIDCSessionInactivityTimeout 3600
OIDCCacheType ${cache}
OIDCUnAuthAction auth true
${cache === "redis" ? `OIDCRedisCacheServer 127.0.0.1:${redis}` : ""}
<Location />
  AuthType openid-connect
  Require valid-user
  ProxyPass http://127.0.0.1:${application}/
</Location>
`;
}

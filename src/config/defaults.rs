//! Every default, with the reason for its value.

use std::time::Duration;

use super::{
    Access, Activation, Algorithm, ClientAuthentication, HeaderEncoding, HeaderPreset, LogFormat,
    OnError, RevalidationMethod, StoreKind, UpstreamHttp,
};

/// Below this path lives everything that Doorward serves itself: no dot (front servers block those), no product name.
pub const PREFIX: &str = "/_sso";

/// Plain HTTP from other machines is for whoever says that something in front does TLS.
pub const BEHIND_PROXY: bool = false;

/// Connections of trusted peers begin with the request, or with TLS.
pub const PROXY_PROTOCOL: bool = false;

/// Long enough for a slow download to finish, short enough for a deployment to wait.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a front proxy on the same machine finds us.
pub const LISTEN_PORT: u16 = 8000;

/// Each costs about 20 KiB idle: 10,000 are 200 MiB at the worst.
pub const MAX_CONNECTIONS: usize = 10_000;

/// A tenth of all: an office behind one address has them, and it takes ten such to fill the house.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 1_000;

/// Twice what common servers take (8 to 16 KiB), since single sign-on traffic carries long cookies of the application.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// As nginx and Apache: a browser sends about 25.
pub const MAX_HEADER_FIELDS: usize = 100;

/// A browser sends its head in one packet; a slow client that needs longer is an attack or a broken line.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// As nginx: longer than most clients and front proxies keep an idle connection, so that it is rarely we who close first.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(75);

/// Two round trips on the worst mobile line.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than the keep-alive comments that event streams send (15 to 60 s) and than WebSocket pings.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// From the end of somebody's access until nothing of theirs is open: time for a closing message to arrive, and its
/// answer to return, on a bad mobile line.
pub const STREAM_CUT: Duration = Duration::from_secs(5);

/// RFC 9113 §6.5.2 recommends no less than 100.
pub const MAX_HTTP2_STREAMS: u32 = 128;

/// What nginx calls proxy_read_timeout: slow reports of old applications still come through.
pub const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(60);

/// An application on the same network answers in milliseconds or not at all.
pub const UPSTREAM_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Applications build their links and check their origin by the host that the visitor typed.
pub const PRESERVE_HOST: bool = true;

/// What every application speaks. HTTP/2 is one connection for everybody, which helps an application only if it is far away.
pub const UPSTREAM_HTTP: UpstreamHttp = UpstreamHttp::One;

/// Failures in a row: fewer happen by chance.
pub const UPSTREAM_EJECT_AFTER: u32 = 5;

/// As Envoy and HAProxy begin with; a restart takes about that long.
pub const UPSTREAM_EJECT_FOR: Duration = Duration::from_secs(10);

/// An application that has just started has empty caches.
pub const UPSTREAM_SLOW_START: Duration = Duration::from_secs(30);

/// Between two questions whether an application is well.
pub const UPSTREAM_HEALTH_INTERVAL: Duration = Duration::from_secs(10);

/// An application that takes longer to say that it is well is not.
pub const UPSTREAM_HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Good answers in a row.
pub const UPSTREAM_HEALTHY_AFTER: u32 = 2;

/// Bad answers in a row.
pub const UPSTREAM_UNHEALTHY_AFTER: u32 = 3;

/// As many as there may be connections: what one HTTP/1.1 connection each, or a WebSocket each, can come to. Only HTTP/2
/// multiplies beyond that.
pub const UPSTREAM_MAX_CONCURRENT_REQUESTS: usize = MAX_CONNECTIONS;

/// Idle connections kept for one upstream. Bounded, because the client library's own default is not.
pub const UPSTREAM_POOL_IDLE: usize = 256;

/// How long an idle connection to an application is kept: less than most applications keep theirs (60 s and more), so
/// that it is rarely they who close first.
pub const UPSTREAM_POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest read and write buffer of one connection: larger ones save calls, smaller ones memory.
pub const CONNECTION_BUFFER_BYTES: usize = 256 * 1024;

/// A provider that gave no secret is the exception, and leaving the secret out a mistake more often.
pub const PUBLIC_CLIENT: bool = false;

/// The one way that every provider must know (RFC 6749 §2.3.1).
pub const CLIENT_AUTHENTICATION: ClientAuthentication = ClientAuthentication::Basic;

/// Who somebody is, and how to reach and to call them. Further ones of the file are added.
pub const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// Between two scopes (RFC 6749 §3.3).
pub const SCOPE_SEPARATOR: &str = " ";

/// What providers sign with: the one that every provider must know (OIDC Core §15.1), and its smaller successors.
pub const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// Many providers keep ID tokens small and tell the rest there.
pub const USERINFO: bool = true;

/// A provider on the Internet has no business leading us to addresses inside.
pub const PRIVATE_NETWORK: bool = false;

/// How people are asked about where a refresh token can be expected: every provider that gives one redeems it, and only
/// for whom it still knows.
pub const REVALIDATION_METHOD: RevalidationMethod = RevalidationMethod::RefreshToken;

/// The same without one: an access token tells as much for its own short life only, so that nobody would be left in.
pub const REVALIDATION_METHOD_ELSEWHERE: RevalidationMethod = RevalidationMethod::None;

/// A person waits for this one.
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest body accepted from a provider: key sets and tokens are a hundred times smaller.
pub const PROVIDER_MAX_BODY_BYTES: usize = 1024 * 1024;

/// The claim that lists groups, as Okta, Keycloak and Entra ID call it.
pub const GROUPS_CLAIM: &str = "groups";

/// How long discovery metadata and keys are used before they are asked for again.
pub const PROVIDER_METADATA_LIFETIME: Duration = Duration::from_secs(3600);

/// An unknown key id causes at most one fetch in this time (threat model 49).
pub const PROVIDER_KEY_REFETCH: Duration = Duration::from_secs(60);

/// How far clocks may differ, both directions (threat model §5).
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

/// For so long after a sign-in a person may add another way in.
pub const FRESH_SIGN_IN: Duration = Duration::from_secs(15 * 60);

/// Whoever is written down may come in; shutting one out is a word more.
pub const ORGANIZATION_ENABLED: bool = true;

/// The file alone is enough to start with.
pub const ACTIVATION: Activation = Activation::Implicit;

/// Nobody is let in for want of a word.
pub const ANYONE: bool = false;

/// Nothing is open unless the file says so.
pub const ACCESS: Access = Access::Required;

/// A working day with a lunch break.
pub const SESSION_IDLE: Duration = Duration::from_secs(8 * 3600);

/// A stolen cookie is worth a day at most.
pub const SESSION_ABSOLUTE: Duration = Duration::from_secs(24 * 3600);

/// More browsers than anybody has; a script that signs in again and again does not fill the store.
pub const SESSIONS_PER_ACCOUNT: usize = 50;

/// From starting a sign-in to the provider's answer: time to find a second factor.
pub const RUN_LIFETIME: Duration = Duration::from_secs(600);

/// A used or expired run, and the cookie that proves whose it was, are kept this much longer: an answer that comes late
/// or twice is sent to where it was going.
pub const RUN_KEPT: Duration = Duration::from_secs(3600);

/// Sign-ins in flight from one browser: its cookies stay small.
pub const RUNS_PER_BROWSER: usize = 12;

/// Sign-ins in flight in one organization: bounds the store under a flood.
pub const RUNS_PER_ORGANIZATION: usize = 10_000;

/// The largest form that is read. One of ours has a few hundred bytes, a provider's `form_post` a few thousand; one of the
/// application that is kept while its owner signs in again may have a long text, and no file.
pub const FORM_BYTES: usize = 64 * 1024;

/// Forms that are kept at the same time: 64 MiB in the store at the worst.
pub const KEPT_FORMS: usize = 1_000;

/// A provider that is being set up: somebody elsewhere has to find the time, and the right to register something.
pub const DRAFT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Providers that are being set up for one organization at the same time.
pub const DRAFTS_PER_ORGANIZATION: usize = 10;

/// Drafts that one browser has by their links. Each has a cookie, and servers bound what a browser may send.
pub const DRAFTS_PER_BROWSER: usize = 12;

/// The one-time ticket onto an organization's own host: one redirect.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

/// How long somebody may look at an identity before they say whether to add it.
pub const OFFER_LIFETIME: Duration = Duration::from_secs(600);

/// Completed sign-ins of one browser in this many seconds that mean a loop…
pub const LOOP_WINDOW: Duration = Duration::from_secs(30);

/// …and how many.
pub const LOOP_SIGN_INS: usize = 3;

/// The names that most applications with a switch for such a proxy know.
pub const HEADER_PRESET: HeaderPreset = HeaderPreset::RemoteUser;

/// The only one of the two that says itself what it is, and that names in plain ASCII need no decoding for.
pub const HEADER_ENCODING: HeaderEncoding = HeaderEncoding::Rfc8187;

/// Small, fast to sign, and known to every library that verifies.
pub const ASSERTION_ALGORITHM: Algorithm = Algorithm::Es256;

/// Assertions are forwarded within milliseconds: a minute allows for clocks.
pub const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// Name of the assertion's header.
pub const ASSERTION_HEADER: &str = "sso-jwt-assertion";

/// Six weeks.
pub const ASSERTION_ROTATE_EVERY: Duration = Duration::from_secs(42 * 24 * 3600);

/// A key is published this long before it signs and after it last signed: longer than anybody caches a key set.
pub const ASSERTION_KEY_OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// Between groups in one header value.
pub const GROUPS_SEPARATOR: &str = ",";

/// Who the customers are is nobody else's business.
pub const LIST_ORGANIZATIONS: bool = false;

/// Half a year.
pub const REMEMBER_ORGANIZATION: Duration = Duration::from_secs(180 * 24 * 3600);
/// English: what most people who cannot read a page in their own language can read.
pub const LANGUAGE: &str = "en";

/// Only from the machine itself.
pub const MANAGEMENT_LISTEN: &str = "127.0.0.1:9480";

/// Sessions outlive the process.
pub const STORE_KIND: StoreKind = StoreKind::Sled;

/// Folder of the embedded store, relative to the file.
pub const STORE_PATH: &str = "data";

/// File of the store's key, in the folder of the store, so that one mount holds both.
pub const STORE_KEY: &str = "store.key";

/// Owners are named one by one; without a name there is nobody to see the pages.
pub const ADMIN_PAGES: bool = true;

/// Two processes at one address are most often a mistake, and a port that is taken says so.
pub const REUSE_PORT: bool = false;

/// Enough for the sign-in pages of every provider of ours, and for small screens.
pub const POPUP_SIZE: super::PopupSize = super::PopupSize {
    width: 600,
    height: 600,
};

/// The operator's socket, relative to the file.
pub const ADMIN_SOCKET: &str = "run/admin.sock";

/// Whoever looks on reads text, whatever collects reads JSON.
pub const LOG_FORMAT: LogFormat = LogFormat::Auto;

/// People tell of a sign-in that failed within the week.
pub const TRACES: Duration = Duration::from_secs(7 * 24 * 3600);

/// Each request once, without what only helps to find mistakes of ours.
pub const LOG_LEVEL: &str = "info";

/// A person who left is out within the hour.
pub const REVALIDATION_INTERVAL: Duration = Duration::from_secs(3600);

/// An outage of a provider ends nobody's work at once.
pub const REVALIDATION_ON_ERROR: OnError = OnError::Grace;

/// Spreads questions over a tenth of the interval, always early.
pub const REVALIDATION_JITTER: f64 = 0.1;

/// An outage over a long morning ends nobody's access.
pub const REVALIDATION_GRACE: Duration = Duration::from_secs(4 * 3600);

/// Questions to one provider at the same time: no provider minds so few.
pub const REVALIDATION_CONCURRENCY: usize = 8;

/// Questions to one provider in a second: a hundred thousand people within the default interval.
pub const REVALIDATION_PER_SECOND: u32 = 50;

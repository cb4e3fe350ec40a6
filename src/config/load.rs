//! From files and environment to a [`Config`], or to every fault at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::fault::{Fault, Faults, Place, Weight};
use super::reader::{Context, Findings, Reader, nearest};
use super::source::{Origin, Sources};
use super::values::Values;
use super::{
    Admin, Config, Management, Preset, Provider, Revalidation, RevalidationMethod, Route, Slug,
    organizations, pages, providers, revalidation, routes, server, upstreams,
};

/// A configuration that is good, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// What does not keep it from being used.
    pub warnings: Vec<Fault>,
    /// What it was made of, to tell another one from it.
    pub values: Values,
}

/// Reads a configuration: defaults, the file, its includes, the environment, each over the one before.
///
/// # Errors
/// All faults of the file.
pub fn load(origin: &Origin) -> Result<Loaded, Faults> {
    let sources = Sources::read(origin).map_err(Faults)?;
    let context = Context::new(&sources);
    let config = read(&context);
    let contents = context.take_contents();
    let faults = presentable(context.findings(), &sources);
    let broken = faults.iter().any(|fault| fault.weight == Weight::Error);
    match config {
        Some(config) if !broken => Ok(Loaded {
            config,
            warnings: faults,
            values: Values::of(&sources.values, contents),
        }),
        Some(_) | None => Err(Faults(faults)),
    }
}

/// Reads the file at `path`, under the environment of this process.
///
/// # Errors
/// All faults of the file.
pub fn load_file(path: &Path) -> Result<Loaded, Faults> {
    load(&Origin::file(path))
}

/// Reads the file at `path` as [`load_file`] does, but lets providers lack what their portals will show: whoever is about to
/// register Doorward there has none of it yet. Never for serving: what is missing is empty.
///
/// # Errors
/// All other faults of the file.
pub fn load_unregistered(path: &Path) -> Result<Config, Faults> {
    let sources = Sources::read(&Origin::file(path)).map_err(Faults)?;
    let context = Context::new(&sources);
    let config = read(&context);
    let mut faults = presentable(context.findings(), &sources);
    faults.retain(|fault| fault.weight == Weight::Error && !is_shown_by_a_portal(fault));
    match config {
        Some(config) if faults.is_empty() => Ok(config),
        Some(_) | None => Err(Faults(faults)),
    }
}

/// Whether a fault is that of a value that a provider hands out.
fn is_shown_by_a_portal(fault: &Fault) -> bool {
    let mut parts = fault.path.split('.');
    let key = fault.path.rsplit('.').next().unwrap_or_default();
    let handed_out = [
        "client_id",
        "client_secret",
        "team_id",
        "key_id",
        "signing_key",
    ];
    parts.next() == Some("providers")
        && handed_out.contains(&key)
        && matches!(
            fault.code,
            "missing-key" | "bad-secret" | "bad-value" | "bad-key"
        )
}

/// Where the operator's listeners are.
#[derive(Clone, Debug)]
pub struct Operators {
    /// For the command line.
    pub admin: Admin,
    /// For probes.
    pub management: Management,
}

/// Reads from the file at `path` where the operator's listeners are, and nothing else: whoever asks a running process
/// need not be able to read its secrets, and the file may have been broken since it was started.
///
/// # Errors
/// The faults of `[admin]` and `[management]`, and of a file that is not there or no TOML.
pub fn load_operators(path: &Path) -> Result<Operators, Faults> {
    let sources = Sources::read(&Origin::file(path)).map_err(Faults)?;
    let context = Context::new(&sources);
    let root = Reader::root(&context);
    let operators = Operators {
        admin: server::admin(root.table("admin")),
        management: server::management(root.table("management"), &[]),
    };
    let mut faults = presentable(context.findings(), &sources);
    faults.retain(|fault| {
        let table = fault.path.split('.').next().unwrap_or_default();
        fault.weight == Weight::Error && matches!(table, "admin" | "management")
    });
    if faults.is_empty() {
        Ok(operators)
    } else {
        Err(Faults(faults))
    }
}

/// Every key that a file may have; names of tables are `*`. Found by reading a file that has one table of each kind, so
/// that there is no second list to forget.
pub fn known_keys() -> BTreeSet<String> {
    let origin = Origin {
        file: PathBuf::new(),
        environment: BTreeMap::new(),
    };
    match Sources::of(&one_of_each(), &origin) {
        Ok(sources) => {
            let context = Context::new(&sources);
            read(&context);
            context.findings().known
        }
        Err(_) => BTreeSet::new(),
    }
}

/// A table of each kind, and a provider for each preset, since every preset has keys of its own.
fn one_of_each() -> String {
    let providers: String = providers::PRESETS
        .iter()
        .map(|(preset, _)| format!("[providers.{preset}]\npreset = \"{preset}\"\n"))
        .collect();
    format!("[upstreams.a]\n[routes.a.require]\n[organizations.a.allow]\n[store.key]\n{providers}")
}

fn read(context: &Context<'_>) -> Option<Config> {
    let root = Reader::root(context);
    if root.number("version", 1, 1..=1).is_none() && root.has("version") {
        // The fault says it.
        return None;
    }
    root.texts("include", "conf.d/*.toml");
    let server = server::server(root.table("server"));
    let providers = providers::providers(&root, server.as_ref().map(|server| &server.public_url));
    let asked = server.as_ref();
    let asked = asked.is_some_and(|server| !server.forward_auth.is_empty());
    let upstreams = upstreams::upstreams(&root, asked);
    let sessions =
        organizations::sessions(root.table("sessions"), organizations::default_sessions());
    let assertion = routes::assertion(root.table("assertion"));
    let headers = assertion
        .as_ref()
        .map(|assertion| routes::headers(root.table("headers"), assertion));
    let revalidation = revalidation::revalidation(root.table("revalidation"));
    asked_too_often(&root, &providers, &revalidation);
    let login = server::login(root.table("login"));
    let pages = pages::pages(root.table("pages"));
    let admin = server::admin(root.table("admin"));
    let public = server.as_ref().map_or(&[][..], |server| &server.listen);
    let management = server::management(root.table("management"), public);
    let store = server::store(root.table("store"));
    let logs = server::logs(root.table("logs"));
    let config = server.and_then(|server| {
        let organizations = organizations::organizations(&root, &server, &providers, sessions);
        let known = routes::Known {
            server: &server,
            upstreams: &upstreams,
            organizations: &organizations,
            providers: &providers,
        };
        let routes = routes::routes(&root, &known);
        unused(&root, &known, &routes);
        Some(Config {
            routes,
            server,
            upstreams,
            providers,
            organizations,
            headers: headers?,
            assertion: assertion?,
            revalidation,
            login,
            pages,
            admin,
            management,
            store,
            logs,
        })
    });
    root.finish();
    config
}

/// Warns of people whom Apple is asked about more often than it wants: once a day.
fn asked_too_often(
    root: &Reader<'_>,
    providers: &BTreeMap<Slug, Provider>,
    revalidation: &Revalidation,
) {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let is_asked = |provider: &&Provider| {
        provider.preset == Preset::Apple && provider.revalidation() != RevalidationMethod::None
    };
    for provider in providers.values().filter(is_asked) {
        if revalidation.interval < DAY {
            root.table("providers").warn(
                provider.id.as_str(),
                "asked-too-often",
                format!("Apple wants to be asked about a person once a day at most, and `{}` is asked more often", provider.id),
                "leave its `revalidation` out, or write revalidation.interval = \"1d\" or more",
            );
        }
    }
}

/// Warns of providers and applications that nothing leads to. Where names are faulty, nobody can tell.
fn unused(root: &Reader<'_>, known: &routes::Known<'_>, routes: &[Route]) {
    if !root.has_faults_at("organizations") {
        let named = known.organizations.values().flat_map(|one| &one.providers);
        let named: BTreeSet<&Slug> = named.collect();
        let providers = root.table("providers");
        for id in known.providers.keys().filter(|id| !named.contains(id)) {
            providers.warn(
                id.as_str(),
                "unused",
                format!("no organization names `{id}`, so nobody signs in there"),
                "name it in the `providers` of one, or leave it out",
            );
        }
    }
    if !root.has_faults_at("routes") {
        let named: BTreeSet<&Slug> = routes
            .iter()
            .filter_map(|route| route.upstream.as_ref())
            .collect();
        let upstreams = root.table("upstreams");
        for name in known.upstreams.keys().filter(|name| !named.contains(name)) {
            upstreams.warn(
                name.as_str(),
                "unused",
                format!("no route names `{name}`, so no request goes there"),
                "name it as the `upstream` of one, or leave it out",
            );
        }
    }
}

/// Whether a key is missing because it is misspelled: the misspelled one is reported, with this one as the cure.
fn is_misspelled(fault: &Fault, unknown: &[Vec<String>]) -> bool {
    let Some((table, key)) = fault.path.rsplit_once('.') else {
        return false;
    };
    fault.code == "missing-key"
        && unknown.iter().any(|path| {
            path.split_last().is_some_and(|(written, above)| {
                above.join(".") == table && nearest(written, [key].into_iter()).is_some()
            })
        })
}

/// A key that only another table knows, such as one that was written below the wrong header.
fn belongs_elsewhere(faults: &mut [Fault], known: &BTreeSet<String>) {
    let unknown =
        |fault: &&mut Fault| fault.code == "unknown-key" && fault.help.starts_with("known here");
    for fault in faults.iter_mut().filter(unknown) {
        let key = fault.path.rsplit('.').next().unwrap_or_default();
        let mut tables = known.iter().filter_map(|known| {
            let (table, last) = known.rsplit_once('.')?;
            (last == key).then_some(table)
        });
        if let (Some(table), None) = (tables.next(), tables.next()) {
            let table = table.replace('*', "NAME");
            fault.help = format!("it belongs below a line [{table}]");
        }
    }
}

/// Faults in the order of the files, errors first, with the values of unknown keys masked.
fn presentable(findings: Findings, sources: &Sources) -> Vec<Fault> {
    let files = sources.without(&findings.unknown);
    let mut faults = findings.faults;
    belongs_elsewhere(&mut faults, &findings.known);
    faults.retain(|fault| !is_misspelled(fault, &findings.unknown));
    for fault in &mut faults {
        if let Some(Place::File { source, .. }) = &mut fault.place
            && let Some(masked) = files.iter().find(|file| file.path == source.path)
        {
            *source = Arc::clone(masked);
        }
    }
    faults.sort_by_key(|fault| {
        let place = match &fault.place {
            Some(Place::File { source, span }) => {
                let file = files.iter().position(|file| file.path == source.path);
                (file.unwrap_or(files.len()), span.start)
            }
            Some(Place::Environment { .. }) => (files.len(), 0),
            None => (files.len(), 1),
        };
        (fault.weight == Weight::Warning, place)
    });
    faults
}

//! Pure: which route a canonical request is on. The most specific one wins: longest literal prefix, then a named host,
//! then named methods; never the order in the file.

use std::sync::Arc;

use http::Method;

use crate::address::{CanonicalPath, Host};
use crate::config::{self, PathPattern, Slug};
use crate::telemetry::{Metrics, RouteTally};

/// A route, with what requests on it need ready.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) config: config::Route,
    /// What is counted of it.
    pub(super) tally: Arc<RouteTally>,
}

impl Route {
    /// Whether it is there on an organization's own host: not if it pins another one (threat model 26). Then there is
    /// nothing at this path; a less specific route would serve it by rules that were not written for it.
    pub(super) fn is_open_to(&self, organization: &Slug) -> bool {
        let pinned = self.config.organization.as_ref();
        pinned.is_none_or(|pinned| pinned == organization)
    }
}

/// All routes, most specific first.
#[derive(Clone, Debug)]
pub(super) struct Routes(Vec<Route>);

impl Routes {
    pub(super) fn new(routes: &[config::Route], metrics: &Metrics) -> Self {
        let mut all: Vec<Route> = routes
            .iter()
            .map(|route| Route {
                tally: Arc::new(RouteTally::new(&route.name, metrics)),
                config: route.clone(),
            })
            .collect();
        all.sort_by_key(|route| std::cmp::Reverse(specificity(&route.config)));
        Self(all)
    }

    /// The route of a request.
    pub(super) fn find(
        &self,
        host: &Host,
        path: &CanonicalPath,
        method: &Method,
    ) -> Option<&Route> {
        self.0.iter().find(|route| {
            let route = &route.config;
            (route.hosts.is_empty() || route.hosts.contains(host))
                && (route.methods.is_empty() || route.methods.contains(method))
                && matches(&route.path, path)
        })
    }
}

/// An exact pattern says more than an open one with the same segments.
fn specificity(route: &config::Route) -> (usize, bool, bool, bool) {
    (
        route.path.segments.len(),
        !route.path.open,
        !route.hosts.is_empty(),
        !route.methods.is_empty(),
    )
}

fn matches(pattern: &PathPattern, path: &CanonicalPath) -> bool {
    let mut segments = path.segments();
    let literal = pattern
        .segments
        .iter()
        .all(|wanted| segments.next() == Some(wanted.as_str()));
    // `/admin/*` covers `/admin` too: most applications answer both alike.
    literal && (pattern.open || segments.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Access;

    fn route(name: &str, path: &str, hosts: &[&str], methods: &[Method]) -> config::Route {
        let open = path.ends_with("/*");
        let literal = path.trim_end_matches("/*");
        config::Route {
            name: name.to_owned(),
            path: PathPattern {
                segments: literal.split('/').skip(1).map(str::to_owned).collect(),
                open,
            },
            hosts: hosts
                .iter()
                .map(|host| Host::parse(host, 443).unwrap())
                .collect(),
            methods: methods.to_vec(),
            upstream: Some(Slug::parse("app").unwrap()),
            access: Access::Required,
            organization: None,
            require: None,
            refusal: config::Refusal::default(),
            assurance: None,
        }
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let mut all = vec![
            route("default", "/*", &[], &[]),
            route("admin", "/admin/*", &[], &[]),
            route("admin-acme", "/admin/*", &["acme.example.com"], &[]),
            route("hooks", "/hooks/*", &[], &[Method::POST]),
            route("exact", "/admin/health", &[], &[]),
        ];
        for _ in 0..2 {
            let routes = Routes::new(&all, &Metrics::new(0));
            let check = |host, path, method: Method, expected| {
                let found = routes.find(
                    &Host::parse(host, 443).unwrap(),
                    &CanonicalPath::parse(path).unwrap(),
                    &method,
                );
                assert_eq!(
                    found.map(|route| &**route.tally.name()),
                    Some(expected),
                    "{host}{path}"
                );
            };
            check("app.example.com", "/", Method::GET, "default");
            check("app.example.com", "/administrator", Method::GET, "default");
            check("app.example.com", "/admin", Method::GET, "admin");
            check("app.example.com", "/admin/", Method::GET, "admin");
            check("app.example.com", "/admin;x=1/users", Method::GET, "admin");
            check("app.example.com", "/%61dmin/users", Method::GET, "admin");
            check(
                "acme.example.com",
                "/admin/users",
                Method::GET,
                "admin-acme",
            );
            check("app.example.com", "/admin/health", Method::GET, "exact");
            check("app.example.com", "/hooks/x", Method::POST, "hooks");
            check("app.example.com", "/hooks/x", Method::GET, "default");
            all.reverse();
        }
    }

    #[test]
    fn inv_05_no_spelling_of_a_path_leaves_its_route() {
        let routes = [
            route("default", "/*", &[], &[]),
            route("admin", "/@admin/*", &[], &[]),
            route("sum", "/a+b=c/*", &[], &[]),
            route("list", "/%5B1%5D/*", &[], &[]),
        ];
        let routes = Routes::new(&routes, &Metrics::new(0));
        let host = Host::parse("app.example.com", 443).unwrap();
        for (path, expected) in [
            ("/@admin/x", "admin"),
            ("/%40admin/x", "admin"),
            ("/%40%61dmin/x", "admin"),
            ("/@admin;x/y", "admin"),
            ("/%40admin%3Bx/y", "admin"),
            ("/a+b=c", "sum"),
            ("/a%2Bb%3dc", "sum"),
            ("/[1]/x", "list"),
            ("/%5b1%5d/x", "list"),
        ] {
            let path = CanonicalPath::parse(path).unwrap();
            let found = routes.find(&host, &path, &Method::GET);
            assert_eq!(
                found.map(|route| &**route.tally.name()),
                Some(expected),
                "{path:?}"
            );
        }
    }

    #[test]
    fn inv_26_a_pinned_route_is_there_for_one_organization() {
        let (acme, globex) = (Slug::parse("acme").unwrap(), Slug::parse("globex").unwrap());
        let mut pinned = route("acme", "/acme/*", &[], &[]);
        pinned.organization = Some(acme.clone());
        let routes = Routes::new(
            &[pinned, route("default", "/*", &[], &[])],
            &Metrics::new(0),
        );
        let host = Host::parse("globex.example.com", 443).unwrap();
        for (path, open_to_globex) in [("/acme/x", false), ("/", true)] {
            let path = CanonicalPath::parse(path).unwrap();
            let found = routes.find(&host, &path, &Method::GET).unwrap();
            assert!(found.is_open_to(&acme));
            assert_eq!(found.is_open_to(&globex), open_to_globex, "{path:?}");
        }
    }

    #[test]
    fn inv_06_methods_are_compared_exactly() {
        let routes = [route("hooks", "/*", &[], &[Method::POST])];
        let routes = Routes::new(&routes, &Metrics::new(0));
        let host = Host::parse("app.example.com", 443).unwrap();
        let path = CanonicalPath::parse("/hooks").unwrap();
        let lower = Method::from_bytes(b"post").unwrap();
        assert!(routes.find(&host, &path, &lower).is_none());
    }
}

//! Handles on what every request counts, looked up once: a family finds a series by its labels, under a lock.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::metrics::{
    Decision, METHODS, Metrics, Request, Route, RouteMethod, Upstream, UpstreamCode,
    UpstreamFailure,
};

/// What is counted of one route.
#[derive(Debug)]
pub struct RouteTally {
    name: Arc<str>,
    metrics: Metrics,
    methods: [OnceLock<MethodTally>; METHODS.len()],
    allowed: OnceLock<Counter>,
    anonymous: OnceLock<Counter>,
}

#[derive(Debug)]
struct MethodTally {
    durations: Histogram,
    codes: Codes,
}

/// What is counted of one application.
#[derive(Debug)]
pub struct UpstreamTally {
    name: Arc<str>,
    metrics: Metrics,
    durations: OnceLock<Histogram>,
    codes: Codes,
}

/// A counter for each status (RFC 9110 §15), by class: few classes are ever met, and few kinds of requests meet many.
#[derive(Debug, Default)]
struct Codes([OnceLock<Class>; CLASSES]);

type Class = Box<[OnceLock<Counter>]>;

/// From 1xx to 9xx: applications are free to invent some.
const CLASSES: usize = 9;
const OF_A_CLASS: u16 = 100;

impl Codes {
    fn count(&self, code: u16, make: impl Fn() -> Counter) {
        let class = usize::from(code / OF_A_CLASS).checked_sub(1);
        let class = class.and_then(|class| self.0.get(class));
        let class = class.map(|class| class.get_or_init(Self::class));
        let place = usize::from(code % OF_A_CLASS);
        match class.and_then(|class| class.get(place)) {
            Some(counter) => counter.get_or_init(make).inc(),
            None => make().inc(),
        };
    }

    fn class() -> Class {
        let all = std::iter::repeat_with(OnceLock::new);
        all.take(usize::from(OF_A_CLASS)).collect()
    }
}

impl RouteTally {
    /// Of the route of a name. A series is there from its first count on.
    pub fn new(name: &str, metrics: &Metrics) -> Self {
        Self {
            name: Arc::from(name),
            metrics: metrics.clone(),
            methods: Default::default(),
            allowed: OnceLock::new(),
            anonymous: OnceLock::new(),
        }
    }

    /// The name of the route, as a label.
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// One more answer. `method` is one of [`METHODS`].
    pub fn answered(&self, method: &'static str, code: u16, took: Duration) {
        let place = METHODS.iter().position(|known| *known == method);
        let Some(tally) = place.and_then(|place| self.methods.get(place)) else {
            return;
        };
        let tally = tally.get_or_init(|| self.of_method(method));
        tally.durations.observe(took.as_secs_f64());
        tally.codes.count(code, || {
            let labels = Request {
                route: Arc::clone(&self.name),
                method,
                code,
            };
            self.metrics.http_requests.get_or_create_owned(&labels)
        });
    }

    fn of_method(&self, method: &'static str) -> MethodTally {
        let labels = RouteMethod {
            route: Arc::clone(&self.name),
            method,
        };
        let durations = &self.metrics.http_request_duration;
        MethodTally {
            durations: durations.get_or_create_owned(&labels),
            codes: Codes::default(),
        }
    }

    /// One more decision, in the fixed words of the metric.
    pub fn decided(&self, result: &'static str, reason: &'static str) {
        let make = || {
            let labels = Decision {
                route: Arc::clone(&self.name),
                result,
                reason,
            };
            self.metrics.decisions.get_or_create_owned(&labels)
        };
        match (result, reason) {
            ("allow", "") => self.allowed.get_or_init(make).inc(),
            ("anonymous", "") => self.anonymous.get_or_init(make).inc(),
            _ => make().inc(),
        };
    }

    /// Something that was open when the right to it ended has ended, so much later.
    pub fn cut(&self, after: Duration) {
        let labels = Route {
            route: Arc::clone(&self.name),
        };
        let cuts = &self.metrics.stream_cut_duration;
        cuts.get_or_create(&labels).observe(after.as_secs_f64());
    }
}

impl UpstreamTally {
    /// Of the application of a name.
    pub fn new(name: &str, metrics: &Metrics) -> Self {
        Self {
            name: Arc::from(name),
            metrics: metrics.clone(),
            durations: OnceLock::new(),
            codes: Codes::default(),
        }
    }

    /// The name of the application, as a label.
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// All that is counted.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// One more answer of its own.
    pub fn answered(&self, code: u16, took: Duration) {
        let labels = || Upstream {
            upstream: Arc::clone(&self.name),
        };
        let durations = &self.metrics.upstream_request_duration;
        self.durations
            .get_or_init(|| durations.get_or_create_owned(&labels()))
            .observe(took.as_secs_f64());
        self.codes.count(code, || {
            let labels = UpstreamCode {
                upstream: Arc::clone(&self.name),
                code,
            };
            self.metrics.upstream_requests.get_or_create_owned(&labels)
        });
    }

    /// One more request that found no application.
    pub fn unreachable(&self, reason: &'static str) {
        let labels = UpstreamFailure {
            upstream: Arc::clone(&self.name),
            reason,
        };
        let failures = &self.metrics.upstream_connect_failures;
        failures.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_by_handle_is_what_the_family_tells() {
        let metrics = Metrics::new(0);
        let (route, upstream) = (
            RouteTally::new("app", &metrics),
            UpstreamTally::new("web", &metrics),
        );
        assert!(!metrics.encode().contains("route=\"app\""), "nothing yet");
        for code in [200, 200, 404, 999, 1_999] {
            route.answered("GET", code, Duration::from_millis(7));
            upstream.answered(code, Duration::ZERO);
        }
        route.decided("allow", "");
        route.decided("allow", "");
        route.decided("deny", "groups");
        let text = metrics.encode();
        for line in [
            "doorward_http_requests_total{route=\"app\",method=\"GET\",code=\"200\"} 2",
            "doorward_http_requests_total{route=\"app\",method=\"GET\",code=\"1999\"} 1",
            "doorward_http_request_duration_seconds_count{route=\"app\",method=\"GET\"} 5",
            "doorward_upstream_requests_total{upstream=\"web\",code=\"999\"} 1",
            "doorward_upstream_request_duration_seconds_count{upstream=\"web\"} 5",
            "doorward_authorization_decisions_total{route=\"app\",result=\"allow\",reason=\"\"} 2",
            "result=\"deny\",reason=\"groups\"} 1",
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }
}

//! Everything that is made of one file. A reload makes another one beside it, over the same foundation.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Error;
use super::foundation::Foundation;
use crate::admin::{self, Admin};
use crate::assertion::Minter;
use crate::config::{self, Config, Slug};
use crate::drafts::{self, Drafts};
use crate::gateway::{self, Gateway};
use crate::pipeline::{self, Pipeline};
use crate::provider::{self, Provider};
use crate::proxy;
use crate::revalidation::{self, Revalidation};

/// What a configuration has become.
#[derive(Debug)]
pub(super) struct Snapshot {
    number: u64,
    pub(super) config: Arc<Config>,
    pub(super) gateway: Gateway,
    pub(super) admin: Admin,
    pub(super) pipeline: Pipeline,
    pub(super) revalidation: Revalidation,
    pub(super) minter: Arc<Minter>,
    pub(super) drafts: Drafts,
    providers: Providers,
    upstreams: BTreeMap<Slug, Watched>,
    /// Ends its work in the background.
    stop: CancellationToken,
}

type Providers = BTreeMap<Slug, Arc<dyn Provider>>;

/// An application, and what ends looking after it.
#[derive(Clone, Debug)]
struct Watched {
    upstream: Arc<proxy::Upstream>,
    stop: CancellationToken,
}

/// The snapshot that another one takes the place of.
#[derive(Clone, Copy)]
pub(super) struct Predecessor<'a> {
    /// Itself.
    pub(super) snapshot: &'a Snapshot,
    /// Whether nothing has changed of a provider or an application: then it goes on as it is.
    pub(super) is_same: &'a (dyn Fn(&str, &Slug) -> bool + Sync),
}

impl<'a> Predecessor<'a> {
    fn provider(self, id: &Slug) -> Option<&'a Arc<dyn Provider>> {
        let same = (self.is_same)("providers", id);
        self.snapshot.providers.get(id).filter(|_| same)
    }

    fn upstream(self, name: &Slug) -> Option<&'a Watched> {
        let same = (self.is_same)("upstreams", name);
        self.snapshot.upstreams.get(name).filter(|_| same)
    }
}

impl Snapshot {
    /// Builds everything. Nothing of it does anything yet.
    pub(super) async fn build(
        config: &Arc<Config>,
        foundation: &Foundation,
        before: Option<Predecessor<'_>>,
    ) -> Result<Self, Error> {
        let providers = providers(config, foundation, before)?;
        let upstreams = upstreams(config, foundation, before)?;
        let minter = Arc::new(minter(config, foundation).await?);
        let before = before.map(|before| before.snapshot);
        let drafts = drafts(config, foundation, before);
        let pipeline = pipeline(config, foundation, &providers, &drafts, before);
        let revalidation = revalidation(config, foundation, &providers, before);
        let number = before.map_or(0, |before| before.number + 1);
        let parts = gateway::Parts {
            number,
            config: Arc::clone(config),
            clock: Arc::clone(&foundation.clock),
            upstreams: (upstreams.iter())
                .map(|(name, one)| (name.clone(), Arc::clone(&one.upstream)))
                .collect(),
            sessions: Arc::clone(&foundation.sessions),
            pipeline: pipeline.clone(),
            people: foundation.people.clone(),
            revalidation: revalidation.clone(),
            store: Arc::clone(&foundation.store),
            traces: Arc::clone(&foundation.traces),
            drafts: drafts.clone(),
            minter: Arc::clone(&minter),
            metrics: foundation.metrics.clone(),
            tasks: foundation.tasks.clone(),
        };
        Ok(Self {
            number,
            admin: admin(&parts, foundation),
            gateway: Gateway::new(parts, before.map(|before| &before.gateway))?,
            config: Arc::clone(config),
            pipeline,
            revalidation,
            minter,
            drafts,
            providers,
            upstreams,
            stop: foundation.tasks.stopping().child_token(),
        })
    }

    /// Begins its work in the background. What it has in common with the one before is at work already.
    pub(super) fn begin(&self, foundation: &Foundation, before: Option<&Self>) {
        for (name, one) in &self.upstreams {
            if before.is_none_or(|before| !before.has(name, one)) {
                one.upstream.look_after(&one.stop);
            }
        }
        let asking = self.revalidation.clone();
        drop(foundation.tasks.spawn(asking.work(self.stop.clone())));
    }

    /// Ends its work in the background, but for what it has in common with the one after. Questions to providers, requests
    /// and streams that are under way go on to their ends.
    pub(super) fn end(&self, foundation: &Foundation, after: &Self) {
        self.stop.cancel();
        for (name, one) in &self.upstreams {
            if !after.has(name, one) {
                one.stop.cancel();
                let after = after.upstreams.get(name);
                one.upstream.forget(after.map(|after| &*after.upstream));
            }
        }
        for (id, provider) in &self.providers {
            let same = after.providers.get(id);
            if same.is_none_or(|same| !Arc::ptr_eq(same, provider)) {
                let config = after.config.providers.get(id);
                let expires = config.is_some_and(|it| it.secret_expires.is_some());
                foundation.metrics.forget_provider(id.as_str(), expires);
            }
        }
    }

    fn has(&self, name: &Slug, one: &Watched) -> bool {
        let own = self.upstreams.get(name);
        own.is_some_and(|own| Arc::ptr_eq(&own.upstream, &one.upstream))
    }
}

fn providers(
    config: &Config,
    foundation: &Foundation,
    before: Option<Predecessor<'_>>,
) -> Result<Providers, Error> {
    let build = |provider: &config::Provider| {
        let same = before.and_then(|before| before.provider(&provider.id));
        let built = match same {
            Some(same) => Arc::clone(same),
            None => provider::build(provider, &foundation.making)?,
        };
        Ok((provider.id.clone(), built))
    };
    config.providers.values().map(build).collect()
}

fn upstreams(
    config: &Config,
    foundation: &Foundation,
    before: Option<Predecessor<'_>>,
) -> Result<BTreeMap<Slug, Watched>, Error> {
    let idle = config.server.limits.idle_timeout;
    let cut = config.revalidation.stream_cut;
    let (metrics, tasks) = (&foundation.metrics, &foundation.tasks);
    let build = |upstream: &config::Upstream| {
        let same = before.and_then(|before| before.upstream(&upstream.name));
        if let Some(same) = same {
            return Ok((upstream.name.clone(), same.clone()));
        }
        let built = proxy::Upstream::new(upstream, idle, cut, metrics, tasks.clone())?;
        let watched = Watched {
            upstream: Arc::new(built),
            stop: tasks.stopping().child_token(),
        };
        Ok((upstream.name.clone(), watched))
    };
    config.upstreams.values().map(build).collect()
}

async fn minter(config: &Config, foundation: &Foundation) -> Result<Minter, Error> {
    let minter = Minter::open(
        Arc::clone(&foundation.store),
        foundation.seal.clone(),
        &config.assertion,
        config.server.public_url.to_string(),
        Arc::clone(&foundation.clock),
        foundation.metrics.clone(),
    );
    Ok(minter.await?)
}

fn drafts(config: &Arc<Config>, foundation: &Foundation, before: Option<&Snapshot>) -> Drafts {
    let parts = drafts::Parts {
        store: Arc::clone(&foundation.store),
        seal: foundation.seal.clone(),
        clock: Arc::clone(&foundation.clock),
        config: Arc::clone(config),
        providers: foundation.making.clone(),
    };
    match before {
        Some(before) => before.drafts.succeeded_by(parts),
        None => Drafts::new(parts),
    }
}

fn pipeline(
    config: &Arc<Config>,
    foundation: &Foundation,
    providers: &Providers,
    drafts: &Drafts,
    before: Option<&Snapshot>,
) -> Pipeline {
    let parts = pipeline::Parts {
        store: Arc::clone(&foundation.store),
        seal: foundation.seal.clone(),
        clock: Arc::clone(&foundation.clock),
        config: Arc::clone(config),
        providers: providers.clone(),
        people: foundation.people.clone(),
        drafts: drafts.clone(),
        sessions: Arc::clone(&foundation.sessions),
        metrics: foundation.metrics.clone(),
        tasks: foundation.tasks.clone(),
    };
    match before {
        Some(before) => before.pipeline.succeeded_by(parts),
        None => Pipeline::new(parts),
    }
}

fn revalidation(
    config: &Arc<Config>,
    foundation: &Foundation,
    providers: &Providers,
    before: Option<&Snapshot>,
) -> Revalidation {
    let parts = revalidation::Parts {
        config: Arc::clone(config),
        clock: Arc::clone(&foundation.clock),
        people: foundation.people.clone(),
        sessions: Arc::clone(&foundation.sessions),
        providers: providers.clone(),
        metrics: foundation.metrics.clone(),
        tasks: foundation.tasks.clone(),
    };
    match before {
        Some(before) => before.revalidation.succeeded_by(parts),
        None => Revalidation::new(parts),
    }
}

/// What operators ask is made of the same parts as what visitors meet.
fn admin(parts: &gateway::Parts, foundation: &Foundation) -> Admin {
    Admin::new(admin::Parts {
        config: Arc::clone(&parts.config),
        clock: Arc::clone(&parts.clock),
        store: Arc::clone(&parts.store),
        traces: Arc::clone(&parts.traces),
        drafts: parts.drafts.clone(),
        pipeline: parts.pipeline.clone(),
        people: parts.people.clone(),
        revalidation: parts.revalidation.clone(),
        sessions: Arc::clone(&parts.sessions),
        metrics: parts.metrics.clone(),
        tasks: parts.tasks.clone(),
        process: Arc::clone(&foundation.process),
    })
}

//! The end: an answer came to the redirect URI.

use std::sync::{Arc, OnceLock};

use super::ending::Attempted;
use super::run::{self, Run, State, Target};
use super::{
    Again, Errand, Error, Gone, NotAdmitted, Person, Pipeline, Rehearsed, Shared, Wishes, errand,
    step_up, ticket,
};
use crate::address::{Astray, ReturnPath};
use crate::audit;
use crate::clock::Timestamp;
use crate::config::defaults::LOOP_SIGN_INS;
use crate::config::{self, RevalidationMethod, Slug};
use crate::drafts::Tried;
use crate::identity::{self, Door, Identity, Profile, Terms, Through};
use crate::provider::{self, Asserted, Attempt, Callback, Flow, Provider, Said};
use crate::secret;
use crate::session::cookies::{self, BindingKind, Cookies};
use crate::session::{AtProvider, Device, Grant, Handle, Opened, Opening, Tabs};
use crate::store::{self, Batch, Table};
use crate::telemetry::metrics::Reason;
use crate::telemetry::trace::{self, Step};

/// A sign-in that is complete.
#[derive(Debug)]
pub struct Finished {
    /// What it was for.
    pub flow: Flow,
    /// In which organization.
    pub organization: Slug,
    /// When the browser began.
    pub began: Timestamp,
    /// Whether the person asked to choose an account.
    pub select_account: bool,
    /// Where the browser goes.
    pub landing: Landing,
    /// The return path.
    pub return_path: ReturnPath,
}

/// Where a finished sign-in ends.
#[derive(Debug)]
pub enum Landing {
    /// Here, with a new session.
    Here(Handle),
    /// On the organization's own host, with a one-time ticket.
    Own(ticket::Ticket),
    /// Here, with the session that was there.
    Back,
    /// Nowhere: nobody was signed in.
    Rehearsed(Box<Rehearsed>),
}

/// By whom an answer or a ticket is brought.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The cookies that came along.
    pub cookies: &'a Cookies<'a>,
    /// What the browser says it is.
    pub device: Device,
    /// The reference of the request.
    pub reference: &'a str,
}

/// What is known of a run that may be claimed: everything the rest needs, so that it can go on without the visitor.
pub(super) struct Claimed {
    pub(super) cleared: Cleared,
    key: [u8; 32],
    raw: Vec<u8>,
    callback: Callback,
    previous: Option<Handle>,
    tabs: Tabs,
    device: Device,
    pub(super) reference: String,
    /// What the provider says of its own error, for a rehearsal.
    said: OnceLock<Said>,
}

impl Claimed {
    fn finished(&self, landing: Landing) -> Finished {
        let (run, attempt) = (&self.cleared.run, &self.cleared.attempt);
        Finished {
            flow: run.flow,
            organization: run.organization.clone(),
            began: attempt.started_at,
            select_account: attempt.select_account,
            landing,
            return_path: run.return_path.clone(),
        }
    }
}

/// A run that passed every check.
pub(super) struct Cleared {
    pub(super) run: Run,
    attempt: Box<Attempt>,
    provider: Arc<dyn Provider>,
}

/// What a batch makes, once it is committed.
struct Planned {
    identity: Identity,
    end: End,
}

enum End {
    Here(Box<Opened>),
    Own(ticket::Ticket),
}

/// How often a finish is tried again when records move underneath it.
pub(super) const TRIES: usize = 64;

impl Pipeline {
    /// Ends a run: finds it, checks every binding, claims it, and only then asks the provider; then finishes it.
    ///
    /// # Errors
    /// Every variant of [`Error`]. Before [`Error::Provider`] and [`Error::NotAdmitted`], no call went out.
    ///
    /// # Cancel safety
    /// Safe: from the claim on, the work is a task of its own that goes on when the visitor leaves.
    pub async fn resume(
        &self,
        provider: &Slug,
        callback: Callback,
        visit: Visit<'_>,
    ) -> Result<Finished, Error> {
        let Visit {
            cookies, reference, ..
        } = visit;
        let shared = &self.shared;
        let now = shared.clock.now();
        trace::note(|| callback.step());
        let key = run::key(&callback.state);
        let found = shared.look_up(provider, &callback, cookies, now).await;
        let error = match found {
            Ok(Found { cleared, raw }) => {
                let tabs = Tabs {
                    own: cleared.run.binding,
                    all: cookies.bindings(BindingKind::Run),
                };
                let claimed = Claimed {
                    tabs,
                    cleared,
                    key,
                    raw,
                    callback,
                    previous: cookies.handle(),
                    device: visit.device,
                    reference: reference.to_owned(),
                    said: OnceLock::new(),
                };
                match self.see_through(claimed).await {
                    Ok(finished) => return Ok(finished),
                    Err(error) => shared.or_already(&key, error, cookies, now).await?,
                }
            }
            Err(Refused {
                error,
                organization,
            }) => {
                let error = shared.or_already(&key, error, cookies, now).await?;
                let attempted = Attempted {
                    organization: organization.as_ref(),
                    provider,
                    reference,
                };
                match error.rehearsal() {
                    Some(id) => shared.fail_rehearsal(id, &error, None, reference).await,
                    None => shared.failed(attempted, &error).await,
                }
                error
            }
        };
        Err(error)
    }

    /// The visitor may leave at any time; a run that is claimed is finished, and what had to be written is written.
    async fn see_through(&self, mut claimed: Claimed) -> Result<Finished, Error> {
        let worker = Arc::clone(&self.shared);
        let task = self.shared.tasks.spawn(trace::carried(async move {
            claimed.raw = worker
                .claim(&claimed.key, &claimed.cleared.run, claimed.raw)
                .await?;
            let result = worker.finish(&claimed).await;
            worker.account_for(&claimed, &result).await;
            result
        }));
        task.await.map_err(|_| Error::Stopping)?
    }
}

/// A run that may be claimed, as it was found.
struct Found {
    cleared: Cleared,
    raw: Vec<u8>,
}

/// An answer that is not followed up, and whose sign-in it was to be.
struct Refused {
    error: Error,
    organization: Option<Slug>,
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            organization: None,
        }
    }
}

pub(super) const fn gone(why: Gone, again: Option<Box<Again>>) -> Error {
    Error::Gone { why, again }
}

impl Shared {
    /// Finds the run that an answer belongs to, and checks every binding of it.
    async fn look_up(
        &self,
        provider: &Slug,
        callback: &Callback,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<Found, Refused> {
        let key = run::key(&callback.state);
        let found = self.read_run(&key).await?;
        // One that is only not swept away yet is not there: its cookie is not there either.
        let Some((run, raw)) = found.filter(|(run, _)| now < run.kept_until()) else {
            return Err(gone(Gone::Unknown, None).into());
        };
        run.tell(now);
        let organization = run.organization.clone();
        let tried = self.tried(run.errand.as_ref()).await?;
        self.clear((provider, tried), run, &key, cookies, now)
            .and_then(|cleared| match cleared.provider.accepts(callback) {
                Ok(()) => Ok(cleared),
                Err(source) => {
                    let again = cleared.run.again();
                    Err(Error::Provider { again, source })
                }
            })
            .map(|cleared| Found { cleared, raw })
            .map_err(|error| Refused {
                error,
                organization: Some(organization),
            })
    }

    /// Every check of a run: that this browser began it, that it is still good, that it leads somewhere.
    fn clear(
        &self,
        (provider, tried): (&Slug, Option<Tried>),
        run: Run,
        key: &[u8; 32],
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<Cleared, Error> {
        let proof = cookies.binding(BindingKind::Run, &cookies::tag(key));
        let bound = proof.is_some_and(|proof| secret::constant_time_eq(&proof, &run.binding));
        let astray = run.astray;
        // Where it began no cookie is kept, or it is that of another address, whatever else this browser has of ours.
        if !bound && (cookies.is_empty() || astray != Astray::No) {
            return Err(Error::Unbound { astray });
        }
        if !bound {
            // This browser keeps our cookies, so it is not the one that began.
            return Err(gone(Gone::Foreign, None));
        }
        let cleared = self.check(provider, tried, run, now)?;
        let (organization, began) = (&cleared.run.organization, cleared.attempt.started_at);
        let row = cookies.sign_ins_in_a_row(organization, began, now);
        // Somebody who asked to choose an account is at work there: that goes round in no circle.
        let is_sign_in = cleared.run.flow == Flow::SignIn;
        if row >= LOOP_SIGN_INS && is_sign_in && !cleared.attempt.select_account {
            let again = cleared.run.again();
            return Err(Error::Loop { again });
        }
        Ok(cleared)
    }

    /// A late or repeated answer of somebody who is signed in by now goes on to where it was going.
    async fn or_already(
        &self,
        key: &[u8; 32],
        error: Error,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<Error, Error> {
        let Error::Gone {
            why,
            again: Some(again),
        } = &error
        else {
            return Ok(error);
        };
        // A rehearsal ends as a rehearsal, whoever is signed in here: whoever waits for its end is told.
        if error.rehearsal().is_some() {
            return Ok(error);
        }
        let Some(to) = self.already_there((key, *why), again, cookies, now).await? else {
            return Ok(error);
        };
        let labels = Reason {
            reason: "already_done",
        };
        self.metrics.login_recoveries.get_or_create(&labels).inc();
        Err(Error::Already { to })
    }

    /// Where somebody goes on to who is signed in by now. Who is signed in on an organization's own host is known there
    /// alone: one whose run is used is sent there to be looked at, with the ticket that it led to if nobody has taken that.
    async fn already_there(
        &self,
        (key, why): (&[u8; 32], Gone),
        again: &Again,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let path = again.return_path.as_str();
        let site = &self.config.server.public_url;
        match &again.target {
            Target::Shared => {
                let Some(handle) = cookies.handle() else {
                    return Ok(None);
                };
                let live = self.sessions.find(&handle, site.host()).await?;
                let grant = live.and_then(|live| live.active_grant(now));
                let there =
                    grant.is_some_and(|grant| grant.grant().organization == again.organization);
                Ok(there.then(|| path.to_owned()))
            }
            Target::Own { host, .. } => {
                let organization = self.config.organizations.get(&again.organization);
                let theirs = organization.is_some_and(|it| it.hosts.contains(host));
                if !theirs || why != Gone::Used {
                    return Ok(None);
                }
                let ticket = self.reissue(key, now).await?;
                let enter = ticket.map(|ticket| {
                    let token = ticket.token.expose();
                    format!("{}/enter?ticket={token}", self.config.server.prefix)
                });
                let path = enter.as_deref().unwrap_or(path);
                Ok(Some(site.on(host).join(path)))
            }
        }
    }

    /// Pure but for the configuration: whether a run may go on (threat model 8, 9, 11).
    fn check(
        &self,
        provider: &Slug,
        tried: Option<Tried>,
        run: Run,
        now: Timestamp,
    ) -> Result<Cleared, Error> {
        let again = Some(run.again());
        if run.provider != *provider {
            return Err(gone(Gone::WrongProvider, None));
        }
        if now >= run.expires_at {
            return Err(gone(Gone::Expired, again));
        }
        let names = (&run.organization, &run.provider);
        let connection = self.connection_for(run.flow, names, tried)?;
        let ends_where_it_may = match run.flow {
            Flow::Rehearsal => run.target == Target::Shared,
            Flow::SignIn | Flow::StepUp | Flow::Setup | Flow::Link => {
                run.target.is_of(connection.organization)
            }
        };
        if connection.generation != run.generation
            || connection.digest(run.flow) != run.digest
            || !ends_where_it_may
        {
            return Err(gone(Gone::Changed, again));
        }
        let provider = Arc::clone(&connection.provider);
        match run.state {
            State::Claimed => Err(gone(Gone::Used, again)),
            State::Open(attempt) => Ok(Cleared {
                run: Run {
                    state: State::Claimed,
                    claimed_at: Some(now),
                    ..run
                },
                attempt,
                provider,
            }),
        }
    }

    /// Makes the run ours alone: of all who try, in whatever process, one succeeds.
    async fn claim(&self, key: &[u8; 32], run: &Run, raw: Vec<u8>) -> Result<Vec<u8>, Error> {
        let sealed = self.seal.seal_json(Table::Runs, key, run)?;
        let mut batch = Batch::new();
        batch
            .expect_unchanged(Table::Runs, *key, raw)
            .put(Table::Runs, *key, sealed.clone());
        match self.store.commit(batch).await {
            Ok(()) => Ok(sealed),
            Err(store::Error::Conflict) => Err(gone(Gone::Used, Some(run.again()))),
            Err(other) => Err(other.into()),
        }
    }

    async fn finish(&self, claimed: &Claimed) -> Result<Finished, Error> {
        let now = self.clock.now();
        let run = &claimed.cleared.run;
        let asserted = claimed
            .cleared
            .provider
            .finish(&claimed.cleared.attempt, &claimed.callback, now)
            .await
            .map_err(|failed| {
                if let Some(said) = &failed.said {
                    claimed.said.get_or_init(|| said.clone());
                }
                failed.noted_for(&run.provider, &claimed.reference)
            })
            .map_err(|source| Error::Provider {
                again: run.again(),
                source,
            })?;
        tell(&asserted);
        self.hold(run, &asserted, now).await?;
        if let Some(id) = run.errand.as_ref().and_then(|it| it.rehearsal.as_deref()) {
            let rehearsed = self.finish_rehearsal(claimed, id, &asserted, now).await?;
            let landing = Landing::Rehearsed(Box::new(rehearsed));
            return Ok(claimed.finished(landing));
        }
        if let Some(errand) = &run.errand {
            return self.finish_errand(claimed, errand, asserted, now).await;
        }
        let profile = Profile::of(&asserted);
        let organization = self.organization(&run.organization)?;
        if let Err(unmet) = identity::judge(&organization.allow, &profile) {
            return Err(self
                .not_admitted(run, &asserted, NotAdmitted::Rule(unmet))
                .await);
        }
        for _ in 0..TRIES {
            // It may be suspended by now, which the batch would notice and not tell.
            self.organization(&run.organization)?;
            let mut batch = Batch::new();
            batch.expect_unchanged(Table::Runs, claimed.key, claimed.raw.clone());
            self.sessions.expect_open(&mut batch, &run.organization);
            let planned = self.plan(&mut batch, claimed, &asserted, now).await?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(self.land(claimed, planned, now).await),
                Err(store::Error::Conflict) => {}
                Err(other) => {
                    if let End::Here(opened) = &planned.end {
                        self.sessions.not_opened(opened, &other);
                    }
                    return Err(other.into());
                }
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Where the session of the person is, what they wanted is done, or they are asked first; elsewhere a ticket takes it there.
    async fn finish_errand(
        &self,
        claimed: &Claimed,
        errand: &Errand,
        asserted: Asserted,
        now: Timestamp,
    ) -> Result<Finished, Error> {
        let run = &claimed.cleared.run;
        let expect = |batch: &mut Batch| {
            batch.expect_unchanged(Table::Runs, claimed.key, claimed.raw.clone());
        };
        let known = self
            .people
            .known(&run.organization, &run.provider, &asserted)
            .await?;
        // What came now takes the place of what is known only where it came.
        let is_there = asserted.tokens.refresh.is_some()
            || known.is_some_and(|known| known.tokens.refresh.is_some());
        self.require_refresh(claimed, is_there)?;
        let landing = match &run.target {
            Target::Shared => {
                let ending = errand::Ending {
                    errand,
                    confirmed: None,
                    organization: &run.organization,
                    provider: &run.provider,
                    generation: &run.generation,
                    asserted: &asserted,
                    asserted_at: now,
                    handle: claimed.previous.as_ref(),
                    host: self.config.server.public_url.host(),
                    again: Some(run.again()),
                    reference: &claimed.reference,
                };
                self.perform(&ending, expect, now).await?;
                Landing::Back
            }
            Target::Own {
                host, tag, entry, ..
            } => {
                let mut batch = Batch::new();
                expect(&mut batch);
                let place = ticket::Place { host, tag, entry };
                let what = ticket::What::Errand {
                    errand: errand.clone(),
                    asserted: Box::new(asserted),
                };
                let ticket = self.issue(&mut batch, place, what, run, now)?;
                self.store.commit(batch).await?;
                trace::note(|| ticket.step());
                Landing::Own(ticket)
            }
        };
        Ok(claimed.finished(landing))
    }

    /// What follows from a committed batch.
    async fn land(&self, claimed: &Claimed, planned: Planned, now: Timestamp) -> Finished {
        // All its sessions count again, for as long as those that are made now.
        self.sessions.confirm_identity(&planned.identity, false);
        let landing = match planned.end {
            End::Own(ticket) => {
                trace::note(|| ticket.step());
                Landing::Own(ticket)
            }
            End::Here(opened) => {
                self.sessions.opened(&opened, now).await;
                trace::note(|| done(claimed.cleared.run.flow));
                Landing::Here(opened.handle)
            }
        };
        claimed.finished(landing)
    }

    /// Fills the one batch of a finish.
    async fn plan(
        &self,
        batch: &mut Batch,
        claimed: &Claimed,
        asserted: &Asserted,
        now: Timestamp,
    ) -> Result<Planned, Error> {
        let run = &claimed.cleared.run;
        let through = Through {
            organization: &run.organization,
            provider: &run.provider,
            generation: &run.generation,
            due_at: self.due_at(&run.provider, now),
        };
        self.expect_door(batch, claimed, asserted).await?;
        let provisioned = match self.people.provision(batch, through, asserted, now).await? {
            Ok(provisioned) => provisioned,
            Err(refusal) => {
                let why = match refusal {
                    identity::Refusal::Removed => NotAdmitted::Removed,
                    identity::Refusal::Blocked => NotAdmitted::Blocked,
                };
                return Err(self.not_admitted(run, asserted, why).await);
            }
        };
        self.require_refresh(claimed, provisioned.identity.tokens.refresh.is_some())?;
        let grant = grant(run, &provisioned.identity, asserted, now);
        let named = |kind| audit::Event {
            organization: Some(run.organization.to_string()),
            provider: Some(run.provider.to_string()),
            target: Some(provisioned.identity.id.as_str().to_owned()),
            reference: Some(claimed.reference.clone()),
            ..audit::Event::new(now, kind, audit::Actor::Account(grant.account.to_string()))
        };
        batch.audit(audit::Event {
            reason: step_up::remark(run.flow),
            ..named(audit::Kind::LoginSucceeded)
        });
        if provisioned.is_new {
            batch.audit(named(audit::Kind::IdentityLinked));
        }
        let identity = provisioned.identity;
        let end = self
            .plan_end(batch, claimed, (grant, &identity), now)
            .await?;
        Ok(Planned { identity, end })
    }

    /// Where it ends: in a session here, or in a ticket to one on the organization's own host.
    async fn plan_end(
        &self,
        batch: &mut Batch,
        claimed: &Claimed,
        (grant, identity): (Grant, &Identity),
        now: Timestamp,
    ) -> Result<End, Error> {
        let run = &claimed.cleared.run;
        match &run.target {
            Target::Shared => {
                let opening = Opening {
                    previous: claimed.previous.as_ref(),
                    tabs: Some(&claimed.tabs),
                    host: self.config.server.public_url.host(),
                    device: claimed.device,
                    grant,
                    identity,
                    reference: &claimed.reference,
                };
                let opened = self.sessions.open(batch, opening, now).await?;
                Ok(End::Here(Box::new(opened)))
            }
            Target::Own {
                host, tag, entry, ..
            } => {
                let place = ticket::Place { host, tag, entry };
                let what = ticket::What::Grant(Box::new(grant));
                let ticket = self.issue(batch, place, what, run, now)?;
                // The browser may give up the answer that carries it, and ask again.
                let run = Run {
                    ticket: Some(ticket::key(&ticket.token)),
                    ..run.clone()
                };
                let sealed = self.seal.seal_json(Table::Runs, &claimed.key, &run)?;
                batch.put(Table::Runs, claimed.key, sealed);
                Ok(End::Own(ticket))
            }
        }
    }

    /// Nobody comes in through a connection that is shut, but for those who can open it.
    async fn expect_door(
        &self,
        batch: &mut Batch,
        claimed: &Claimed,
        asserted: &Asserted,
    ) -> Result<(), Error> {
        let run = &claimed.cleared.run;
        let organization = self.organization(&run.organization)?;
        let said = self
            .people
            .expect_activation(batch, &run.organization, &run.provider)
            .await?;
        let door = Door::of(organization, &run.generation);
        match door.admits(said.as_ref(), &asserted.issuer, &Profile::of(asserted)) {
            Ok(()) => Ok(()),
            Err(shut) => Err(self
                .not_admitted(run, asserted, NotAdmitted::Shut(shut))
                .await),
        }
    }

    /// Somebody who could not be asked about would be signed out at the first question: better said now. Many providers
    /// hand out a refresh token only with a new consent, so that is asked for, once.
    pub(super) fn require_refresh(&self, claimed: &Claimed, is_there: bool) -> Result<(), Error> {
        let provider = self.config.providers.get(&claimed.cleared.run.provider);
        Self::require_refresh_from(provider, claimed, is_there)
    }

    /// The same for a provider that the file need not have.
    pub(super) fn require_refresh_from(
        provider: Option<&config::Provider>,
        claimed: &Claimed,
        is_there: bool,
    ) -> Result<(), Error> {
        let run = &claimed.cleared.run;
        let method = provider.map(config::Provider::revalidation);
        if method != Some(RevalidationMethod::RefreshToken) || is_there {
            return Ok(());
        }
        let again = run.again();
        let attempt = &claimed.cleared.attempt;
        if !attempt.consent {
            let wishes = Wishes {
                login_hint: attempt.login_hint.clone(),
                select_account: attempt.select_account,
            };
            return Err(Error::NeedsConsent { again, wishes });
        }
        let why = "no refresh token came, also after a new consent: allow offline access, or set \
                   revalidation = \"none\"";
        Err(Error::Provider {
            again,
            source: provider::Error::Misconfigured(why.to_owned()),
        })
    }

    /// When a provider is asked about somebody who signs in now.
    pub(super) fn due_at(&self, provider: &Slug, now: Timestamp) -> Option<Timestamp> {
        let method = self.config.providers.get(provider)?.revalidation();
        let terms = Terms::of(&self.config.revalidation, method)?;
        Some(terms.next(now, secret::chance()))
    }

    /// How a claimed run ended. One that needs consent is not at its end: it goes on as another run.
    async fn account_for(&self, claimed: &Claimed, result: &Result<Finished, Error>) {
        let run = &claimed.cleared.run;
        let attempted = Attempted {
            organization: Some(&run.organization),
            provider: &run.provider,
            reference: &claimed.reference,
        };
        let rehearsal = run.errand.as_ref().and_then(|it| it.rehearsal.as_deref());
        if let (Some(id), Err(error)) = (rehearsal, result) {
            let said = claimed.said.get();
            self.fail_rehearsal(id, error, said, &claimed.reference)
                .await;
            return;
        }
        match result {
            // What is no sign-in is in the trail by a name of its own.
            Ok(_) | Err(Error::Errand { .. }) if run.errand.is_some() => {}
            Ok(finished) => self.succeeded(attempted, finished.began),
            Err(Error::NeedsConsent { .. }) => {}
            Err(error) => self.failed(attempted, error).await,
        }
    }

    /// Somebody may not come in. Who that is here goes into the trail, if they have been here before.
    async fn not_admitted(&self, run: &Run, asserted: &Asserted, why: NotAdmitted) -> Error {
        let known = self
            .people
            .known(&run.organization, &run.provider, asserted);
        // If that cannot be read, the no stands all the same.
        let known = known.await.ok().flatten();
        Error::NotAdmitted {
            again: run.again(),
            email: Profile::of(asserted).email,
            person: known.map(|identity| Person {
                account: identity.account,
                identity: identity.id,
            }),
            why,
        }
    }
}

/// For the trace: whom the provider vouches for.
fn tell(asserted: &Asserted) {
    trace::of_user(asserted.email.as_deref());
    trace::note(|| {
        let groups = asserted.groups.iter().flatten();
        let groups = groups.map(|group| format!("group {group}"));
        let tenants = asserted.tenants.iter();
        let tenants = tenants.map(|it| format!("tenant {} ({})", it.id, it.name));
        let domain = asserted.hosted_domain.iter();
        let domain = domain.map(|domain| format!("hosted domain {domain}"));
        Step::Identity {
            issuer: asserted.issuer.clone(),
            subject: asserted.subject.as_str().to_owned(),
            email: asserted.email.clone(),
            email_verified: asserted.email_verified,
            facts: domain.chain(tenants).chain(groups).collect(),
        }
    });
}

/// For the trace: what is done.
pub(super) fn done(flow: Flow) -> Step {
    let what = match flow {
        Flow::SignIn | Flow::StepUp => "signed in",
        Flow::Setup => "set up",
        Flow::Link => "linked",
        Flow::Rehearsal => "rehearsed",
    };
    Step::Done {
        what: what.to_owned(),
    }
}

fn grant(run: &Run, identity: &Identity, asserted: &Asserted, now: Timestamp) -> Grant {
    Grant {
        organization: run.organization.clone(),
        account: identity.account.clone(),
        identity: identity.id.clone(),
        provider: run.provider.clone(),
        at_provider: AtProvider::new(
            &run.provider,
            &asserted.issuer,
            asserted.subject.as_str(),
            asserted.provider_session.as_deref(),
        ),
        generation: run.generation.clone(),
        authenticated_at: asserted.authenticated_at,
        proofs: asserted.proof.clone().into(),
        granted_at: now,
        expires_at: None,
        used_at: now,
    }
}

# What the pages say. Each message is a whole sentence or label; names come in as variables.
# A file of an operator may replace any message by one with the same name and the same variables.

## On every page

frame-help = Sign-in for { $application }. If you need help, ask the people who run it.
frame-sign-in = Sign-in for { $application }.
frame-support = Get help

## What can be done

action-sign-in = Sign in
action-sign-in-again = Sign in again
action-sign-in-once-more = Sign in once more
action-sign-out = Sign out
action-try-again = Try again
action-check-again = Check again with { $provider }
action-continue = Continue
action-another-account = Use a different account
action-another-organization = Sign in to another organization
action-enter-email = Enter your e-mail address
action-start-afresh = Sign out and start afresh
action-start-page = Go to the start page
action-go-to = Go to { $application }
action-ask-for-access = Ask for access
action-open-provider = Open { $provider }
action-more = Show more

## Moments, waits and lists

moment = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }, { $time } UTC
wait-seconds = { $count ->
    [one] Try again in { $count } second.
   *[other] Try again in { $count } seconds.
}
wait-minutes = { $count ->
    [one] Try again in { $count } minute.
   *[other] Try again in { $count } minutes.
}
wait-hours = { $count ->
    [one] Try again in { $count } hour.
   *[other] Try again in { $count } hours.
}
list-pair = { $first } and { $last }
list-middle = { $before }, { $next }
list-end = { $before } and { $last }

## Problems: the heading is the fact, the sentence its meaning for the reader

login-expired-heading = This sign-in page has expired
login-expired-sentence = Sign-in pages work once and only for a short time. Nothing was lost.

login-cancelled-heading = Sign-in was cancelled
login-cancelled-sentence = You came back from { $provider } without signing in. Nothing has changed.

provider-unreachable-heading = We can’t reach { $provider } right now
provider-unreachable-sentence = It did not answer, so we can’t sign you in yet. People who are already signed in are not affected.

identity-unverified-heading = { $provider } hasn’t confirmed your account
identity-unverified-sentence-soon = It has not answered for too long, which says nothing about your account. It is asked again every few minutes, and you can go on as soon as it answers; signing in again helps if it is back already.
identity-unverified-sentence-next = It has not answered for too long, which says nothing about your account. It is asked again at { $moment }, and you can go on as soon as it answers; signing in again helps if it is back already.

identity-invalid-heading = { $provider } says that this account is no longer active
identity-invalid-sentence = It was asked again whether you may still come in, and the answer was no. So your sessions were ended.
identity-invalid-heading-access = Your access through { $provider } has ended
identity-invalid-sentence-at = It was asked again at { $moment } whether you may still come in, and the answer was no. So your sessions were ended.
no-longer-withdrawn = It no longer accepts what your sign-in rested on. That happens when access is withdrawn there, when a password changes, or when the account is shut.
no-longer-inactive = It says that the account is suspended or not active.
no-longer-no-token = It gave nothing by which it can be asked about you.
no-longer-somebody-else = Its answer was about another account than yours.
no-longer-other-tenant = The account no longer belongs to the customer of { $provider } whose people come in here.
no-longer-email = It no longer vouches for your e-mail address.
no-longer-rules = What it says about the account no longer meets the rules for coming in here.
no-longer-member = Your membership here was removed.
identity-invalid-check = If you think that this is wrong by now, sign in there once more: if { $provider } lets you in, you go on where you were.

provider-refused-heading = { $provider } did not let you sign in
provider-refused-sentence = It decides who may use { $application }, and it did not let this account through.
provider-refused-not-assigned = This account has not been given { $application } there. Whoever looks after the accounts there can change that.
provider-refused-suspended = This account is suspended there. Whoever looks after the accounts there can change that.
provider-refused-ungranted = It did not pass on what { $application } needs to know of you. Sign in again and allow everything that is asked for.

provider-misconfigured-heading = Sign-in with { $provider } is not set up correctly
provider-misconfigured-sentence = Only an administrator can put this right. Tell them the reference below.
provider-misconfigured-clock = What the provider issued just now lies in the future or long ago by our clock. One of the two clocks is wrong: check the time of this machine first. doorward provider test says by how much they differ.

account-not-allowed-heading = { $email } can’t use { $application }
account-not-allowed-heading-this = This account can’t use { $application }
account-not-allowed-sentence = The sign-in worked, but { $organization } has not given this account access.
account-not-allowed-sentence-this = The sign-in worked, but this organization has not given this account access.

organization-unknown-heading = We don’t know that organization
organization-unknown-sentence = The address may be mistyped or out of date. Your e-mail address is enough to find the right sign-in page.

organization-suspended-heading = Sign-in for { $organization } is paused
organization-suspended-heading-this = Sign-in for this organization is paused
organization-suspended-sentence = Nobody can sign in to this organization at the moment. Your account has not been changed.

email-unverified-heading = Your e-mail address is not verified at { $provider }
email-unverified-sentence = { $application } accepts only verified addresses. Open your account at { $provider }, verify { $email }, then sign in again.
email-unverified-sentence-yours = { $application } accepts only verified addresses. Open your account at { $provider }, verify your address, then sign in again.
email-missing-heading = Your account at { $provider } has no primary e-mail address
email-missing-sentence = { $application } needs one. Open your account at { $provider }, choose a verified address as the primary one, then sign in again.

session-ended-heading = You were signed out
session-ended-idle = You had not used { $application } for a while.
session-ended-lifetime = A sign-in lasts for a limited time, and the time of yours was over.
session-ended-withdrawn = Your session was ended from another browser or by an administrator.
session-ended-at-provider = Your session at your sign-in service was ended.
session-ended-unknown = { $application } no longer knows this browser.

sign-in-required-heading = Sign in to continue
sign-in-required-sentence = This part of { $application } is for people who have signed in.

redirect-loop-heading = Sign-in keeps restarting
redirect-loop-sentence = You signed in several times within a short while, but { $application } did not recognize you afterwards. We stopped here so that your browser does not go round in circles.
redirect-loop-cookie-lost = The session cookie did not come back, though other cookies of ours did. Something between the browser and Doorward removes it, or the browser refuses it.
redirect-loop-session-over = The session cookie came back, but its session was over already. Look in the audit trail for what ended it.
redirect-loop-signed-in = The session cookie came back and its session is alive. Something else sends the browser to sign-in again: look at the application’s redirects and at the proxies in front.
redirect-loop-out-of-sight = The session belongs to the organization’s own host, so it cannot be told from here whether its cookie comes back there. Look at that host’s requests in the browser.

cookies-blocked-heading = Your browser isn’t keeping our cookie
cookies-blocked-sentence = Sign-in needs one cookie to know that it is still you. Allow cookies for { $application } in your browser’s settings, then try again.
cookies-blocked-owner = The cookie is given where visitors begin and must come back at the public address. It cannot if they begin over http or under another name than that of the public address.
cookies-blocked-scheme = By the word of the proxy in front or of the browser, this sign-in began over http. Browsers keep the cookie over https alone. Have everything on http sent to https, and let the proxy say in X-Forwarded-Proto which of the two the browser used.
cookies-blocked-host = The page on which this sign-in began has another address in the browser than ours, though requests reach us under ours. The cookie belongs to one address alone. Have the other name sent to the public address, or let the proxy hand on the name that the browser asked for.

app-unreachable-heading = { $application } isn’t responding
app-unreachable-sentence = Your browser and the sign-in work. The application behind them does not answer at the moment.

app-slow-heading = { $application } is taking too long
app-slow-sentence = Your browser and the sign-in work. The application behind them has not answered in time.

too-busy-heading = { $application } is very busy
too-busy-sentence = It has more requests than it can take at the moment, so yours was not passed on.

too-many-attempts-heading = Please wait a moment
too-many-attempts-sentence = There were many attempts within a short time.

bad-request-heading = We couldn’t read that request
bad-request-sentence = The address or form that reached us is not one we can use. Nothing was changed.

misdirected-request-heading = There is nothing at this address
misdirected-request-sentence = The name in your browser’s address bar may be mistyped or out of date.

not-found-heading = Page not found
not-found-sentence = If you typed the address, check that it is right. If you followed a link, the page may have moved.

not-allowed-here-heading = You don’t have access to this page
not-allowed-here-sentence = { $email } is signed in, but this part of { $application } is for others.
not-allowed-here-sentence-this = This account is signed in, but this part of { $application } is for others.

method-not-allowed-heading = That can’t be done here
method-not-allowed-sentence = The page exists, but not for what your browser tried to do. Nothing was changed.

broken-heading = There is a problem on our side
broken-sentence = We could not finish what you asked for. It has been recorded under the reference below.

advice-check-saved = If you were saving something, check whether it arrived before you send it again.
advice-send-again = If you just sent a form, it did not arrive. Go back and send it again.
advice-copy-first = If you just sent a form, it did not arrive. Go back to copy what you wrote, then sign in.
advice-ask-access = If you have another account, use that one. Otherwise ask your administrator for access.

stage-browser = Your browser
stage-sign-in = Sign-in
stage-works = works
stage-silent = does not answer

problem-owner = For the administrator:
problem-registered = What is registered at the provider must be exactly this redirect URI:
problem-reference = Reference
problem-details = Details
problem-reference-hint = If you ask for help, give this reference.

## The door of an organization

door-title = Sign in to { $organization }
door-lead-one = To reach { $application }, sign in.
door-lead-several = To reach { $application }, choose how to sign in.
door-lead-one-as = To reach { $application } as { $email }, sign in.
door-lead-several-as = To reach { $application } as { $email }, choose how to sign in.
door-button = Sign in with { $provider }
door-used-last = Used last time in this browser
door-none = There is no way to sign in to this organization yet. Its administrator can add one.
door-another-organization = Use a different organization

notice-idle = You were signed out because you had not been here for a while.
notice-lifetime = You were signed out because a sign-in lasts for a limited time.
notice-withdrawn = You were signed out from another browser or by an administrator.
notice-at-provider = You were signed out by your sign-in service.
notice-unknown = You were signed out.
notice-another-account = Choose the account you want to use.

## By e-mail address

email-title = Sign in to { $application }
email-continue = Continue to { $organization }
email-or = or
email-label = Your work e-mail address
email-hint = It leads to your organization’s own sign-in. We do not ask for a password.
email-list = Or choose your organization
email-missing = Enter your e-mail address.
email-malformed = Enter an e-mail address in the form name@example.com.
email-unknown-domain = We know no organization with this address. Check the spelling, or use the sign-in link of your organization.

choose-title = Choose your organization
choose-lead = More than one organization uses the address { $email }.
choose-another-email = Use a different e-mail address

## The form of the development provider

dev-title = Development sign-in
dev-note = This form stands in for an identity provider. It believes whatever you type, and works only on this machine.
dev-email = E-mail address
dev-name = Name
dev-name-hint = (optional)
dev-groups = Groups
dev-groups-hint = (optional, separated by commas)
dev-cancel = Cancel

## The way out

logout-title = Sign out of { $application }?
logout-lead = This ends your session in this browser. Save your work first if something is still open.
logout-stay = Stay signed in

logged-out-title = You are signed out of { $application }
logged-out-there-too = Your session here is over, and so is the one at { $provider }.
logged-out-here = Your session here is over.
logged-out-close = Your session here is over. On a shared computer, close all browser windows as well.
logged-out-still = You are still signed in to { $providers }.
logged-out-still-advice = On a shared computer, sign out there too: otherwise the next person can come back in as you.

signed-in-title = You are signed in
signed-in-close = You can close this window and go on in the one before.

redirecting-title = One moment
redirecting-lead = You are being taken on. If nothing happens, use the button.

## The account page

account-title = You are signed in
account-name = Name
account-email = E-mail
account-organization = Organization
account-provider = Signed in with
account-since = Since
account-until = Until at most
account-open = Open { $application }
account-identity = Your account at { $provider }
account-state = State
account-confirmed = Confirmed
account-unanswered-timeout = Not confirmed when last asked: it took too long
account-unanswered-unreachable = Not confirmed when last asked: it could not be reached
account-unanswered-asked-to-wait = Not confirmed when last asked: it asked us to wait
account-unanswered-trouble = Not confirmed when last asked: it was in trouble
account-unanswered-unreadable = Not confirmed when last asked: its answer could not be read
account-unanswered-silent = Not confirmed when last asked: it did not answer
account-unasked = Confirmed when you signed in
account-last-confirmed = Last confirmed
account-next-check = Next check
account-access-ends = Access ends
account-access-ends-at = { $moment }, unless it answers before
account-sessions = Where you are signed in
account-this-browser = This browser
device-both = { $browser } on { $system }
device-system = A browser on { $system }
device-unknown = Unknown browser
account-session = Since { $since }, last used { $used }
account-end = End
account-end-label = End the session since { $since }
account-end-others = End all other sessions
account-others = Your other organizations
account-switch = Switch
account-switch-label = Switch to { $organization }
account-told = What { $application } is told about you
account-headers = Request headers
account-claims = Claims of the signed assertion
account-fact-name = Name
account-fact-value = Value
facts-shortened = Long values and long lists are shortened here.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = Confirm that it is you
step-up-required-sentence = This part of { $application } asks for a fresher or stronger sign-in than yours.
form-kept-heading = Sign in once more to send this
form-kept-sentence = Your sign-in is over, or not fresh enough for this part of { $application }. What you filled in has not been sent. It is kept here for ten minutes.
sign-in-too-weak-heading = { $provider } did not sign you in strongly enough
sign-in-too-weak-sentence = This part of { $application } asks for a fresher or stronger sign-in. You are still signed in as before, and nothing has changed.
sign-in-too-weak-owner = The provider was sent the route’s max_auth_age or acr_values and answered with a sign-in that is older or of another kind. The log says which. It must know the values, and require such a sign-in when it is asked.
other-account-heading = That was a different account
other-account-sentence = You were to confirm that it is you, but { $email } signed in, which is not the account you are using. Nothing has changed.
other-account-sentence-this = You were to confirm that it is you, but another account signed in, which is not the one you are using. Nothing has changed.
organization-not-open-heading = { $organization } is not open yet
organization-not-open-heading-this = This organization is not open yet
organization-not-open-sentence = An owner of the organization has to complete its setup before people can sign in this way.
identity-not-linked-heading = This account can’t be added
identity-not-linked-taken = The account at { $provider } belongs to somebody else here, or to another account of yours. Only an administrator can move it. Nothing was changed.
identity-not-linked-another-there = You have another account of { $provider } here already. Remove that one first. Nothing was changed.
identity-not-linked-too-many = You have as many accounts here as there can be. Remove one first. Nothing was changed.
identity-not-linked-not-admitted = Your organization lets nobody in by this account at { $provider }. Nothing was changed.
identity-not-linked-not-the-person = Whoever began this is no longer signed in in this browser. Nothing was changed.
identity-not-linked-not-an-owner = Only an owner can complete the setup. Nothing was changed.
owners-only-heading = This page is for owners
owners-only-sentence = Only the owners of { $organization } can open it. They are named in the configuration.
owners-only-sentence-this = Only the owners of this organization can open it. They are named in the configuration.
advice-copy-then-confirm = If you just sent a form, it did not arrive. Go back to copy what you wrote, then confirm.
advice-same-account = Sign in with the same account. Then you can send it with one click.
advice-use-all = Try again, and use all that you are asked for there. If that does not help, tell your administrator.
action-confirm = Confirm
action-go-back = Go back
action-your-account = Go to your account
kept-title = Send what you had filled in?
kept-lead = You are signed in again. What you had filled in has not been sent yet.
kept-send = Continue: send what you had filled in
kept-leave = Go to the start page without sending it
not-kept-title = What you had filled in was not kept
not-kept-too-late = It is kept for ten minutes, and it took you longer to sign in. It was not sent: you have to fill it in once more.
not-kept-somebody-elses = It was filled in with another account than the one you have signed in with now. It was not sent, and we have forgotten it.
rehearse-title = Try { $provider }
rehearse-lead = This is a rehearsal. You go through { $provider } as at any sign-in, and then see what would come of it. You are not signed in by it. Whoever gave you this link sees the result too.
rehearse-begin = Begin
rehearsed-title = What comes of { $provider }
rehearsed-in = { $organization } would let you in.
rehearsed-out = { $organization } would not let you in.
rehearsed-nobody = Nobody was signed in. You can close this page.
rehearsed-identity = Identity
rehearsed-verified = (verified)
rehearsed-unverified = (not verified)
rehearsed-claims = What { $provider } says
rehearsed-open = { $organization } is open for sign-in.
rehearsed-shut = { $organization } is not open for sign-in.
rehearsed-too-large = Something that the application is told of you is too large for it. It would not get your requests.
rehearsal-failed-title = { $provider } did not work
rehearsal-failed-lead = The rehearsal ended before { $provider } had vouched for anybody. Whoever gave you the link sees the reason too.
confirmed-again = You have confirmed that it is you. You can go on now.
account-further = Other ways to sign in
account-further-next = Last confirmed { $confirmed }, next check { $next }.
account-further-confirmed = Last confirmed { $confirmed }.
account-check = Check
account-check-named = Check { $provider } now
check-confirmed = The provider was asked just now and confirmed the account.
check-unanswered = The provider was asked just now, and nothing that it said tells anything about the account. It is asked again by itself, and that is not held against anybody.
check-waiting = The provider has not answered yet. The question goes on: load this page again in a minute to see what came of it. Until then nothing changes.
account-remove = Remove
account-remove-named = Remove { $provider }
account-add = Add { $provider }
offer-title = Add this account?
offer-lead = Nothing has changed yet. Add it only if both sides are you.
offer-here = You are signed in here with { $provider }
offer-there = { $provider } says you are
offer-changes = What changes
offer-either = You can sign in to { $organization } with either account. You stay the same person here.
offer-whole = Whoever can use the new account can do here whatever you can.
offer-ends = If { $provider } no longer confirms the new account, it lets nobody in. You can remove it on your account page at any time.
offer-add = Add it
offer-not-me = That’s not me
offer-late = Nothing was added: the answer came too late, or the settings have changed. You can begin again.
state-valid = Confirmed
state-unchecked = Confirmed at sign-in
state-suspect = Not answering
state-invalid = No longer valid
state-orphaned = Not connected
state-blocked = Blocked
state-removed = Removed
state-none = No identity
why-withdrawn = The provider withdrew it.
why-inactive = The provider says that the account is not active.
why-no-token = The provider gives nothing to ask again with.
why-somebody-else = The provider answered about somebody else.
why-membership-removed = The membership was removed.
why-sign-in-again = A new sign-in is needed.
why-connection = The connection was shut or changed.
why-other-tenant = It is no longer with this customer of the provider.
why-email = The provider no longer vouches for the address.
why-rules = The rules no longer admit it.

## Pages of owners

owner-nav = Administration
owner-tab-home = Overview
owner-tab-people = People
owner-tab-sessions = Sessions
owner-tab-audit = What happened
owner-your-account = Your account
owner-home-title = Administration of { $organization }
owner-done-title = Setup is complete
owner-failed-title = Setup was not completed
owner-disable-title = Disable sign-in with { $provider }?
owner-people-title = People of { $organization }
owner-sessions-title = Sessions at { $organization }
owner-audit-title = What happened at { $organization }
owner-was-disabled = Sign-in with that provider is disabled now.
owner-was-opened = Setup is complete.
owner-paused = The people who run this site have paused sign-in for this organization.
owner-door = Sign-in page
owner-state-by-file = Open, as configured
owner-state-open = Open
owner-state-choosing = Setup is not complete: choose below
owner-state-closed = Closed until setup is complete
owner-state-disabled = Disabled
owner-state-open-since = Open since { $moment }
owner-state-choosing-since = Setup is not complete: choose below. It began { $moment }.
owner-state-disabled-since = Disabled since { $moment }
owner-state-since = In this state since
owner-only = Only for
owner-registered = What is registered at the provider
owner-health = Provider
owner-health-up = Answers
owner-health-degraded = Answers, but asking it about people again is paused
owner-health-down = Does not answer
owner-health-unknown = Not asked yet
owner-health-since = since { $moment }
owner-identities = Identities: { $state }
owner-which = Which of these is { $organization }? Only its people will come in.
owner-none-of-them = None of them: the configured rules alone say who comes in
owner-save = Save
owner-set-up-and-enable = Set up and enable
owner-set-up-again = Set up again
owner-set-up = Set up
owner-disable-ask = Disable…
owner-hint = Setup sends you to the provider with your own account, shows that the connection works, and ties that account to yours.
owner-disable-more = There are more than could be counted.
owner-disable-kept = Nothing is deleted: when an owner sets it up again with the same provider, everybody has their account back.
owner-disable-type = To go on, type the short name of the organization:
owner-disable-mistyped = That is not the short name of this organization.
owner-disable = Disable
owner-cancel = Cancel
owner-failed = Nothing was changed. In the log and the operating guide this is called { $code }.
owner-close = This window can be closed.
owner-go = Go to the administration of { $organization }
owner-search-people = Name or e-mail address
owner-with-state = Whose identities are
owner-any-state = All
owner-attention = Needs attention
owner-search = Search
owner-nobody = Nobody.
owner-nobody-found = Nobody was found.
owner-so-far = Nothing found so far. There is more to look through.
owner-more-people = More people
owner-account = Account
owner-first-seen = First seen
owner-membership = Membership
owner-removed = Removed: nobody signs in to this account
owner-email-there = E-mail there
owner-id-there = Id there
owner-last-asked = Last asked
owner-block = Block
owner-unlink = Unlink
owner-history = What happened with them
owner-unblock = Unblock
owner-none = None.
owner-end-all = End all sessions
owner-restore = Restore the membership
owner-remove = Remove the membership
owner-more-sessions = More sessions
owner-search-audit = Event, reason, reference, account or identity
owner-search-person = Person: name, e-mail address or account
owner-search-from = From
owner-search-to = Up to
owner-export = Download as CSV
owner-nothing = Nothing was found.
owner-older = Older
owner-actor-visitor = somebody who was not signed in
owner-actor-operator = the people who run this site
owner-actor-system = automatically
owner-disable-people = { $count ->
    [0] Nobody signs in this way.
    [one] { $count } person signs in this way.
   *[other] { $count } people sign in this way.
}
owner-disable-others = { $count ->
    [0] None of them could use another way.
    [one] { $count } of them could use another way.
   *[other] { $count } of them could use another way.
}
owner-disable-sessions = { $count ->
    [0] No session ends.
    [one] { $count } session ends at once, open connections included.
   *[other] { $count } sessions end at once, open connections included.
}

## The audit trail: what happened, and why

event-login-succeeded = Signed in
event-login-denied = Sign-in refused
event-login-failed = Sign-in did not work
event-login-cancelled = Sign-in cancelled
event-login-loop = Sign-in kept restarting
event-access-denied = No access to a page
event-session-created = Session began
event-session-ended = Session ended
event-session-evicted = Session made room for a newer one
event-session-revoked = Session ended by an administrator
event-identity-linked = Identity added
event-identity-entered-grace = Provider did not answer about an identity
event-identity-restored = Provider confirms an identity again
event-identity-invalidated = Identity no longer valid
event-identity-checked = Identity checked
event-identity-blocked = Identity blocked
event-identity-unblocked = Identity unblocked
event-identity-unlinked = Identity removed
event-identity-relinked = Identity moved to another account
event-identity-link-refused = Identity not added
event-connection-activated = Connection set up
event-connection-disabled = Connection disabled
event-rehearsal-started = Rehearsal begun
event-rehearsal-finished = Rehearsal ended
event-admin-refused = No access to the owners’ pages
event-membership-removed = Membership removed
event-membership-restored = Membership restored
event-organization-suspended = Sign-in for the organization paused
event-organization-resumed = Sign-in for the organization resumed
event-logout-requested = Signed out

because-signed-out = The person signed out.
because-signed-out-there = The person signed out at the provider.
because-not-confirmed = The provider no longer confirms the person.
because-blocked = The identity was blocked.
because-unlinked = The identity was removed from the account.
because-by-person = The person ended it from another browser.
because-by-administrator = An administrator ended it.
because-by-owner = An owner ended it.
because-too-many-sessions = The person had too many sessions.
because-replaced = A new sign-in took its place.
because-idle = It had not been used for a while.
because-expired = Its time was over.
because-foreign-origin = The request came from a page of another site.
because-not-set-up = The setup is not complete.
because-disabled = An owner has disabled this way to sign in.
because-other-customer = The person belongs to another customer of the provider.
because-email-unverified = The provider does not vouch for the address.
because-emails = The address is not among those admitted.
because-email-domains = The domain of the address is not admitted.
because-hosted-domains = The account belongs to no admitted domain.
because-groups-any = The person is in none of the admitted groups.
because-groups-all = The person is not in all required groups.
because-subjects = The person is not among those admitted by name.
because-tenants = The person belongs to no admitted customer of the provider.
because-teams = The person is in none of the admitted teams.
because-claims = What the provider says of the person does not fit the rules.
because-cookies = The browser did not keep the cookie.
because-provider-unreachable = The provider did not answer.
because-provider-misconfigured = Sign-in with the provider is not set up correctly.
because-provider-refused = The provider did not let the person in.
because-not-admitted = The organization does not admit this account.
because-too-weak = The sign-in was not fresh or strong enough.
because-taken = The identity belongs to another account.
because-another-there = The account already has an identity of this provider.
because-too-many-identities = The account has as many identities as there can be.
because-not-the-person = Whoever began it was no longer signed in.
because-not-an-owner = The person is not an owner of the organization.
because-not-me = The person said that it is not theirs.
because-step-up = The person confirmed that it is them.
because-any-customer = The configured rules alone say who comes in.
because-cannot-ask = The provider cannot be asked.

## Setting a provider up

setup-link-lead = You were asked to connect { $provider }, so that people of { $organization } can sign in with it. You need the right to register an application there.
setup-link-once = Once you begin, this link works in this browser only. You can stop and come back as long as it is valid.
setup-link-begin = Begin
setup-link-gone-heading = This link no longer works
setup-link-gone-sentence = It is too old, it was withdrawn, or it is incomplete. Ask whoever sent it to you for a new one.
setup-link-elsewhere-heading = This link was opened in another browser
setup-link-elsewhere-sentence = It works only where it was opened first. Go on there, or ask whoever sent it to you for a new one.
setup-link-crowded-heading = This browser sets up too many providers
setup-link-crowded-sentence = It can’t hold another one without losing its first. Open the link in another browser: nothing of it is used up yet.
wizard-title = Set up { $provider }
wizard-lead = Nobody signs in with this before the people who run this site have put it into force.
wizard-organization = Organization
wizard-until = Valid until
wizard-register = 1. Register the application
wizard-register-at = Where:
wizard-copy = Copy
wizard-copied = Copied: { $name }
wizard-values = 2. Fill in what you are shown there
wizard-optional = (optional)
wizard-kept = This is kept and not shown again. Leave the field empty unless you have a new one.
wizard-missing = This is missing.
wizard-wrong = This can’t be right. It could look like this:
wizard-save = Save
wizard-first = First fill in and save everything that is needed.
wizard-check = 3. Check
wizard-check-lead = The provider is asked now whether this fits.
wizard-check-button = Check now
wizard-check-good = Everything that can be told without a sign-in is in order.
wizard-check-bad = Something is not in order yet.
wizard-fine = OK
wizard-warning = Warning
wizard-failed = Not right
wizard-unknown = Not known
wizard-try = 4. Try a sign-in
wizard-try-lead = You go through the provider as at any sign-in, and then see what would come of it. Nobody is signed in by it.
wizard-try-button = Try it
wizard-try-good = A sign-in was tried, and it worked.
wizard-try-bad = A sign-in was tried, and it did not work.
wizard-finish = 5. Hand it over
wizard-finish-lead = When everything is in order, say so. After that, nothing can be changed here any more.
wizard-finish-button = It is complete
wizard-finished = Done. The people who run this site now put it into force.
wizard-in-force = This provider is in force. Nothing remains to be done here.
wizard-displaced = The short name has been given to another provider by now, so this one can’t be put into force. Set it up again under another short name.
wizard-toml = For the file of the people who run this site
wizard-toml-hint = The secret is not in here. It is kept for the people who run this site, and goes into the file that is named.
wizard-discard = Discard
drafts-title = Providers being set up
drafts-preset = Which provider?
drafts-id = Short name
drafts-id-hint = Lower-case letters, digits and hyphens. It becomes part of the address that you register, so it can’t be changed later.
drafts-add = Add a provider
drafts-bad-id = A short name has 1 to 40 lower-case letters, digits and hyphens, and begins and ends with none of the last.
drafts-taken = There is a provider with that short name already.
drafts-too-many = Too many providers are being set up. Discard one first.
draft-waiting = Link not opened yet
draft-open = Not complete
draft-complete = Complete
draft-finished = Handed over
draft-in-force = In force
draft-displaced = Name given to another
event-draft-created = Set-up of a provider begun
event-draft-claimed = Setup link opened
event-draft-changed = Provider being set up changed
event-draft-checked = Provider being set up checked
event-draft-finished = Set-up of a provider handed over
event-draft-exported = Set-up of a provider taken over, with its secret
event-draft-removed = Provider being set up discarded
owner-actor-link = whoever has the setup link

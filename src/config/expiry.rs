//! When secrets at providers stop working: their portals say a day, and nobody remembers it.

use std::time::Duration;

use time::{Date, Month, OffsetDateTime, Time};

use super::fault::{Fault, Weight};
use super::{Config, Slug};
use crate::clock::Timestamp;

/// How long before the day somebody is told: time to find whoever may make a new one.
const NOTICE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A day as `2027-02-01`: its beginning, in UTC.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Timestamp, &'static str> {
    const NO_DAY: &str = "is no day such as 2027-02-01";
    let sound = text.len() == 10 && text.is_ascii();
    let mut parts = text.split('-').filter(|_| sound);
    let mut number = || parts.next()?.parse::<u16>().ok();
    let (year, month, day) = (number(), number(), number());
    let day = year.zip(month).zip(day).and_then(|((year, month), day)| {
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
    });
    let begin = OffsetDateTime::new_utc(day.ok_or(NO_DAY)?, Time::MIDNIGHT).unix_timestamp();
    u64::try_from(begin)
        .map(Timestamp::from_seconds)
        .map_err(|_| NO_DAY)
}

impl Config {
    /// The secrets that stop working soon, or do no more, as warnings.
    pub fn expiring_secrets(&self, now: Timestamp) -> Vec<Fault> {
        let all = self.providers.values();
        let soon = all.filter_map(|provider| Some((&provider.id, provider.secret_expires?)));
        soon.filter_map(|(id, at)| warning(id, at, now)).collect()
    }
}

fn warning(provider: &Slug, at: Timestamp, now: Timestamp) -> Option<Fault> {
    let message = if at <= now {
        format!("the secret of `{provider}` has expired: nobody can sign in there")
    } else if at.since(now) <= NOTICE {
        let days = at.since(now).as_secs().div_ceil(24 * 3600);
        format!("the secret of `{provider}` expires in {days} days")
    } else {
        return None;
    };
    Some(Fault {
        code: "secret-expires",
        weight: Weight::Warning,
        message,
        path: format!("providers.{provider}.secret_expires"),
        place: None,
        help: "make a new one at the provider, put it in place of the old, and write its day down here"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_beginning() {
        assert_eq!(parse("1970-01-02"), Ok(Timestamp::from_seconds(86_400)));
        assert_eq!(
            parse("2027-02-01"),
            Ok(Timestamp::from_seconds(1_801_440_000))
        );
        for bad in [
            "",
            "2027",
            "2027-2-1",
            "2027-13-01",
            "2027-02-30",
            "1969-12-31",
            "2027-02-01x",
            "01-02-2027",
            "2027/02/01",
            "-027-02-01",
            "2027-02-1é",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn somebody_is_told_in_time() {
        let day = Duration::from_secs(24 * 3600);
        let at = parse("2027-02-01").unwrap();
        let told = |now| warning(&Slug::parse("idp").unwrap(), at, now).map(|it| it.message);
        assert_eq!(told(at.minus(day * 31)), None);
        let soon = told(at.minus(day * 30)).unwrap();
        assert!(soon.ends_with("expires in 30 days"), "{soon}");
        let soon = told(at.minus(Duration::from_secs(60))).unwrap();
        assert!(soon.ends_with("expires in 1 days"), "{soon}");
        for late in [at, at.plus(day)] {
            assert!(told(late).unwrap().contains("has expired"));
        }
    }
}

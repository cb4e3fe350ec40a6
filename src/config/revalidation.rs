//! `[revalidation]`: asking providers again.

use std::time::Duration;

use super::reader::Reader;
use super::{OnError, Revalidation, defaults};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn revalidation(reader: Reader<'_>) -> Revalidation {
    let words = [("grace", OnError::Grace), ("block", OnError::Block)];
    let concurrency = reader.number("concurrency", 8, 1..=256);
    let per_second = reader.number("per_second", 50, 1..=100_000);
    let revalidation = Revalidation {
        interval: reader
            .duration("interval", "1h", Duration::from_secs(60)..=DAY * 7)
            .unwrap_or(defaults::REVALIDATION_INTERVAL),
        jitter: reader
            .share("jitter", "0.1")
            .unwrap_or(defaults::REVALIDATION_JITTER),
        on_error: reader
            .word("on_error", &words)
            .unwrap_or(defaults::REVALIDATION_ON_ERROR),
        grace: reader
            .duration("grace", "4h", Duration::ZERO..=DAY * 7)
            .unwrap_or(defaults::REVALIDATION_GRACE),
        concurrency: concurrency
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(defaults::REVALIDATION_CONCURRENCY),
        per_second: per_second
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(defaults::REVALIDATION_PER_SECOND),
        timeout: reader
            .duration(
                "timeout",
                "10s",
                Duration::from_millis(100)..=Duration::from_secs(60),
            )
            .unwrap_or(defaults::PROVIDER_TIMEOUT),
        stream_cut: reader
            .duration(
                "stream_cut",
                "5s",
                Duration::from_millis(100)..=Duration::from_secs(60),
            )
            .unwrap_or(defaults::STREAM_CUT),
    };
    reader.finish();
    revalidation
}

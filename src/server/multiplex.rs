//! The streams of HTTP/2, each with the end that its answer brings.
//!
//! hyper asks a body for its next piece only while the client takes what came before, so a body cannot end a stream whose
//! client takes nothing. The task that drives the stream can: dropped, it resets the stream and leaves the others alone.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use super::Cut;
use crate::tasks::Tasks;

tokio::task_local! {
    /// What ends the stream that this task drives.
    static END: Arc<OnceLock<Cut>>;
}

/// Starts the tasks that drive streams.
#[derive(Clone, Debug)]
pub(super) struct Streams(Tasks);

impl Streams {
    pub(super) const fn new(tasks: Tasks) -> Self {
        Self(tasks)
    }
}

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, stream: F) {
        hyper::rt::Executor::execute(&self.0, drive(stream));
    }
}

/// From now on the stream that this task drives ends with `cut`.
pub(super) fn bind(cut: Cut) {
    // A stream has one final answer, and hyper drives it by the task that asked for it.
    let _ = END.try_with(|end| end.set(cut));
}

/// Drives a stream until it is done or cut.
async fn drive<F: Future>(stream: F) {
    let end = Arc::new(OnceLock::new());
    let mut stream = pin!(END.scope(Arc::clone(&end), stream));
    let mut over = None;
    poll_fn(|context| {
        // The stream first: a body that can still say that it breaks off does so.
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        match (&mut over, end.get()) {
            (Some(over), _) => over,
            (over, Some(cut)) => over.insert(Box::pin(cut.clone().over())),
            (None, None) => return Poll::Pending,
        }
        .as_mut()
        .poll(context)
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use crate::tether::Tether;
    use tokio::time::Instant;

    use super::*;

    fn cut(until: Option<Instant>) -> Cut {
        Cut {
            tether: Arc::new(Tether::new()),
            until,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_cut_and_with_its_time() {
        let begun = Instant::now();
        let (called, timed) = (cut(None), cut(Some(begun + Duration::from_secs(9))));
        let tether = Arc::clone(&called.tether);
        let call = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            tether.cut();
        };
        let bound = |cut| {
            drive(async {
                bind(cut);
                pending::<()>().await;
            })
        };
        tokio::join!(call, bound(called));
        assert_eq!(begun.elapsed().as_secs(), 5);
        bound(timed).await;
        assert_eq!(begun.elapsed().as_secs(), 9);
    }

    #[tokio::test]
    async fn a_stream_without_a_cut_runs_to_its_end() {
        drive(tokio::task::yield_now()).await;
    }
}

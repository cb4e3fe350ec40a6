//! The streams of HTTP/2, each with the end that its answer brings.
//!
//! hyper asks a body for its next piece only while the client takes what came before, so a body cannot end a stream whose
//! client takes nothing. The task that drives the stream can: dropped, it resets the stream and leaves the others alone.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use super::Cut;
use crate::tasks::Tasks;

tokio::task_local! {
    /// Of the stream that this task drives.
    static OWN: Arc<Own>;
}

/// What goes with a stream.
#[derive(Default)]
struct Own {
    /// What ends it.
    end: OnceLock<Cut>,
    /// Kept while it lasts, as a tunnel too.
    held: OnceLock<Box<dyn Any + Send + Sync>>,
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
        match OWN.try_with(Arc::clone) {
            // What sends the bytes of a tunnel is started by the task of the stream that became one. It ends with who carries
            // the tunnel, or with the connection, and has a farewell to send when everything ends.
            Ok(own) => drop(self.0.spawn(async move {
                drive(stream, own, true).await;
            })),
            Err(_) => hyper::rt::Executor::execute(&self.0, drive(stream, Arc::default(), false)),
        }
    }
}

/// From now on the stream that this task drives ends with `cut`.
pub(super) fn bind(cut: Cut) {
    // A stream has one final answer, and hyper drives it by the task that asked for it.
    let _ = OWN.try_with(|own| own.end.set(cut));
}

/// Keeps something as long as there is anything of the stream that this task drives.
pub(super) fn hold(held: impl Any + Send + Sync) {
    let _ = OWN.try_with(|own| own.held.set(Box::new(held)));
}

/// Drives a stream until it is done or cut. A tunnel has its farewell besides: who carries it says that.
async fn drive<F: Future>(stream: F, own: Arc<Own>, is_tunnel: bool) {
    let end = |cut: Cut| async move {
        let farewell = if is_tunnel {
            cut.farewell
        } else {
            Duration::ZERO
        };
        cut.over().await;
        tokio::time::sleep(farewell).await;
    };
    let mut stream = pin!(OWN.scope(Arc::clone(&own), stream));
    let mut over = None;
    poll_fn(|context| {
        // The stream first: a body that can still say that it breaks off does so.
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        match (&mut over, own.end.get()) {
            (Some(over), _) => over,
            (over, Some(cut)) => over.insert(Box::pin(end(cut.clone()))),
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

    use crate::tether::Tether;
    use tokio::time::Instant;

    use super::*;

    fn cut(until: Option<Instant>) -> Cut {
        Cut {
            tether: Arc::new(Tether::new()),
            until,
            farewell: Duration::from_secs(3),
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
        let bound = |cut, is_tunnel| {
            let stream = async {
                bind(cut);
                pending::<()>().await;
            };
            drive(stream, Arc::default(), is_tunnel)
        };
        tokio::join!(call, bound(called, false));
        assert_eq!(begun.elapsed().as_secs(), 5);
        bound(timed.clone(), false).await;
        assert_eq!(begun.elapsed().as_secs(), 9);
        bound(timed, true).await;
        assert_eq!(begun.elapsed().as_secs(), 12, "with its farewell");
    }

    #[tokio::test]
    async fn a_stream_without_a_cut_runs_to_its_end() {
        drive(tokio::task::yield_now(), Arc::default(), false).await;
    }
}

//! Signals that seldom come, beside work that is polled often.
//!
//! Owns: [`Rarely`], which looks at a future only when that future has asked to be looked at. A select over the signal to
//! stop, a timer and a notice takes a lock for each of them every time that the work beside them moves; this takes none.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A future that is polled when it has woken itself, and not when something else has woken its task.
#[derive(Debug)]
pub struct Rarely<F> {
    inner: F,
    bell: Arc<Bell>,
    waker: Waker,
}

#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F> Rarely<F> {
    /// Wraps a future. The first poll reaches it.
    pub fn new(inner: F) -> Self {
        let bell = Arc::new(Bell {
            rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let waker = Waker::from(Arc::clone(&bell));
        Self { inner, bell, waker }
    }
}

impl<F: Future + Unpin> Future for Rarely<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        // First: what rings from here on wakes this task.
        this.bell.task.register(context.waker());
        if !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.inner).poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::ready;
    use std::time::Duration;

    use tokio::sync::Notify;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn a_signal_is_looked_at_only_when_it_comes() {
        let (notice, looked) = (Arc::new(Notify::new()), AtomicUsize::new(0));
        let mut inner = pin!(notice.notified());
        let signal = poll_fn(|context| {
            looked.fetch_add(1, Ordering::Relaxed);
            ready!(inner.as_mut().poll(context));
            Poll::Ready("it came")
        });
        let mut signal = Rarely::new(signal);
        for _ in 0..100 {
            let pending = timeout(Duration::from_micros(1), &mut signal).await;
            assert!(pending.is_err());
        }
        assert_eq!(looked.load(Ordering::Relaxed), 1);
        let later = async {
            sleep(Duration::from_millis(10)).await;
            notice.notify_waiters();
        };
        let (came, ()) = tokio::join!(signal, later);
        assert_eq!(came, "it came");
        assert_eq!(looked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_signal_is_lost_between_two_tasks() {
        for _ in 0..2_000 {
            let notice = Arc::new(Notify::new());
            let awaited = Arc::clone(&notice);
            let waiting = async move {
                let notified = pin!(awaited.notified());
                Rarely::new(notified).await;
            };
            #[expect(clippy::disallowed_methods, reason = "a test's own task")]
            let task = tokio::spawn(waiting);
            notice.notify_one();
            timeout(Duration::from_secs(10), task)
                .await
                .unwrap()
                .unwrap();
        }
    }
}

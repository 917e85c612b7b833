//! The bounded queue before the engine. One thread owns the work; requests hand it closures and wait. A full queue is an
//! ordinary answer (503 with Retry-After), and work whose caller has gone away is not done.
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use axum::http::StatusCode;
use rayon::prelude::*;
use tokio::sync::oneshot;

use super::problem::Problem;
use crate::engine::{Engine, EngineError};

type Work = Box<dyn FnOnce(&Engine) + Send>;

/// Hands work to the engine's thread.
#[derive(Clone)]
pub struct EngineQueue {
    sender: SyncSender<Work>,
    timeout: Duration,
}

impl EngineQueue {
    /// Starts the engine's thread. At most `waiting` requests wait; each caller waits at most `timeout`.
    pub fn start(engine: Arc<Engine>, waiting: usize, timeout: Duration) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<Work>(waiting);
        std::thread::Builder::new().name("engine".into()).spawn(move || work(&engine, &receiver))?;
        Ok(Self { sender, timeout })
    }

    /// Runs `job` on the engine's thread and waits for its result.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let work: Work = Box::new(move |engine| {
            if !reply.is_closed() {
                let _ = reply.send(job(engine));
            }
        });
        match self.sender.try_send(work) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                metrics::counter!("superbill_rejected_total").increment(1);
                return Err(Problem::busy());
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the engine is shutting down"));
            }
        }
        match tokio::time::timeout(self.timeout, result).await {
            Ok(Ok(result)) => result.map_err(Problem::from),
            Ok(Err(_)) => {
                Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the engine failed on this request; the log has the cause"))
            }
            Err(_) => {
                let seconds = self.timeout.as_secs();
                let detail = format!(
                    "no result within {seconds} s; send a shorter note or fewer at once, or raise request_timeout_seconds"
                );
                Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, detail))
            }
        }
    }
}

/// Takes what has gathered since the last round and works on it with every core.
fn work(engine: &Engine, receiver: &Receiver<Work>) {
    let most = rayon::current_num_threads().max(1) * 2;
    while let Ok(first) = receiver.recv() {
        let mut batch = vec![first];
        while batch.len() < most {
            match receiver.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        batch.into_par_iter().for_each(|work| {
            // A panic is a defect of ours; it must cost one request, not the service.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(engine))).is_err() {
                tracing::error!("a request panicked");
                metrics::counter!("superbill_panics_total").increment(1);
            }
        });
    }
}

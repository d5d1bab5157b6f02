//! A process that can die: a runtime of its own, and a room that lives in it.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::trouble::{Mishap, Trouble};

/// A runtime. Over a file it needs no thread; over a line to a data base it has one, which rolls back what
/// was dropped while nothing else is done: a process that never gets to that holds everybody up.
pub fn runtime() -> Runtime {
    let mut builder = match std::env::var_os("DB") {
        Some(db) if db == "postgres" => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.worker_threads(1).enable_all().build().expect("a runtime")
}

/// One process.
pub struct Process<T> {
    room: Option<T>,
    runtime: Option<Runtime>,
    trouble: Arc<Trouble>,
}

impl<T> Process<T> {
    /// Starts a process; `open` is told what is in store for it.
    pub fn start(open: impl AsyncFnOnce(Arc<Trouble>) -> T) -> Self {
        let (runtime, trouble) = (runtime(), Arc::new(Trouble::default()));
        let room = runtime.block_on(open(trouble.clone()));
        Self { room: Some(room), runtime: Some(runtime), trouble }
    }

    /// What lives in it.
    pub fn room(&self) -> Option<&T> {
        self.room.as_ref()
    }

    /// How often what was done last met the book.
    pub fn meetings(&self) -> u32 {
        self.trouble.meetings()
    }

    /// Does something in the room under a mishap. `None`: the process is dead, and must be started
    /// anew. The truth value says whether the mishap has struck.
    pub fn live<R>(
        &self,
        mishap: Option<Mishap>,
        act: impl AsyncFnOnce(&T) -> R,
    ) -> (Option<R>, bool) {
        let room = self.room.as_ref().expect("a process has a room");
        let runtime = self.runtime.as_ref().expect("a process has a runtime");
        self.trouble.arm(mishap);
        let outcome = runtime.block_on(async {
            tokio::select! {
                biased;
                done = act(room) => Some(done),
                () = self.trouble.death() => None,
            }
        });
        (outcome, self.trouble.disarm())
    }
}

/// Nothing is said goodbye to: what the process held is dropped, its tasks with it.
impl<T> Drop for Process<T> {
    fn drop(&mut self) {
        let runtime = self.runtime.take().expect("a process has a runtime");
        {
            let _inside = runtime.enter();
            drop(self.room.take());
        }
        drop(runtime);
    }
}

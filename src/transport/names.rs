//! Looking up names, on threads of our own: the HTTP library would make one when it first needs it, and panic where none can
//! be made.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// How many names are looked up at the same time: one that was given up may still take its time.
const THREADS: usize = 2;

/// The system's name resolution. Its threads end when it is dropped.
pub(super) struct Names {
    questions: mpsc::Sender<Question>,
}

struct Question {
    name: String,
    answer: oneshot::Sender<io::Result<Vec<SocketAddr>>>,
}

impl Names {
    pub(super) fn new() -> io::Result<Self> {
        Self::with(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }

    fn with(look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Clone + Send + 'static) -> io::Result<Self> {
        let (questions, receiver) = mpsc::channel::<Question>();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=THREADS {
            let (receiver, look_up) = (Arc::clone(&receiver), look_up.clone());
            // One thread waits for a question, the other for the lock.
            let next = move || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            std::thread::Builder::new().name(format!("names-{number}")).spawn(move || {
                while let Ok(Question { name, answer }) = next() {
                    if !answer.is_closed() {
                        let _ = answer.send(look_up(&name));
                    }
                }
            })?;
        }
        Ok(Self { questions })
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (sender, answer) = oneshot::channel();
        let asked = self.questions.send(Question { name: name.as_str().to_owned(), answer: sender });
        Box::pin(async move {
            asked.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            let addresses = answer.await??;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    fn name(name: &str) -> Name {
        name.parse().unwrap()
    }

    #[test]
    fn names_are_looked_up_by_the_system() {
        let names = Names::new().unwrap();
        runtime().block_on(async {
            let mut addresses = names.resolve(name("localhost")).await.unwrap();
            assert!(addresses.all(|address| address.ip().is_loopback()));
            let error = names.resolve(name("name.invalid")).await.err().unwrap();
            assert!(error.is::<io::Error>(), "{error}");
        });
    }

    #[test]
    fn abandoned_lookups_are_skipped_and_a_slow_name_delays_no_other() {
        let (let_go, held) = mpsc::channel::<()>();
        let (held, looked_up) = (Arc::new(Mutex::new(held)), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&looked_up);
        let names = Names::with(move |name| {
            seen.lock().unwrap().push(name.to_owned());
            if name.starts_with("slow") {
                let _ = held.lock().unwrap().recv();
            }
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
        })
        .unwrap();
        runtime().block_on(async {
            let slow = names.resolve(name("slow"));
            assert!(names.resolve(name("quick")).await.is_ok());
            let as_slow = names.resolve(name("slow-too"));
            drop(names.resolve(name("forgotten")));
            assert!(tokio::time::timeout(Duration::from_millis(50), slow).await.is_err());
            let_go.send(()).unwrap();
            assert!(names.resolve(name("last")).await.is_ok());
            let_go.send(()).unwrap();
            assert!(as_slow.await.is_ok());
        });
        let mut looked_up = looked_up.lock().unwrap().clone();
        looked_up.sort();
        assert_eq!(looked_up, ["last", "quick", "slow", "slow-too"]);
    }
}

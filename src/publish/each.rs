//! Many things at once: what is sent to a host, by several threads.

use super::door::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// What is done beside, each time so much time has gone by.
pub type Beat<'a> = (Duration, &'a mut dyn FnMut() -> Result<(), Error>);

/// Does something with each, by several threads. The first error ends it, also one of the `beat`.
pub fn each<T: Sync>(
    items: &[T],
    parallel: usize,
    act: &(dyn Fn(&T) -> Result<(), Error> + Sync),
    (every, beat): Beat<'_>,
) -> Result<(), Error> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        for _ in 0..parallel.min(items.len()) {
            let (tell, next, stop) = (tell.clone(), &next, &stop);
            scope.spawn(move || {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    if let Err(e) = act(item) {
                        stop.store(true, Ordering::Relaxed);
                        // The receiver outlives the threads.
                        let _ = tell.send(e);
                        return;
                    }
                }
            });
        }
        drop(tell);
        let mut first = None;
        loop {
            match told.recv_timeout(every) {
                Ok(e) => drop(first.get_or_insert(e)),
                Err(RecvTimeoutError::Disconnected) => return first.map_or(Ok(()), Err),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(e) = beat() {
                        stop.store(true, Ordering::Relaxed);
                        first.get_or_insert(e);
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_first_error_ends_it() {
        let done = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let ended = each(
            &items,
            4,
            &|i| match i {
                7 => Err(Error::other("seven")),
                _ => {
                    done.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                }
            },
            (MINUTE, &mut || Ok(())),
        );
        assert_eq!(ended, Err(Error::other("seven")));
        assert!(done.into_inner() < 1000);
        assert_eq!(each(&items, 4, &|_| Ok(()), (MINUTE, &mut || Ok(()))), Ok(()));
    }
}

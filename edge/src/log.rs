//! The log of a program: what it says while it runs, a line each on standard error, with time, level and room.
//!
//! The program never waits for it: a thread of its own writes, and what that cannot take is dropped, counted, and told
//! with the next line that can be written.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// So many lines wait for the thread that writes; more are dropped.
const WAITING: usize = 4096;

/// What an operator may set of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// How a line is written.
    pub form: LogForm,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    /// For people: time, level, room, and a sentence.
    #[default]
    Text,
    /// For machines: a JSON object a line, with `timestamp`, `level`, `target` (the room) and `fields`.
    Json,
}

/// The rooms that say something: what libraries say, statements of SQL among it, is not for this log.
const ROOMS: [&str; 8] = ["akashi", "ca", "clock", "crl", "ledger", "link", "ocsp", "repository"];

/// The log, until it is dropped: what waits is then written, for two seconds at most.
pub struct Log {
    writing: Option<WorkerGuard>,
}

impl Drop for Log {
    fn drop(&mut self) {
        let (writing, (done, waited)) = (self.writing.take(), mpsc::channel());
        // Its own end waits for a reader that stands still.
        std::thread::spawn(move || {
            drop(writing);
            let _ = done.send(());
        });
        let _ = waited.recv_timeout(Duration::from_secs(2));
    }
}

impl Log {
    /// Begins the log of this program on standard error, once.
    pub fn begin(settings: LogSettings) -> Self {
        let (writer, writing) = to(Counted::over(io::stderr(), settings.form));
        let layer = tracing_subscriber::fmt::layer()
            .log_internal_errors(false)
            .with_ansi(false)
            .with_writer(writer);
        let layer = match settings.form {
            LogForm::Text => layer.boxed(),
            LogForm::Json => layer.json().boxed(),
        };
        let rooms = Targets::new().with_targets(ROOMS.map(|room| (room, LevelFilter::INFO)));
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(rooms));
        // Another program in the same process may have begun one: that is kept.
        let _ = tracing::subscriber::set_global_default(subscriber);
        std::panic::set_hook(Box::new(|panic| {
            // Where, and not of whom: what it says may hold what it was about.
            let at = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(target: "akashi", "a part of this program broke off at {at}");
        }));
        Self { writing: Some(writing) }
    }
}

/// A writer that nobody waits for.
fn to(mut counted: Counted<impl Write + Send + 'static>) -> (LossyWriter, WorkerGuard) {
    let (dropped, dropping) = mpsc::sync_channel(1);
    counted.dropped = Some(dropping);
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).finish(counted);
    let _ = dropped.send(writer.error_counter());
    (LossyWriter(writer), guard)
}

/// Hands each line to the thread that writes.
struct LossyWriter(NonBlocking);

impl<'a> MakeWriter<'a> for LossyWriter {
    type Writer = NonBlocking;

    fn make_writer(&'a self) -> Self::Writer {
        self.0.clone()
    }
}

/// Writes lines, and tells how many could not be.
struct Counted<W> {
    out: W,
    form: LogForm,
    /// Lines that were not taken since the last that was.
    lost: AtomicU64,
    /// The last was cut off in its midst.
    is_torn: bool,
    /// Lines that did not come here since there were too many, as far as they are told.
    told: u64,
    dropped: Option<mpsc::Receiver<ErrorCounter>>,
    counter: Option<ErrorCounter>,
}

impl<W: Write> Counted<W> {
    fn over(out: W, form: LogForm) -> Self {
        Self {
            out,
            form,
            lost: AtomicU64::new(0),
            is_torn: false,
            told: 0,
            dropped: None,
            counter: None,
        }
    }

    fn unwritten(&mut self) -> u64 {
        if self.counter.is_none() {
            self.counter = self.dropped.as_ref().and_then(|dropped| dropped.try_recv().ok());
        }
        let dropped = self.counter.as_ref().map_or(0, ErrorCounter::dropped_lines) as u64;
        self.lost.load(Ordering::Relaxed) + dropped.saturating_sub(self.told)
    }
}

impl<W: Write> Counted<W> {
    /// Writes all of it, and remembers where that was cut off.
    fn write_whole(&mut self, octets: &[u8]) -> io::Result<()> {
        let mut left = octets;
        while !left.is_empty() {
            match self.out.write(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => {
                    self.is_torn = left.get(length.wrapping_sub(1)) != Some(&b'\n');
                    left = left.get(length..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Counted<W> {
    /// Takes every line: one that cannot be written is counted.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let unwritten = self.unwritten();
        let told = match (unwritten, self.form) {
            (0, _) => String::new(),
            (_, LogForm::Text) => {
                format!("akashi: {unwritten} lines before this one could not be written here\n")
            }
            (_, LogForm::Json) => format!(
                "{{\"level\":\"WARN\",\"target\":\"akashi\",\"fields\":{{\"message\":\"lines before this one could not \
                 be written here\",\"lines\":{unwritten}}}}}\n"
            ),
        };
        // What was cut off ends before the next begins.
        let torn = if self.is_torn { "\n" } else { "" };
        let whole = [torn.as_bytes(), told.as_bytes(), line].concat();
        match self.write_whole(&whole).and_then(|()| self.out.flush()) {
            Ok(()) => {
                self.told += unwritten - self.lost.swap(0, Ordering::Relaxed);
            }
            Err(_) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A disk that is full for a while, or a reader that stands still.
    #[derive(Clone, Default)]
    struct Disk {
        is_full: Arc<Mutex<bool>>,
        stands_still: Arc<Mutex<()>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let _still = self.stands_still.lock().unwrap();
            if *self.is_full.lock().unwrap() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().unwrap().extend(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk {
        fn text(&self) -> String {
            String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_run_into_the_next() {
        /// Takes half of the first line, and nothing for a while.
        struct Fills(Arc<Mutex<Vec<u8>>>, Vec<usize>);
        impl Write for Fills {
            fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
                match self.1.pop() {
                    Some(0) => Err(io::ErrorKind::StorageFull.into()),
                    Some(length) => {
                        self.0.lock().unwrap().extend(&octets[..length]);
                        Ok(length)
                    }
                    None => {
                        self.0.lock().unwrap().extend(octets);
                        Ok(octets.len())
                    }
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Arc::default();
        let mut log = Counted::over(Fills(Arc::clone(&written), vec![0, 0, 4]), LogForm::Json);
        for line in ["{\"a\":1}\n", "{\"b\":2}\n", "{\"c\":3}\n", "{\"d\":4}\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let whole = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        let lines: Vec<_> = written.lines().collect();
        assert_eq!(lines.iter().filter(|line| whole(line)).count(), 3, "{lines:?}");
        assert!(lines[0] == "{\"a\"" && lines[1].contains("\"lines\":2"), "{lines:?}");
        assert!(written.ends_with("{\"c\":3}\n{\"d\":4}\n"), "{lines:?}");
    }

    #[test]
    fn lines_that_a_full_disk_does_not_take_are_counted_and_told_with_the_next_one() {
        let disk = Disk::default();
        let mut log = Counted::over(disk.clone(), LogForm::Text);
        log.write_all(b"one\n").unwrap();
        *disk.is_full.lock().unwrap() = true;
        log.write_all(b"two\n").unwrap();
        log.write_all(b"three\n").unwrap();
        *disk.is_full.lock().unwrap() = false;
        log.write_all(b"four\n").unwrap();
        log.write_all(b"five\n").unwrap();
        let told = "akashi: 2 lines before this one could not be written here\n";
        assert_eq!(disk.text(), format!("one\n{told}four\nfive\n"));
    }

    #[test]
    fn nobody_waits_for_a_reader_that_stands_still_and_what_it_missed_is_told() {
        let disk = Disk::default();
        let (writer, guard) = to(Counted::over(disk.clone(), LogForm::Text));
        let still = disk.stands_still.lock().unwrap();
        let many = 3 * WAITING;
        for line in 0..many {
            writer.make_writer().write_all(format!("line {line}\n").as_bytes()).unwrap();
        }
        drop(still);
        // The thread has room again.
        while writer.0.error_counter().dropped_lines() == 0 || disk.text().lines().count() < WAITING
        {
            std::thread::yield_now();
        }
        writer.make_writer().write_all(b"the last\n").unwrap();
        drop(writer);
        drop(guard);
        let text = disk.text();
        assert!(text.ends_with("the last\n"), "{}", text.lines().last().unwrap_or_default());
        let told =
            |line: &str| line.strip_prefix("akashi: ")?.split(' ').next()?.parse::<usize>().ok();
        let missed: usize = text.lines().filter_map(told).sum();
        let written = text.lines().filter(|line| told(line).is_none()).count();
        assert_eq!(missed + written, many + 1);
    }
}

//! What a program says to whoever started it: lines on standard output and on standard error. That the reader has
//! gone, or a disk is full, ends nothing that was begun: the standard library's own macros panic then.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

/// Why standard output took no line, the first time.
static UNSAID: OnceLock<io::Error> = OnceLock::new();

/// Says a line on standard output: a result.
#[macro_export]
macro_rules! say {
    ($($said:tt)*) => { $crate::say::result(format_args!($($said)*)) };
}

/// Says a line on standard error: everything else.
#[macro_export]
macro_rules! complain {
    ($($said:tt)*) => { $crate::say::complaint(format_args!($($said)*)) };
}

/// A line on standard output.
pub fn result(line: fmt::Arguments<'_>) {
    if let Err(error) = written(&mut io::stdout().lock(), line) {
        let _ = UNSAID.set(error);
    }
}

/// A line on standard error. Where that cannot be written either there is nobody to be told, and whoever stands still
/// and reads nothing is waited for no longer than [`WAITS`]: a program that has to end ends.
pub fn complaint(line: fmt::Arguments<'_>) {
    let (text, (done, waited)) = (line.to_string(), mpsc::channel());
    std::thread::spawn(move || {
        let _ = written(&mut io::stderr().lock(), format_args!("{text}"));
        let _ = done.send(());
    });
    let _ = waited.recv_timeout(WAITS);
}

const WAITS: Duration = Duration::from_secs(2);

/// Why a result could not be said; nothing where whoever read it has stopped reading.
pub fn unsaid() -> Option<&'static io::Error> {
    UNSAID.get().filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

fn written(out: &mut impl Write, line: fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

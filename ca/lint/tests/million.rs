//! A list of a million entries is judged as it comes, in little memory. Alone in its process, whose
//! peak is measured.

mod samples;

use std::io::{Cursor, Read};
use std::time::Instant;

use akashi_lint::{Lint, ListExpected, ListScope};
use samples::{extension, primitive, sequence, utc};

const ENTRIES: u64 = 1_000_000;

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Entries, made as they are read.
struct Entries {
    one: Vec<u8>,
    next: u64,
    at: usize,
}

impl Read for Entries {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.next == ENTRIES {
            return Ok(0);
        }
        let count = into.len().min(self.one.len() - self.at);
        into[..count].copy_from_slice(&self.one[self.at..self.at + count]);
        self.at += count;
        if self.at == self.one.len() {
            (self.at, self.next) = (0, self.next + 1);
            // The number stands after the headers of the entry and of the INTEGER.
            self.one[4 + 8..4 + 16].copy_from_slice(&self.next.to_be_bytes());
        }
        Ok(count)
    }
}

/// Tag and a length of four octets or less.
fn header(tag: u8, length: usize) -> Vec<u8> {
    let octets = u32::try_from(length).unwrap().to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    [&[tag, 0x80 | (4 - zeros) as u8], &octets[zeros..]].concat()
}

#[test]
fn a_million_entries_are_judged_in_less_than_16_mib() {
    let authority = samples::signed(samples::authority()).write();
    let lint = Lint::new(&authority, samples::FOUNDING.as_bytes()).unwrap();

    let reason = sequence(vec![extension(samples::REASON, false, primitive(0x0a, [3]))]);
    let serial = [&[0x40; 8][..], &[0; 8]].concat();
    let one = sequence(vec![primitive(2, serial), utc("261101000000Z"), reason]).write();
    let mut list = samples::list();
    let fields = list.nodes();
    let before: Vec<u8> = fields[..5].iter().flat_map(|field| field.write()).collect();
    let after = fields[6].write();
    let length = one.len() * ENTRIES as usize;
    let entries_header = header(0x30, length);
    let whole = before.len() + entries_header.len() + length + after.len();

    let input = Cursor::new([header(0x30, whole), before, entries_header].concat())
        .chain(Entries { one, next: 0, at: 0 })
        .chain(Cursor::new(after));
    let (begin, mut seen) = (Instant::now(), 0);
    let report = lint.list_to_be_signed(input, &ListExpected::default(), |_| seen += 1).unwrap();
    println!("{} octets in {:?}, {} KiB", report.length, begin.elapsed(), peak());
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, seen), (ENTRIES, ENTRIES));
    assert!(matches!(report.scope, Some(ListScope::Partition(_))));
    assert!(peak() < 16 * 1024, "{} KiB", peak());
}

//! `akashi card certificate`.

use akashi_holder::page::width;
use jiff::{Timestamp, ToSpan};

use crate::scene::{Home, PIN};

#[test]
fn a_holder_reads_in_plain_words_what_the_certificate_says() {
    let home = Home::with_card();
    let shown = home.run(&["certificate"]).must_do().must_show(&[
        "Name (氏名)         高崎　花子\n",
        "高 (character 1), 崎 (character 2) are substitutes (代替文字)",
        "no substitute characters",
        "29 February 1960 (昭和35年2月29日)",
        "female (女)",
        "23:59:59 Japan time",
        "days are left",
        "Akashi Test, Certification Authority, Tottori-ken",
        "Akashi Test, 電子署名に係る認証局, 鳥取県",
        "digitalSignature, nonRepudiation",
        "/crl/1/312011.crl",
        "/cps",
    ]);
    assert!(shown.err.is_empty(), "{}", shown.err);
    for line in shown.out.lines() {
        assert!(width(line) <= 80 || line.contains("http://"), "{line}");
    }
    let (on_card, stated) = home.read();
    assert!(shown.out.contains(&stated.serial) && shown.out.contains(on_card.number.as_str()));
    assert!(!shown.out.contains(PIN));
}

#[test]
fn the_days_left_are_days_in_japan_and_renewal_opens_three_months_before() {
    let (on_card, stated) = Home::with_card().read();
    let page = |now: Timestamp| stated.page(&on_card, now).to_string();
    let last = stated.not_after;
    assert!(page(last).contains("today is its last day"));
    assert!(page(last - 24.hours()).contains("1 day is left"));
    assert!(page(last - 24.hours()).contains("Renewal (更新)      open since"));
    assert!(page(last - 2400.hours()).contains("Renewal (更新)      opens"));
    assert!(page(last - 2400.hours()).contains("100 days are left"));
    assert!(page(last + 1.second()).contains("ended (期間満了) 1 day ago"));
    assert!(page(last + 48.hours()).contains("too late"));
    assert!(page(stated.not_before - 1.second()).contains("clock"));
}

#[test]
fn it_is_written_as_der_and_pem_and_replaces_no_file_unasked() {
    let home = Home::with_card();
    let (on_card, _) = home.read();
    home.run(&["certificate", "--der", "my.der"]).must_do();
    assert_eq!(std::fs::read(home.path("my.der")).unwrap(), on_card.certificate);
    home.run(&["certificate", "--pem", "my.pem"]).must_do();
    let as_text = ["x509", "-in", "my.pem", "-outform", "DER", "-out", "again.der"];
    home.other("openssl", &as_text).must_do();
    assert_eq!(std::fs::read(home.path("again.der")).unwrap(), on_card.certificate);
    home.run(&["certificate", "--der", "my.pem"]).must_refuse("--force");
    home.run(&["certificate", "--der", "my.pem", "--force"]).must_do();
    assert_eq!(std::fs::read(home.path("my.pem")).unwrap(), on_card.certificate);
}

#[test]
fn without_the_right_pin_it_says_what_to_do_and_counts_the_tries() {
    let home = Home::with_card();
    let said = home.card_command(&["certificate"]).env_remove("AKASHI_PIN").output().unwrap();
    crate::scene::Said::of(said).must_refuse("--pin-file");
    std::fs::write(home.path("pin"), "WRONG999\n").unwrap();
    let wrong = ["certificate", "--pin-file", "pin"];
    for left in (1..5).rev() {
        home.run(&wrong).must_refuse(&format!("the PIN is wrong; {left} more wrong"));
    }
    let last = home.run(&wrong).must_refuse("the PIN is locked");
    assert!(last.err.contains("one try is left"), "{}", last.err);
    // Locked: nobody is asked for a PIN in vain.
    let said = home.card_command(&["certificate"]).env_remove("AKASHI_PIN").output().unwrap();
    crate::scene::Said::of(said).must_refuse("the counter can set a new one");
}

#[test]
fn a_card_without_a_certificate_is_told_so_before_a_pin_is_asked_for() {
    let home = Home::with_new_card();
    let new = home.run(&["show"]).must_do();
    assert!(new.out.contains("certificate  none"), "{}", new.out);
    for command in [&["certificate"][..], &["status"], &["verify"], &["sign", "my.card"]] {
        home.run(command).must_refuse("there is no certificate on the card");
    }
}

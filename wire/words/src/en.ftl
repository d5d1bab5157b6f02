## Alarms. Each has by its code: the sentence in which it is told, and in its attributes what its runbook says:
## its name, what it means, what one person may do alone (only what closes, and what looks), what waits for two, and
## how one sees that it is over. Facts are named as in `wire/src/alarm.rs`.

near = { $near ->
    [two_years] within two years
    [year] within a year
    [quarter] within three months
    [month] within a month
    [week] within a week
   *[over] has ended
}

ends-on = { $near ->
    [over] ended on { $day }
   *[other] ends on { $day }, { near }
}

what = { $what ->
    [source] the source of { $municipality }
    [counter] counter { $municipality }
    [town] the town { $municipality }
    [party] the party { $party }
   *[issuing] issuing
}

capacity = { $role ->
    [security_officer] security officer
    [town_administrator] town administrator of { $municipality }
    [officer] officer of { $municipality }
    [supervisor] supervisor of { $municipality }
    [hold_desk] hold desk of { $municipality }
    [terminal] terminal of { $municipality }
    [operator] operator
    [auditor] auditor
    [agency] agency
    [source] source of { $municipality }
    [registry] registry of { $municipality }
    [witness] witness
    [verifier] verifier
    [canary] canary
    [scheduler] scheduler
    [registry_client] registry client
    [responder] responder
    [list_issuer] list issuer
    [repository] repository
    [holders_door] holders' door
    [log] log
   *[recovery] recovery key
}

program = { $program ->
    [list_issuer] akashi-crl
    [responder] akashi-ocsp
   *[repository] akashi-repository
}

finding = { $finding ->
    [uses_missing] no journal has told of use{ $span } of the token
    [use_repeated] use { $count } of the token was told of before, by another entry
    [count_leaps] the token's count leaps over use{ $span } and is not believed: look at the token
    [made_in_future] it was signed at { $at }, which had not come when it was told
    [before_journal] it was signed at { $at }, before the journal was begun
    [time_went_back] line { $line } was signed at { $at }, before the line before it
    [no_beginning] nobody can tell when the journal was begun: its first line was not shown
    [lines_missing] the journal is without line{ $span }
    [line_changed] line { $line } of the journal is not the one of which was told before
    [foreign_officer] it is not signed by an officer of this municipality
    [not_enrolled_then] who signed it was not enrolled then, and is not now
    [suspended_then] who signed it was suspended then, or the counter was
    [outcome_unknown] nobody knows what came of it
    [unreadable] what it says of the person cannot be opened
    [document_expired] the document that was shown had expired
    [identity_unfit] the identity proof that was written down cannot be one
    [no_certificate] a PIN was set on a card without a certificate
    [no_such_certificate] the card showed certificate { $serial }, which was never issued
    [other_card] certificate { $serial } was issued into another card
    [other_person] certificate { $serial } is not of the person whom the officer named
    [not_in_force] certificate { $serial } was not in force
   *[other] { $finding }
}

## The registry feed

source_silent = source { $municipality } is silent
    .name = A source is silent
    .means = The municipality's source has sent no batch for longer than `rules.feed_silence_minutes`. Deaths and moves that it has recorded since then end no certificate.
    .alone = Call the municipality's duty desk: is its source running, is its line up, is its clock right? Look at `akashi status` (feed lag) and at the log of the doors for refused connections. Where deaths or losses are reported by telephone meanwhile, have the hold desk put those certificates on hold (`desk hold`). Where nobody answers and misuse is feared, stop the town's counter: `desk suspend counter`.
    .two = To lift what was stopped: `desk lift`, by two. A batch that cannot come over the line comes as a file and is handed in by the source's own program.
    .over = By itself, with the source's next batch.
batch_gap = source { $municipality }: { $due } was due, { $came } came
    .name = A batch leaves a gap
    .means = Events between the one that was due and the one that came are missing. What follows a missing event of the same person is held back; a death among the missing ends no certificate.
    .alone = Call the municipality and have its source send again from the number that was due. Signing for it ends the calls and not the gap. If the source says that there is no such event, stop it: `desk suspend source`.
    .two = Where the source's numbers have been restored from a backup: two security officers dismiss its key and enrol it anew.
    .over = By itself, once the missing events have come.
batch_missing = source { $municipality }: a batch before { $before } is missing
    .name = A batch does not follow the last one
    .means = The batch names another one before it than the one that came: a batch was lost, or the source was restored from a backup.
    .alone = Call the municipality: have it compare its last batch with the answer that it got (`GET /idou`), and send what is missing. If nobody can explain it, stop the source: `desk suspend source`.
    .two = Dismiss the source's key and enrol it anew, where it was restored.
    .over = Sign for it once the municipality has explained it.
event_unsettled = { $municipality } { $sequence } cannot be settled: { $why }
    .name = An event cannot be settled
    .means = One event of the feed cannot be carried out as it is written. Its person's certificate stands as it was; everybody else's events go on.
    .alone = Ask the municipality what happened to the person. If the certificate should have ended (death, move abroad), have its counter or the hold desk put it on hold at once: `desk hold`.
    .two = To end a certificate in the place of the event: at the counter, with the reason, as in any revocation.
    .over = By itself, once the event is settled. Signing for it ends the calls and not the certificate.
entry_unexplained = { $municipality } { $sequence } entry without a notified move
    .name = An entry that no notified move explains
    .means = A municipality entered a person for whom no move was pending elsewhere. The certificate ended by it. It may be a mistake about the person.
    .alone = Call both municipalities. If more than a few come from one source in a day, stop that source: `desk suspend source`.
    .two = Nothing brings back what has ended; the person is issued another certificate at the counter.
    .over = Sign for it once both towns agree on where the person lives.
two_certificates = { $municipality } { $sequence } two certificates of one person
    .name = One person had two certificates
    .means = A change of resident code showed that one person was in the book twice, each with a certificate. The older one has ended.
    .alone = See who issued the newer one and after which look-up (`akashi audit show`). If the officer cannot explain it, stop the officer: `desk suspend party`.
    .two = Dismiss the officer, where that is needed.
    .over = Sign for it.

registry_not_understood = the registry of { $municipality } answers what cannot be understood: { $why }
    .name = A registry is not understood
    .means = The registry answers look-ups, and the answer cannot be read or believed: nobody of that municipality is issued anything. Holds and revocations go on without it.
    .alone = Call the operator of the registry with what the alarm says: which member at which place of the answer, or which party had been expected. If its key may be in wrong hands, stop it: `desk suspend source`.
    .two = Where its key was changed without us: dismiss the old key and enrol the new one.
    .over = By itself, with the next answer that is understood.
registry_unreachable = the registry of { $municipality } has not answered three times in a row: { $why }
    .name = A registry cannot be reached
    .means = Nobody of that municipality is issued anything. Holds and revocations go on without it.
    .alone = Call the operator of the registry; look at the line, and whether `[registry]` `url` is right.
    .two = Nothing.
    .over = By itself, with its next answer.

## Keys of residents

key_weak = certificate { $serial } has { $what }: it is no longer safe, revoke it
    .name = A resident's key is not safe
    .means = The key of this certificate shares a factor with another one, or is no product of two primes. Somebody who computes as we do can sign as its holder.
    .alone = Call the counter of its municipality or the hold desk: it is put on hold now (`desk hold`). See whether others of the same lot of cards are named as well; then stop issuing: `desk suspend issuing`.
    .two = Revoke it with the reason keyCompromise and tell the holder. For a bad lot: recall its cards (`desk recall propose`), by two.
    .over = By itself, once the certificate is revoked or over.
comparison_stuck = the comparison of all moduli that was begun on { $day } did not end
    .name = The nightly comparison did not end
    .means = The comparison of all keys was begun and has not come to its end within twelve hours. A shared prime would not be noticed.
    .alone = Look at the authority's log for that night, and at memory and disk of the machine. Starting the program anew does no harm: the comparison is begun anew in the next night.
    .two = Nothing.
    .over = By itself, when a later comparison has ended.

## Time

clock_differs = the machine's clock does not agree with the time that was kept: planned acts wait until it is set right, or two persons have said that it is right (akashi clock)
    .name = The clock does not agree with the kept time
    .means = The clock was set, or the machine stood still. Lists, answers and revocations go on by the time that was kept; what is planned for a day waits.
    .alone = Compare the machine's clock with a telephone (117) and a second machine; look at `akashi clock` and at chrony or timesyncd. If the clock is wrong, set it right.
    .two = If the clock is right and the kept time is not: two persons say so at a terminal, `desk accept-clock`; at the host of an authority that is stopped, `akashi clock accept`.
    .over = By itself, once the two agree or two have spoken.
time_unwitnessed = nobody has witnessed the time since the start: nothing is signed until the machine's clock is set right, or two persons have said that it is right (akashi clock)
    .name = Nobody has witnessed the time
    .means = After this start the time is not known. No list and no certificate is signed; lists that are published stand until their nextUpdate; holds, revocations and the feed are still taken.
    .alone = Compare the clock with a telephone (117) and a second machine; see that NTP reaches its servers. Watch nextUpdate of the lists in `akashi status`: so long you have.
    .two = Two persons say that the clock is right, at a terminal: `desk accept-clock`; at the host of an authority that is stopped: `akashi clock accept`.
    .over = By itself.
clock_unsynchronised = nothing keeps this machine's clock synchronised: it is no witness of the time (NTP)
    .name = The machine's clock is not synchronised
    .means = The kernel says that nothing keeps its clock right. It is no witness after a restart of the machine; nothing else is affected.
    .alone = Start chrony or systemd-timesyncd. In a container, see that the host runs one.
    .two = Nothing.
    .over = By itself.
program_clock_differs = the clock of the machine of { program } does not agree with the time that it keeps ({ $ahead } s): what it signs bears the time that it kept; set that clock right, or stop it there (akashi clock)
    .name = The clock of another program's machine differs
    .means = On the machine of this program the clock was set, or stood still. It goes on by its kept time.
    .alone = Compare that machine's clock with a telephone (117). If it is wrong, set it right; if the kept time is wrong, stop the program there.
    .two = Nothing: what ends it is a clock that is right.
    .over = The program says so when the two agree again.
program_time_unwitnessed = { program } has started and does not know the time ({ $ahead } s): it signs nothing until its machine's clock is set right (akashi clock)
    .name = Another program does not know the time
    .means = After its start this program signs nothing: the list issuer no list, the responder answers tryLater.
    .alone = See to NTP on that machine, and that it reaches the authority, who tells it the time. Watch nextUpdate of the lists.
    .two = Nothing: what ends it is a clock that is right.
    .over = The program says so.
certificate_begins_later = certificate { $serial } was issued by a clock that ran ahead and begins at { $at }: end it at its counter, and issue another to its holder
    .name = A certificate that has not begun
    .means = It was issued while a clock ran ahead. Until it begins every verifier refuses it, and its holder believes to have a good one.
    .alone = Tell its counter to call the holder.
    .two = Nothing: the counter ends it and issues another.
    .over = By itself.
party_begins_later = the key of the party { $party } was certified by a clock that ran ahead and begins at { $at }: dismiss the party, and enrol it anew
    .name = A party's key that has not begun
    .means = The party's certificate was made while a clock ran ahead: nothing that it signs is taken before then.
    .alone = Tell the party. Where it is the only one of its counter, have a neighbour's counter stand in.
    .two = Dismiss the party and enrol it anew.
    .over = By itself.
certificate_taken_for_ended = certificate { $serial } was taken for ended by a clock that ran ahead, { $is_restored ->
    [true] and is its holder's again: see what was reported of the holder meanwhile
   *[other] and its holder has two others: end those first
}
    .name = A certificate was taken for ended
    .means = While a clock ran ahead this certificate counted as over, and what was reported of its holder ended nothing.
    .alone = Ask its municipality what was reported of the holder in that time. If anything should have ended it, have its counter or the hold desk hold it: `desk hold`.
    .two = End what is one too many, at the counter.
    .over = Sign for it.

## Who may do what

suspended = { what } is suspended since { $since } by { $by }: two lift it (desk lift)
    .name = Something is stopped
    .means = One person stopped it. It stands still until two lift it: nobody is served there.
    .alone = Nothing but leaving it stopped. Ask whoever stopped it why, and tell the next shift.
    .two = Once the reason is gone: `desk lift`, by two security officers, or by two administrators of the town for a party of theirs.
    .over = By itself, once two have lifted it.
one_security_officer = one security officer does alone what takes two: enrol the second one
    .name = There is but one security officer
    .means = Whatever takes two persons is done by one alone, unchecked.
    .alone = The one enrols the second: `desk enrol`.
    .two = Nothing before there are two.
    .over = By itself.
too_few_security_officers = fewer than two security officers can sign: nothing that takes two is done; the recovery key makes others (akashi recovery)
    .name = Fewer than two security officers can sign
    .means = Tokens are lost, over or dismissed. Nothing that takes two persons is done: no enrolment, no lifting.
    .alone = Find the tokens; a token that is not lost may be re-keyed while it lives (`akashi officer-token rekey`). Certificates are still held and revoked.
    .two = Those who keep shares of the recovery key come together: `akashi recovery ask`, and wait for its time.
    .over = By itself.
too_few_terminals = the office has { $have } of its two terminals, and no security officer acts without one: enrol another, or, where none is left, have the recovery key make one (akashi recovery)
    .name = The office has too few terminals
    .means = Security officers act at an enrolled terminal only. With the last one gone they cannot act.
    .alone = See whether a terminal is merely suspended or over.
    .two = Enrol another terminal of the office (`desk enrol`); where none is left, `akashi recovery ask`.
    .over = By itself.
two_keys = the { $role } of { $municipality } has two keys in force: dismiss the old one
    .name = A link has two keys in force
    .means = A source or a registry was given a new key and the old one was left. Whoever has the old one speaks for the town.
    .alone = Ask the municipality whether it has changed over.
    .two = Dismiss the old key: `desk dismiss`.
    .over = By itself.
recovery_asked = the recovery key asked at { $asked_at } to enrol { $parties } security officers or terminals of the office, and they will be at { $until }: look at it (desk review, akashi recovery show), and stop it where it is not known (desk stop-recovery { $recovery })
    .name = The recovery key asked for something
    .means = Persons who keep shares of the recovery key came together and asked for new security officers or terminals. After the waiting time they are enrolled, with all power.
    .alone = Call the keepers of the shares. If any of them does not know of it, stop it at once: `desk stop-recovery`.
    .two = Nothing: it is carried out by itself.
    .over = By itself, once it was stopped, was carried out or came to nothing.
recovery_unreadable = what the recovery key asked for cannot be read: { $why }
    .name = A recovery cannot be read
    .means = A row about a recovery is not what was signed. Somebody may have written into the data base.
    .alone = Run `akashi audit verify` and keep what it says. Stop issuing if it finds damage: `desk suspend issuing`.
    .two = Restore the book from a backup that verifies.
    .over = By itself.
recovery_carried_out = what the recovery key asked for ({ $recovery }) was carried out at { $at }: see who was enrolled (desk review)
    .name = A recovery was carried out
    .means = New security officers or terminals are enrolled. It is told for a week, so that nobody is enrolled unseen.
    .alone = Look at who they are: `desk review`. If one is not known, stop that party: `desk suspend party`.
    .two = Dismiss whoever should not be there.
    .over = By itself, after a week.
recovery_lapsed = what the recovery key asked for ({ $recovery }) came to nothing at { $at }
    .name = A recovery came to nothing
    .means = It was stopped, or two security officers signed meanwhile. Somebody had the shares together.
    .alone = Ask the keepers of the shares why they came together.
    .two = Nothing.
    .over = By itself, after a week.
share_left = { $file } lies in the authority's directory: its holder takes it away
    .name = A share of the recovery key lies where it must not
    .means = Shares of the recovery key lie beside the keys of the authority: whoever takes the machine has both.
    .alone = Hand the share over to its keeper, and delete it from the machine.
    .two = Nothing.
    .over = By itself.

## What ends

last_day_of_issue = { $near ->
    [over] the last day of issue was { $day }: a certificate of three years would outlive the authority, which ends on { $end }
   *[other] the last day of issue is { $day }, { near }: have the next authority founded and published by then
}
    .name = The last day of issue comes
    .means = After that day a certificate of three years would outlive the authority: counters are refused.
    .alone = See that the founding of the next authority is planned.
    .two = Found the next authority and have it published.
    .over = Not before the end of the authority.
authority_ends = the authority ends on { $day }, { near }: after that no list and no answer is signed; have every relying agency know its successor by then
    .name = The authority comes to its end
    .means = After its last day its key signs nothing: no list, no answer.
    .alone = See that every relying agency knows the next authority.
    .two = Found the next authority, where there is none.
    .over = Not at all.
authority_ended = the authority ended on { $day }: it signs nothing any more; stop it, and archive its book and its last lists (akashi archive)
    .name = The authority has ended
    .means = It is over; its last lists stand.
    .alone = Stop its programs, and keep its directory.
    .two = Archive it: `akashi archive`.
    .over = When it is stopped.
own_certificate_ends = the certificate of { $whose ->
    [link_authority] the link authority
    [servers] this authority's servers
   *[inbox] the inbox
} { ends-on }: the authority is founded anew before then
    .name = A certificate of the authority's own ends
    .means = After that day nobody reaches the authority, or what is sent to it cannot be opened.
    .alone = See that the founding of the next authority is planned.
    .two = Found the next authority.
    .over = Not at all.
party_key_ends = the key of the { capacity }, party { $party }, { ends-on }: { $act ->
    [refound] the authority is founded anew before then
    [replace] replace it (akashi identity)
    [dismiss] dismiss it, and enrol it again where it is needed
    [rekey] its holder re-keys it (akashi officer-token rekey)
   *[prolong] its term ends with it: prolong that (desk prolong), and its holder re-keys it
}
    .name = A party's key ends
    .means = After that day nothing that the party signs is taken, and nobody opens a link with its key.
    .alone = Tell its holder: `akashi officer-token rekey` makes the next one while this one lives.
    .two = Prolong its term (`desk prolong`) where that ends too; dismiss it where it is over and not needed.
    .over = By itself.
party_rekeyed = the { capacity }, party { $party }, had another key certified at { $at }: if its holder did not, suspend it (desk suspend party)
    .name = A party has another key
    .means = The party's key was exchanged by the party itself. Whoever had stolen the old key could have done it as well.
    .alone = Ask the holder. If it was not the holder, stop the party: `desk suspend party`.
    .two = Dismiss it and enrol it anew, where it was stolen.
    .over = By itself, after a week.
responder_uncertified = the responder with the key { $key } has no certificate for the days to come: it answers nothing without one; see why it is not certified
    .name = A responder has no certificate for the days to come
    .means = When its last certificate is over agencies get no answer over OCSP.
    .alone = Look at the authority's log (`cannot certify`), and at whether the responder reaches the authority. Agencies can go on with lists.
    .two = Replace the responder's key: `akashi responder-key`.
    .over = By itself, with its next certificate.

## Content

content_keys_unreadable = the content keys cannot be read: { $why }
    .name = The content keys cannot be read
    .means = Personal data cannot be sealed or opened: counters stop; deaths are settled all the same.
    .alone = Look at the disk and at the rights of `content-keys/`. Do not start a program with another directory.
    .two = Bring the keys back: put the files of a copy that `akashi content-keys copy` has made in the place of `content-keys/`.
    .over = By itself.
content_due = what was to be deleted in { $month } is there still: akashi content-keys destroy { $month }
    .name = Something due is not deleted
    .means = The time for which this month's records may be kept is over.
    .alone = Nothing that closes: plan the deletion.
    .two = `akashi content-keys destroy`, then rewrite the copies.
    .over = By itself.
content_copy_stale = the copy of the content keys in { $to } opens what was deleted: rewrite it (akashi content-keys copy --to { $to })
    .name = A copy opens what was deleted
    .means = Whoever has this copy and an old backup of the book reads what was deleted.
    .alone = Rewrite the copy.
    .two = Nothing.
    .over = By itself.
content_key_uncopied = no copy has the content key of { $month }: what is sealed under it is lost with this disk (akashi content-keys copy --to DIR)
    .name = A content key is on one disk only
    .means = If this disk is lost nobody can open what is sealed under it.
    .alone = Copy the keys onto another device.
    .two = Nothing.
    .over = By itself.

## Programs

authority_silent = the authority { $silent } over this book was silent for { $seconds } s: the authority { $acts } does what time asks for from now on
    .name = The other authority fell silent
    .means = Of two authorities over one book the one that acted is silent; the other one has taken over. There is no third.
    .alone = See whether the silent one's machine runs. Start it again: it waits for its turn by itself.
    .two = Nothing.
    .over = By itself, once the turn changes again or the one that acts is started anew: sign for it only when the other one runs.
list_unpublished = the list { $number } ({ $scope }) was signed and is not published, for { $seconds } s now: the repository's log says why; agencies see the list before
    .name = A list is not published
    .means = Revocations on it are not seen by agencies that use lists. OCSP answers are right.
    .alone = Look at the repository's log and disk. Restart the repository: it publishes what lies there.
    .two = Nothing.
    .over = The repository says so.
list_late = no newer list of { $scope } is signed: agencies go on with the one that they have until { $next_update }
    .name = No newer list is signed
    .means = The list issuer does not run, waits for its passphrase, or cannot sign. After that time agencies that use lists refuse every certificate.
    .alone = Look at `akashi status` on its host. After a reboot it waits for whoever keeps its passphrase (`systemd-tty-ask-password-agent`): call that person now. Else its log says why.
    .two = Nothing.
    .over = By itself, with the next list.
responder_silent = no responder has had the whole book for ten minutes
    .name = No responder follows the book
    .means = Responders do not run, or do not reach the data base: soon they answer tryLater, and agencies must use lists.
    .alone = Look at `akashi status` on their hosts, at their logs, and at the data base.
    .two = Nothing.
    .over = By itself.
disk_almost_full = the disk of the authority's own directory has less than a twentieth left
    .name = The disk is almost full
    .means = When it is full nothing is recorded any more: no revocation, no hold, no issue. Nothing is lost.
    .alone = Make room: old logs and backups first. Remove nothing in the authority's directory.
    .two = Nothing.
    .over = By itself.
offline_reset = offline PIN reset { $told }: { finding }
    .name = Something is wrong with an offline PIN reset
    .means = A counter told of a PIN that it had set while the authority was out of reach, and something about it does not fit.
    .alone = Ask the officer. If it cannot be explained, stop the party (`desk suspend party`) and have the hold desk hold the certificate.
    .two = Exchange the municipality's token where its count leaps.
    .over = Sign for it.
unreadable = an alarm of the book cannot be read: { $text }
    .name = An alarm cannot be read
    .means = What stands in the book where an alarm was is none that this version knows: somebody may have written into the data base, or an older version runs over the book of a newer one. Every other alarm is told all the same.
    .alone = See whether an older version was installed (`akashi --version`). Run `akashi audit verify` and keep what it says. Stop issuing if it finds damage: `desk suspend issuing`.
    .two = Restore the book from a backup that verifies, if it is damaged.
    .over = Once somebody has signed for it.
nobody_told = those who are to be told of alarms are not: { $why }
    .name = Nobody is told of alarms
    .means = The command in `[alarms]` fails: alarms are in the book and in the log, and nobody is called.
    .alone = Run the command by hand with the text of one alarm, and mend it. Until then look at `akashi status` every hour.
    .two = Nothing.
    .over = By itself, once the command succeeds.

## The shift's book (当直引継簿): what was done, by the verb of its entry.

did = { $verb ->
    [alarm] alarm
    [alarm_over] is over
    [sign_for_alarm] signed for
    [hold] put on hold
    [release] released from hold
    [revoke] revoked
    [holder_revokes] revoked by its holder
    [suspend] suspended
    [lift] lifted
    [dismiss] dismissed
    [enrol] enrolled
    [propose] proposed, and waits for a second person
    [report_offline] told of offline PIN resets
    [hand_over] handed over
    [prolong] prolonged
    [rekey] had another key certified
    [stop_recovery] stopped what the recovery key asked for
    [ask_for_recovery] the recovery key asked
    [carry_out_recovery] what the recovery key asked for was carried out
    [doubt_clock] the clock is in doubt
    [trust_clock] the clock is believed again
    [accept_clock] said that the clock is right
   *[bring_back_clock] brought the time back
}

status = how the authority is
    .ready = ready
    .not-ready = NOT READY: { $why }
    .not-here = does not run on this host
    .book = book
    .unreadable = CANNOT BE READ: { $why }
    .alarms = alarms
    .counts = { $critical } critical, { $warning } to be seen to within the day, { $notice } to be known; { $signed } signed for
    .nobody-called = NOBODY IS CALLED (`[alarms]` `command`)
    .alarm = { $said } [{ $code }], { $ago }{ $signed }
    .signed-for = {" "}(signed for)
    .clock = clock
    .synchronised = synchronised
    .not-synchronised = not synchronised
    .unwitnessed = IN DOUBT: nobody has witnessed the time
    .disagrees = IN DOUBT: it does not agree with the kept time
    .disk = disk
    .free = { $free } of { $size } GiB free ({ $percent } %)
    .chain = chain
    .entries = { $head } entries, signed up to { $signed }
    .responder = responder
    .had-the-book = had the whole book { $ago }
    .none-had-the-book = none has had the book
    .delivery = delivery
    .undelivered = { $count } certificates are not handed over, the oldest case is of { $ago }
    .delivered = everything is handed over
    .feed = feed { $town }
    .of-the-feed = { $heard }, event { $next } is next, { $waiting }{ $stopped }
    .heard = heard { $ago }
    .never-heard = never heard
    .waits = { $count } events wait, the oldest came { $ago }
    .nothing-waits = nothing waits
    .stopped = , SUSPENDED
    .list = list { $scope }
    .complete = complete
    .authority = authority
    .of-a-list = made { $made }, the next { $next }
    .unlisted = , a revocation of { $ago } is not on it yet
    .unpublished = , NOT PUBLISHED here
    .ago = { $time } ago
    .ahead = in { $time }
    .due = due within { $time }
    .was-due = WAS DUE { $time } ago
    .days = { $count } d
    .hours = { $count } h
    .minutes = { $count } min
    .seconds = { $count } s

shift-book = Shift book
    .from = from { $from } to { $to }
    .time = Japan time
    .what = what
    .about = about
    .who = who
    .nothing = nothing happened
    .open = What is left for the next shift
    .unsigned = nobody has signed for it
    .signed = signed for by { $who }
    .none = nothing

//! Filing what was signed: from the commit on it is issued.

use akashi_ledger::{CaseFile, Change, Content, NewEntry, NewFile, RecordedRequest, Step};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::{CaseId, SerialNumber};

use super::draft::end;
use super::{Member, Waiting, fail, latest};
use crate::CaError;
use crate::counter::Counter;
use crate::issuance::Signed;
use crate::retention::Record;

/// What the book says to a signed certificate.
enum Verdict {
    /// It is filed.
    Goes,
    /// The case has moved on.
    Again,
    /// It was voided meanwhile: the register reported a change between record and file.
    Void,
}

/// Everything that one change of the book files.
#[derive(Default)]
struct Filing {
    waiting: Vec<Waiting>,
    answers: Vec<Answer>,
    signed: Vec<(Signed, NewFile)>,
    cases: Vec<CaseFile>,
    subjects: Vec<String>,
    evidence: Vec<Content>,
    requests: Vec<RecordedRequest>,
}

impl Counter {
    /// Files what was signed: one change of the book.
    pub(super) async fn file(&self, members: Vec<Member<Signed>>, again: &mut Vec<Waiting>) {
        if members.is_empty() {
            return;
        }
        let (change, verdicts) = match self.still_wanted(&members).await {
            Ok(looked) => looked,
            Err(error) => {
                let waiting = members.into_iter().map(|member| member.waiting).collect();
                return self.told_or_again(waiting, error, again).await;
            }
        };
        let mut filing = Filing::default();
        for (member, verdict) in members.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Goes => self.add(member, &mut filing),
                Verdict::Again => again.push(member.waiting),
                Verdict::Void => member.waiting.answer(Err(Refusal::RegisterChanged.into())),
            }
        }
        if !filing.waiting.is_empty() {
            filing.write(change).await;
        }
    }

    /// Whether each may still be filed; the book stands still until it is.
    async fn still_wanted(
        &self,
        members: &[Member<Signed>],
    ) -> Result<(Change, Vec<Verdict>), CaError> {
        let permit = &members[0].waiting.acting.permit;
        let now = latest(members.iter().map(|member| &member.waiting));
        let mut change = self.issuer.ledger.begin(permit, now).await?;
        change.check_permits(members.iter().map(|member| &member.waiting.acting.permit)).await?;
        let cases: Vec<CaseId> = members.iter().map(|member| member.file.case).collect();
        let cases = change.cases(&cases).await?;
        let serials: Vec<SerialNumber> =
            members.iter().map(|member| member.work.serial()).collect();
        let standings = change.standings(&serials).await?;
        let verdict = |member: &Member<Signed>| {
            if cases.get(&member.file.case) != Some(&member.file) {
                Verdict::Again
            } else if standings.contains_key(&member.work.serial()) {
                Verdict::Void
            } else {
                Verdict::Goes
            }
        };
        let verdicts = members.iter().map(verdict).collect();
        Ok((change, verdicts))
    }

    /// Puts a member's pages together.
    fn add(&self, member: Member<Signed>, filing: &mut Filing) {
        let Member { waiting, mut file, mut record, work, .. } = member;
        let acting = &waiting.acting;
        let mut pages = || -> Result<_, CaError> {
            let new = work.to_file(acting.permit.clone(), self.vault())?;
            record.tbs = None;
            let run = self.begin_writing(&mut record, work.certificate())?;
            (file.step, file.closes_at) = (Step::Issued, None);
            let end = end(work.certificate())?;
            acting.applies_to(end);
            file.sealed_file = record.seal(self.vault(), file.case, Record::Issuance.until(end))?;
            let answer = Answer::Certified {
                serial: work.serial(),
                not_after: end,
                certificate: Octets(work.certificate().to_vec()),
                run,
            };
            let request = self.answered(acting, &answer)?;
            Ok((new, answer, request, self.evidence(acting)?))
        };
        match pages() {
            Ok((new, answer, request, evidence)) => {
                filing.subjects.push(format!("{} {}", file.case, work.serial()));
                filing.signed.push((work, new));
                filing.cases.push(file);
                filing.evidence.push(evidence);
                filing.answers.push(answer);
                filing.requests.push(request);
                filing.waiting.push(waiting);
            }
            Err(error) => waiting.answer(Err(error.into())),
        }
    }
}

impl Filing {
    /// Writes all of it, and answers everybody.
    async fn write(self, mut change: Change) {
        let Self { waiting, answers, signed, cases, subjects, evidence, requests } = self;
        let written = async {
            Signed::file_all(signed, &mut change).await?;
            let permits = waiting.iter().map(|waiting| &waiting.acting.permit);
            change.save_cases(permits.zip(&cases)).await?;
            let entries = waiting.iter().zip(&subjects).zip(evidence);
            let entries = entries.map(|((waiting, subject), content)| NewEntry {
                permit: waiting.acting.permit.clone(),
                verb: waiting.acting.act.verb,
                subject,
                content: Some(content),
            });
            change.append_all(entries).await?;
            change.record_requests(&requests).await?;
            change.commit().await?;
            Ok::<_, CaError>(())
        };
        match written.await {
            Ok(()) => {
                for (waiting, answer) in waiting.into_iter().zip(answers) {
                    waiting.answer(Ok(answer));
                }
            }
            Err(error) => fail(waiting, error),
        }
    }
}

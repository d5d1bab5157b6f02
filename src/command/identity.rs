//! `akashi identity`: the next key of one of the authority's own programs.

use std::path::PathBuf;

use akashi_edge::LedgerRole;
use akashi_keys::{KeyError, Signer, write_durably};
use akashi_ledger::{Ledger, Verifying};
use akashi_wire::party::Role;
use akashi_wire::pki;

use super::officer_token::fingerprint;
use super::{Failure, OpenArgs};

/// The next key of one of the authority's own programs. Two security officers enrol it, and in the same
/// moment the one before is over.
#[derive(clap::Subcommand)]
pub enum IdentityCommand {
    /// Make the next key, and a request for its certificate (`desk enrol WHOSE --request`). The key in use
    /// stays in use.
    New {
        /// Whose.
        #[arg(value_enum)]
        whose: Whose,
        #[command(flatten)]
        open: OpenArgs,
        /// Write the request (PKCS#10, DER) here.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
    },
    /// Put the key that two enrolled, with the certificate that the book has of it, in the place of the one
    /// before. Interrupted, it is done again.
    Complete {
        /// Whose.
        #[arg(value_enum)]
        whose: Whose,
        #[command(flatten)]
        open: OpenArgs,
    },
}

/// An identity of the authority's own.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Whose {
    /// What orders what time asks for.
    Scheduler,
    /// What signs the heads of the audit chain.
    Log,
    /// What asks the registries.
    RegistryClient,
    /// What has numbers of lists recorded.
    ListIssuer,
    /// What answers status requests: its end of every link, not the key of its answers.
    Responder,
    /// What publishes the lists: its end of every link.
    Repository,
    /// The door for holders: its end of the link to the authority.
    HoldersDoor,
}

impl Whose {
    fn role(self) -> Role {
        match self {
            Self::Scheduler => Role::Scheduler,
            Self::Log => Role::Log,
            Self::RegistryClient => Role::RegistryClient,
            Self::ListIssuer => Role::ListIssuer,
            Self::Responder => Role::Responder,
            Self::Repository => Role::Repository,
            Self::HoldersDoor => Role::HoldersDoor,
        }
    }

    /// As it is written on the command line.
    fn word(self) -> String {
        self.role().name().replace('_', "-")
    }

    /// Who has to know the new certificate.
    fn told(self) -> &'static str {
        match self {
            Self::RegistryClient => {
                "start the authority anew; give the certificate to the registries, which let nobody else in"
            }
            Self::Scheduler | Self::Log => "start the authority anew",
            Self::ListIssuer => {
                "start the list issuer anew (akashi up, or akashi-crl where that runs alone)"
            }
            Self::Responder => {
                "start the responder anew (akashi up, or akashi-ocsp where that runs alone)"
            }
            Self::Repository => {
                "start the repository anew (akashi up, or akashi-repository where that runs alone)"
            }
            Self::HoldersDoor => {
                "start the door for holders anew (akashi up, or akashi-holders-door where that runs alone)"
            }
        }
    }
}

impl IdentityCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::New { whose, open, request } => {
                if request.exists() {
                    let file = request.display();
                    return Err(format!("{file} exists already: nothing was done").into());
                }
                let (opened, name) = (open.opened()?, whose.role().name());
                let key = opened.custody.next_key(name)?;
                opened.next_keys().announce(name, &key)?;
                write_durably(&request, &key.request_for_certificate()?)?;
                akashi_edge::say!("request      {}", request.display());
                akashi_edge::say!("key          {}", fingerprint(key.public_key()));
                akashi_edge::say!(
                    "next         copy keys/ to your backup: from the second signature on no other key is taken"
                );
                let word = whose.word();
                akashi_edge::say!(
                    "then         a security officer: desk enrol {word} --request FILE; once a second one has countersigned it, the key in use is over: identity complete {word}, at once"
                );
                Ok(())
            }
            Self::Complete { whose, open } => complete(whose, &open).await,
        }
    }
}

async fn complete(whose: Whose, open: &OpenArgs) -> Result<(), Failure> {
    let (opened, role) = (open.opened()?, whose.role());
    let name = role.name();
    let ledger = Ledger::<Verifying>::open(&opened.ledger(LedgerRole::Verifier)?).await?;
    let mut all = ledger.enrolments().await?.into_iter();
    let enrolled = all.find(|one| one.role == role && one.ended_at.is_none());
    ledger.close().await;
    let certificate = enrolled.ok_or_else(|| format!("no {name} is enrolled"))?.certificate;
    let key = pki::public_key(&certificate).ok_or("the book has no certificate of it")?;
    opened.custody.take_next(name, &key).map_err(|error| match error {
        KeyError::NotTheKey { .. } => Failure::from(format!(
            "the {name} that is enrolled has the key {}, which is neither in use here nor the next one: do this where the next key was made, or bring keys/ back from the copy that was made then",
            fingerprint(&key)
        )),
        other => other.into(),
    })?;
    let file = opened.dir.join("certificates").join(format!("{name}.der"));
    write_durably(&file, &certificate)?;
    opened.next_keys().withdraw(name)?;
    opened.custody.drop_next(name)?;
    akashi_edge::say!("key          {}", fingerprint(&key));
    akashi_edge::say!("certificate  {}", file.display());
    akashi_edge::say!("next         copy keys/ and certificates/ to your backup");
    akashi_edge::say!(
        "then         {}; for where it runs elsewhere, akashi keys hand-out again, and carry that there first",
        whose.told()
    );
    Ok(())
}

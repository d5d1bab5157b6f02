//! What the demonstration leaves for foreign judges.

use akashi_ledger::Scope;
use akashi_wire::{Clock, MunicipalityCode};

use akashi_town::World;
use akashi_town::house::certificate;
use akashi_wire::pki::certificate_pem;

use super::{DemoError, evidence_dir};

/// Two certificates of one municipality, one good and one revoked.
pub struct Pair<'a> {
    /// Good now.
    pub good: &'a [u8],
    /// Revoked.
    pub revoked: &'a [u8],
    /// Whose partition.
    pub town: MunicipalityCode,
}

/// Writes `evidence/`.
pub async fn leave(world: &World, pair: &Pair<'_>) -> Result<(), DemoError> {
    let dir = evidence_dir(&world.dir);
    std::fs::create_dir_all(&dir)?;
    let pem = |name: &str, der: &[u8]| std::fs::write(dir.join(name), certificate_pem(der));
    pem("ca.pem", &certificate(&world.dir, "ca")?)?;
    pem("leaf.pem", pair.good)?;
    pem("leaf_revoked.pem", pair.revoked)?;
    for (scope, name) in [
        (Scope::Complete, "crl.der"),
        (Scope::Partition(pair.town), "crl_partition.der"),
        (Scope::Authority, "arl.der"),
    ] {
        let file = world.dir.join("public/crl/1").join(format!("{scope}.crl"));
        std::fs::copy(&file, dir.join(name))?;
    }
    for (der, name) in [(pair.good, "good.ocspresp"), (pair.revoked, "revoked.ocspresp")] {
        let asked = world.agency.ask(der, world.clock.now()).await;
        let (_, octets) = asked.map_err(|why| DemoError::Outcome(why.to_string()))?;
        std::fs::write(dir.join(name), octets)?;
    }
    let responder = world.house.responder_certificate().await?;
    pem("ocsp.pem", &responder)?;
    Ok(())
}

//! Whether the same sources make the same site twice.

use super::Request;
use crate::commands::Failure;
use crate::commands::placing::in_turn;
use crate::commands::site::SiteFiles;
use crate::content::Before;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::digest::{Digest, Digesting};
use crate::files::Files;
use crate::publish::Staged;
use crate::render::{Bytes, Snapshot};
use crate::site::Route;
use std::sync::Arc;

/// Builds again from nothing, and compares.
pub(super) fn verify(request: &Request, first: &Arc<Snapshot>, staged: &[Staged]) -> Result<Diagnostics, Failure> {
    let files: Arc<dyn Files + Send + Sync> = Arc::new(SiteFiles::new(&request.root));
    let secrets = first.secrets.clone();
    let Parsed { value: again, .. } = Snapshot::new(files, request.settings.clone(), secrets, &Before::default());
    let mut diags = Diagnostics::default();
    let differ = |message: String| {
        Diagnostic::new(codes::NOT_REPRODUCIBLE, message)
            .help("did a file change meanwhile? If not, please report it: it is a bug in hub")
    };
    if again.routes().len() != first.routes().len() {
        diags.push(differ("the second build has other pages".to_string()));
        return Ok(diags);
    }
    let digest_of = |route: &Route| {
        let mut digesting = Digesting::default();
        match again.render(route).bytes {
            Bytes::New(bytes) => digesting.update(&bytes),
            Bytes::File(file) => std::io::copy(&mut again.open(&file)?, &mut digesting).map(|_| ())?,
            Bytes::Sealed(part) => part.write(&again, &mut |piece| {
                digesting.update(piece);
                Ok(())
            })?,
            Bytes::Same => {}
        }
        Ok(digesting.finish())
    };
    let digests: Result<Vec<Digest>, _> = in_turn(&again, digest_of);
    let digests = digests.map_err(|e| Failure::io("a file cannot be read", &e))?;
    for ((route, staged), digest) in again.routes().iter().zip(staged).zip(digests) {
        if route.output() != staged.path || digest != staged.digest {
            diags.push(differ(format!("`{}` is not the same twice", staged.path)));
        }
    }
    Ok(diags)
}

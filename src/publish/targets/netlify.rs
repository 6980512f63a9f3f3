//! Netlify, by its file digest interface (docs.netlify.com, "Get started with the Netlify API", "Deploy with the API";
//! open-api.netlify.com): a deployment lists every path with its SHA-1, the answer names the digests that are wanted, those files
//! are put, and the deployment is shown as one when all are there.

use super::api::{Api, Call, each, text};
use super::{Can, Keep, Kind, Lock, Takes, Target, World, optional, required};
use crate::publish::door::{Bytes, Comparison, Deploy, Deployed, Door, Error, Trouble};
use crate::publish::index::name_of;
use crate::publish::output::{Output, OutputFile};
use crate::text::{hex, percent_encode};
use rayon::prelude::*;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The row of Netlify.
pub(super) const KIND: Kind = Kind {
    name: "netlify",
    title: "Netlify",
    settings: &[
        required("site", "The site: its id, or its domain there, such as `acme.netlify.app`."),
        optional("draft", Takes::Flag, "Makes a deployment with an address of its own; the published one stays."),
    ],
    credentials: "`NETLIFY_AUTH_TOKEN`",
    can: Can { keep: Keep::Host, headers: false, compress: false, lock: Lock::Host },
    open,
};

/// The variable with the token: that of Netlify's own command.
const TOKEN: &str = "NETLIFY_AUTH_TOKEN";
/// Netlify compares more files than these in its own time, as its own command asks it to.
const SOON: usize = 100;
/// How long a deployment may take, in minutes.
const PATIENCE: u32 = 20;

struct Netlify {
    api: Api,
    site: String,
    draft: bool,
    parallel: usize,
    /// SHA-1 of every file, by its path.
    digests: OnceLock<BTreeMap<String, String>>,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let base = (world.var)("NETLIFY_API_URL").unwrap_or_else(|| "https://api.netlify.com/api/v1".to_string());
    let said = |answer: &Value| text(answer, &["message"]).or(text(answer, &["error"])).unwrap_or_default().to_string();
    Ok(Door::Deploy(Box::new(Netlify {
        api: Api::open(world, &base, TOKEN, said)?,
        site: percent_encode(target.required("site")),
        draft: target.flag("draft").unwrap_or(false),
        parallel: target.common.parallel,
        digests: OnceLock::new(),
    })))
}

impl Netlify {
    fn digests(&self, output: &Output) -> Result<&BTreeMap<String, String>, Error> {
        if let Some(digests) = self.digests.get() {
            return Ok(digests);
        }
        let of = |file: &OutputFile| {
            if file.path.contains(['#', '?']) {
                return Err(Error::other("Netlify takes no path with `#` or `?`").of(&file.path));
            }
            Ok((file.path.clone(), hex(&Sha1::digest(output.read(file)?))))
        };
        let digests = output.files.par_iter().map(of).collect::<Result<_, Error>>()?;
        Ok(self.digests.get_or_init(|| digests))
    }

    fn call(&self, call: Call<'_>) -> Result<Value, Error> {
        self.api.call(call).map_err(|e| match e.trouble {
            Trouble::Denied => Error { message: format!("Netlify refuses the token of `{TOKEN}`: {}", e.message), ..e },
            Trouble::Missing => {
                let site = &self.site;
                Error {
                    message: format!("Netlify knows no site `{site}` that this token may change: {}", e.message),
                    ..e
                }
            }
            _ => Error { message: format!("Netlify: {}", e.message), ..e },
        })
    }

    /// What the published deployment holds: SHA-1 by path.
    fn published(&self) -> Result<BTreeMap<String, String>, Error> {
        let listed = match self.call(Call::get(&format!("/sites/{}/files", self.site))) {
            // A site without a deployment has no files.
            Err(e) if e.trouble == Trouble::Missing => {
                self.call(Call::get(&format!("/sites/{}", self.site)))?;
                Value::Null
            }
            listed => listed?,
        };
        let file = |file: &Value| {
            let path = text(file, &["path"])?.trim_start_matches('/').to_string();
            Some((path, text(file, &["sha"])?.to_string()))
        };
        Ok(listed.as_array().map(|files| files.iter().filter_map(file).collect()).unwrap_or_default())
    }

    /// The deployment, once it is in one of these states.
    fn once(&self, id: &str, states: &[&str], what: &str) -> Result<Value, Error> {
        self.api.until(PATIENCE, what, || {
            let deploy = self.call(Call::get(&format!("/sites/{}/deploys/{id}", self.site)))?;
            match text(&deploy, &["state"]).unwrap_or_default() {
                "error" => {
                    let why = text(&deploy, &["error_message"]).unwrap_or("it does not say why");
                    Err(Error::other(format!("Netlify gave up the deployment `{id}`: {why}")))
                }
                state => Ok(states.contains(&state).then_some(deploy)),
            }
        })
    }

    fn put(&self, id: &str, output: &Output, file: &OutputFile) -> Result<(), Error> {
        let bytes = output.read(file)?;
        let path: Vec<String> = file.path.split('/').map(percent_encode).collect();
        let path = format!("/deploys/{id}/files/{}", path.join("/"));
        let body = Some(("application/octet-stream", Bytes::Here(&bytes)));
        let call = Call { method: "PUT", path: &path, body, token: None };
        let sent = match self.api.call(call) {
            // Netlify's own command does these again: under load uploads are refused that were allowed a moment before.
            Err(e) if e.trouble == Trouble::Denied => self.api.call(call),
            sent => sent,
        };
        sent.map(drop).map_err(|e| Error { message: format!("Netlify: {}", e.message), ..e }.of(&file.path))
    }
}

/// The address that people are shown.
fn address(deploy: &Value, draft: bool) -> Option<String> {
    let own = || text(deploy, &["deploy_ssl_url"]).or(text(deploy, &["deploy_url"]));
    let site = || text(deploy, &["ssl_url"]).or(text(deploy, &["url"]));
    if draft { own() } else { site().or_else(own) }.map(str::to_string)
}

impl Deploy for Netlify {
    fn compare(&self, output: &Output) -> Result<Comparison, Error> {
        let wanted = self.digests(output)?;
        let there = self.published()?;
        let send: Vec<String> =
            wanted.iter().filter(|(p, d)| there.get(*p) != Some(d)).map(|(p, _)| p.clone()).collect();
        let delete = there.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        let unchanged = wanted.len() - send.len();
        Ok(Comparison { unchanged, send, delete: Some(delete), apart: self.draft, ..Comparison::default() })
    }

    fn shown(&self) -> Result<Option<BTreeSet<String>>, Error> {
        Ok(Some(self.published()?.keys().map(|path| name_of(path)).collect()))
    }

    fn deploy(&self, output: &Output, _: &Comparison) -> Result<Deployed, Error> {
        let digests = self.digests(output)?;
        let files: BTreeMap<String, &String> =
            digests.iter().map(|(path, digest)| (format!("/{path}"), digest)).collect();
        let later = files.len() > SOON;
        let body = json!({ "files": files, "async": later, "draft": self.draft }).to_string();
        let mut deploy = self.call(Call::post(&format!("/sites/{}/deploys", self.site), body.as_bytes()))?;
        let Some(id) = text(&deploy, &["id"]).map(str::to_string) else {
            return Err(Error::other("Netlify made no deployment, and does not say why"));
        };
        if later {
            let states = ["prepared", "uploading", "uploaded", "ready"];
            deploy = self.once(&id, &states, "Netlify still compares the files")?;
        }
        let required = deploy.get("required").and_then(Value::as_array);
        let required: BTreeSet<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        let wanted = |file: &&OutputFile| digests.get(&file.path).is_some_and(|d| required.contains(d.as_str()));
        let send: Vec<&OutputFile> = output.files.iter().filter(wanted).collect();
        each(&send, self.parallel, |file| self.put(&id, output, file))?;
        let deploy = self.once(&id, &["ready"], "Netlify does not show the deployment")?;
        Ok(Deployed { url: address(&deploy, self.draft), sent: send.len(), ..Deployed::default() })
    }

    fn rollback(&self) -> Result<Deployed, Error> {
        let site = self.call(Call::get(&format!("/sites/{}", self.site)))?;
        let Some(now) = text(&site, &["published_deploy", "created_at"]) else {
            return Err(Error::other("Netlify shows no deployment of this site"));
        };
        let listed = self.call(Call::get(&format!("/sites/{}/deploys?per_page=100", self.site)))?;
        let made = |deploy: &&Value| text(deploy, &["created_at"]).unwrap_or_default().to_string();
        let earlier = listed.as_array().into_iter().flatten().filter(|deploy| {
            let published = text(deploy, &["context"]).is_none_or(|context| context == "production");
            // Times of one form and zone are ordered as text.
            text(deploy, &["state"]) == Some("ready") && published && made(deploy).as_str() < now
        });
        let Some(id) = earlier.max_by_key(made).and_then(|deploy| text(deploy, &["id"])) else {
            return Err(Error::other("Netlify keeps no earlier deployment of this site"));
        };
        let path = format!("/sites/{}/deploys/{}/restore", self.site, percent_encode(id));
        let restored = self.call(Call { method: "POST", path: &path, body: None, token: None })?;
        let note =
            format!("the deployment `{id}` of {}", text(&restored, &["created_at"]).unwrap_or("an earlier time"));
        Ok(Deployed { url: address(&restored, false), sent: 0, notes: vec![note] })
    }
}

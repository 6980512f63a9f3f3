//! Cloudflare Pages, by Direct Upload, as its own command speaks it (developers.cloudflare.com/pages, "Direct Upload";
//! github.com/cloudflare/workers-sdk, packages/wrangler/src/pages): a token of the project, the digests that are missing, those
//! files in batches, and a deployment with a manifest of all paths. `_headers` and `_redirects` go with the deployment.

use super::api::{Api, Call, each, text};
use super::{Can, Keep, Kind, Lock, Target, World, optional_text, required};
use crate::digest::seal;
use crate::publish::door::{Bytes, Comparison, Deploy, Deployed, Door, Error, Trouble};
use crate::publish::headers;
use crate::publish::output::{Output, OutputFile};
use crate::text::percent_encode;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};
use zeroize::Zeroizing;

/// The row of Cloudflare Pages.
pub(super) const KIND: Kind = Kind {
    name: "cloudflare",
    title: "Cloudflare Pages",
    settings: &[
        required("project", "The project. It was made with Direct Upload, not connected to a repository."),
        optional_text("account", "The account's id; `CLOUDFLARE_ACCOUNT_ID` unless it is given."),
        optional_text(
            "branch",
            "The branch of the deployment. Any other than the project's own makes a preview with an address of its own.",
        ),
    ],
    credentials: "`CLOUDFLARE_API_TOKEN`, which may edit Pages, and `CLOUDFLARE_ACCOUNT_ID`",
    can: Can { keep: Keep::Host, headers: false, compress: false, lock: Lock::Host },
    open,
};

/// The variable with the token: that of Cloudflare's own command.
const TOKEN: &str = "CLOUDFLARE_API_TOKEN";
/// Rules that Cloudflare reads when a deployment is made; they are no files of the site.
const RULES: [&str; 2] = ["_headers", "_redirects"];
/// A batch holds so many bytes and files at the most, before they are encoded.
const BATCH: (u64, usize) = (40 << 20, 2000);
/// Batches that are sent at the same time.
const PARALLEL: usize = 3;
/// The largest file that Pages takes (developers.cloudflare.com/pages/platform/limits).
const LARGEST: u64 = 25 << 20;
/// The most files, unless the project's token says another number.
const MOST: u64 = 20_000;
/// How long a deployment may take, in minutes.
const PATIENCE: u32 = 10;
/// Cloudflare's word for a token that is over.
const UNAUTHORIZED: &str = "8000013";
/// Marks what is deployed in the deployment's message.
const MARK: &str = "hub ";

struct Pages {
    api: Api,
    project: String,
    place: String,
    branch: Option<String>,
    token: Mutex<Option<Zeroizing<String>>>,
    digests: OnceLock<BTreeMap<String, String>>,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let account = target.text("account").map(str::to_string).or_else(|| (world.var)("CLOUDFLARE_ACCOUNT_ID"));
    let Some(account) = account else {
        return Err(Error::new(Trouble::Denied, "no account: set `CLOUDFLARE_ACCOUNT_ID`, or `account` of the target"));
    };
    let base =
        (world.var)("CLOUDFLARE_API_BASE_URL").unwrap_or_else(|| "https://api.cloudflare.com/client/v4".to_string());
    let project = target.required("project").to_string();
    Ok(Door::Deploy(Box::new(Pages {
        api: Api::open(world, &base, TOKEN, said)?,
        place: format!("/accounts/{}/pages/projects/{}", percent_encode(account.trim()), percent_encode(&project)),
        project,
        branch: target.text("branch").map(str::to_string),
        token: Mutex::new(None),
        digests: OnceLock::new(),
    })))
}

/// What the envelope of an answer says is wrong.
fn said(answer: &Value) -> String {
    let errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    let error = |e: &Value| format!("{} [code {}]", text(e, &["message"]).unwrap_or_default(), e["code"]);
    errors.map(error).collect::<Vec<_>>().join("; ")
}

/// A file's key: BLAKE3 of its bytes in Base64 and its extension, the first 16 bytes in hexadecimal.
fn key(path: &str, bytes: &[u8]) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    // Node's `extname`: nothing for names that begin with their only dot.
    let ext = name.rfind('.').filter(|at| *at > 0).map_or("", |at| &name[at + 1..]);
    let mut hasher = blake3::Hasher::new();
    hasher.update(BASE64_STANDARD.encode(bytes).as_bytes());
    hasher.update(ext.as_bytes());
    hasher.finalize().to_hex()[..32].to_string()
}

/// The number of files that a token of a project allows.
fn most(token: &str) -> u64 {
    let claims = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Value> = claims.and_then(|json| serde_json::from_slice(&json).ok());
    claims.and_then(|claims| claims.get("max_file_count_allowed")?.as_u64()).unwrap_or(MOST)
}

impl Pages {
    fn failed(&self, e: Error) -> Error {
        match e.trouble {
            Trouble::Denied => Error {
                message: format!(
                    "Cloudflare refuses the token of `{TOKEN}`, which must be allowed to edit Pages: {}",
                    e.message
                ),
                ..e
            },
            Trouble::Missing => Error {
                message: format!("Cloudflare has no project `{}` in this account: {}", self.project, e.message),
                ..e
            },
            _ => Error { message: format!("Cloudflare: {}", e.message), ..e },
        }
    }

    /// What an answer gives. One that is a success and says that it is none is an error all the same.
    fn result(&self, answer: Result<Value, Error>) -> Result<Value, Error> {
        let mut answer = answer.map_err(|e| self.failed(e))?;
        match answer.get("success") {
            Some(Value::Bool(false)) => Err(self.failed(Error::other(said(&answer)))),
            _ => Ok(answer.get_mut("result").map(Value::take).unwrap_or_default()),
        }
    }

    fn call(&self, call: Call<'_>) -> Result<Value, Error> {
        self.result(self.api.call(call))
    }

    /// The token for uploads: made when it is needed, and again when it is over.
    fn token(&self, fresh: bool) -> Result<Zeroizing<String>, Error> {
        let mut slot = self.token.lock().map_err(|_| Error::other("a thread broke down"))?;
        if fresh {
            *slot = None;
        }
        if let Some(token) = &*slot {
            return Ok(token.clone());
        }
        let answer = self.call(Call::get(&format!("{}/upload-token", self.place)))?;
        let Some(token) = text(&answer, &["jwt"]) else {
            return Err(Error::other("Cloudflare gives no token for uploads, and does not say why"));
        };
        let token = Zeroizing::new(token.to_string());
        *slot = Some(token.clone());
        Ok(token)
    }

    /// Sends JSON with the token for uploads.
    fn upload(&self, path: &str, json: &Value) -> Result<Value, Error> {
        let body = json.to_string();
        let post = |token: &str| self.api.call(Call { token: Some(token), ..Call::post(path, body.as_bytes()) });
        let answer = match post(&self.token(false)?) {
            Err(e) if e.trouble == Trouble::Denied || e.message.contains(UNAUTHORIZED) => post(&self.token(true)?),
            answer => answer,
        };
        self.result(answer)
    }

    fn digests(&self, output: &Output) -> Result<&BTreeMap<String, String>, Error> {
        if let Some(digests) = self.digests.get() {
            return Ok(digests);
        }
        let files = output.files.par_iter().filter(|f| !RULES.contains(&f.path.as_str()));
        let of = |file: &OutputFile| {
            if file.len > LARGEST {
                let message =
                    format!("it has {}, and Cloudflare Pages takes files up to 25 MiB", crate::text::size(file.len));
                return Err(Error::other(message).of(&file.path));
            }
            Ok((file.path.clone(), key(&file.path, &output.read(file)?)))
        };
        let digests: BTreeMap<String, String> = files.map(of).collect::<Result<_, Error>>()?;
        Ok(self.digests.get_or_init(|| digests))
    }

    /// What stands for a deployment as a whole, in its message.
    fn mark(&self, output: &Output) -> Result<String, Error> {
        let mut all = json!(self.digests(output)?).to_string();
        for rules in RULES {
            all.push_str(&output.file(rules).map_or(String::new(), |file| file.seal.to_string()));
        }
        Ok(format!("{MARK}{}", seal(all.as_bytes())))
    }

    /// The message of the deployment that is there for this target, and whether that is a preview.
    fn there(&self) -> Result<(Option<String>, bool), Error> {
        let project = self.call(Call::get(&self.place))?;
        let message = |deployment: &Value| {
            text(deployment, &["deployment_trigger", "metadata", "commit_message"]).map(str::to_string)
        };
        match &self.branch {
            Some(branch) if text(&project, &["production_branch"]) != Some(branch) => {
                let listed = self.call(Call::get(&format!("{}/deployments?env=preview", self.place)))?;
                let mine = |d: &&Value| text(d, &["deployment_trigger", "metadata", "branch"]) == Some(branch);
                Ok((listed.as_array().into_iter().flatten().find(mine).and_then(message), true))
            }
            _ => Ok((project.get("canonical_deployment").and_then(message), false)),
        }
    }

    fn missing(&self, hashes: &BTreeSet<&String>) -> Result<BTreeSet<String>, Error> {
        let answer = self.upload("/pages/assets/check-missing", &json!({ "hashes": hashes }))?;
        let listed = answer.as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(listed.map(str::to_string).collect())
    }

    fn send(&self, output: &Output, batch: &[(&OutputFile, &String)]) -> Result<(), Error> {
        let file = |(file, key): &(&OutputFile, &String)| {
            let kind = headers::of(&file.path, &Default::default()).content_type;
            let value = BASE64_STANDARD.encode(output.read(file)?);
            Ok(json!({ "key": key, "value": value, "metadata": { "contentType": kind }, "base64": true }))
        };
        let files: Vec<Value> = batch.iter().map(file).collect::<Result<_, Error>>()?;
        self.upload("/pages/assets/upload", &Value::Array(files)).map(drop)
    }

    /// The deployment, once it is done.
    fn done(&self, id: &str) -> Result<(), Error> {
        let path = format!("{}/deployments/{}", self.place, percent_encode(id));
        self.api.until(PATIENCE, "Cloudflare does not show the deployment", || {
            let deployment = self.call(Call::get(&path))?;
            let stage = |key| text(&deployment, &["latest_stage", key]).unwrap_or_default();
            match (stage("name"), stage("status")) {
                (_, "failure" | "canceled") => Err(Error::other(format!(
                    "Cloudflare gave up the deployment `{id}` at the stage `{}`",
                    stage("name")
                ))),
                ("deploy", "success") => Ok(Some(())),
                _ => Ok(None),
            }
        })
    }
}

/// Files in batches that the interface takes, the largest first.
fn batches<'a>(mut files: Vec<(&'a OutputFile, &'a String)>) -> Vec<Vec<(&'a OutputFile, &'a String)>> {
    files.sort_by(|a, b| (b.0.len, &a.0.path).cmp(&(a.0.len, &b.0.path)));
    let mut batches: Vec<(u64, Vec<_>)> = Vec::new();
    for file in files {
        let len = file.0.len;
        match batches.iter_mut().find(|(bytes, files)| bytes + len <= BATCH.0 && files.len() < BATCH.1) {
            Some((bytes, files)) => {
                *bytes += len;
                files.push(file);
            }
            None => batches.push((len, vec![file])),
        }
    }
    batches.into_iter().map(|(_, files)| files).collect()
}

/// A form with fields and files (RFC 7578).
fn form(fields: &[(&str, &[u8], bool)], boundary: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value, is_file) in fields {
        let file = if *is_file {
            format!("; filename=\"{name}\"\r\nContent-Type: application/octet-stream")
        } else {
            String::new()
        };
        out.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        out.extend_from_slice(value);
        out.extend(b"\r\n");
    }
    out.extend(format!("--{boundary}--\r\n").bytes());
    out
}

impl Deploy for Pages {
    fn compare(&self, output: &Output) -> Result<Comparison, Error> {
        let digests = self.digests(output)?;
        let most = most(&self.token(false)?);
        if digests.len() as u64 > most {
            let (files, most) = (crate::text::count(digests.len(), "file"), crate::text::thousands(most as usize));
            return Err(Error::other(format!("the site has {files}, and this project takes {most}")));
        }
        let (there, apart) = self.there()?;
        if there == Some(self.mark(output)?) {
            let unchanged = output.files.len();
            return Ok(Comparison { unchanged, delete: Some(Vec::new()), apart, ..Comparison::default() });
        }
        let missing = self.missing(&digests.values().collect())?;
        let mut send: Vec<String> =
            digests.iter().filter(|(_, d)| missing.contains(*d)).map(|(p, _)| p.clone()).collect();
        send.extend(RULES.iter().filter(|rules| output.file(rules).is_some()).map(|rules| rules.to_string()));
        // Its interface names no files of a deployment.
        Ok(Comparison {
            unchanged: output.files.len() - send.len(),
            send,
            delete: None,
            apart,
            ..Comparison::default()
        })
    }

    fn deploy(&self, output: &Output, _: &Comparison) -> Result<Deployed, Error> {
        let digests = self.digests(output)?;
        let hashes: BTreeSet<&String> = digests.values().collect();
        let missing = self.missing(&hashes)?;
        let mut taken = BTreeSet::new();
        let wanted = |file: &'_ OutputFile| digests.get(&file.path).filter(|d| missing.contains(*d));
        let files = output.files.iter().filter_map(|file| wanted(file).map(|digest| (file, digest)));
        // Files with the same bytes and extension are sent once.
        let files: Vec<(&OutputFile, &String)> = files.filter(|(_, digest)| taken.insert(*digest)).collect();
        let sent = files.len();
        each(&batches(files), PARALLEL, |batch| self.send(output, batch))?;
        let mut notes = Vec::new();
        if self.upload("/pages/assets/upsert-hashes", &json!({ "hashes": hashes })).is_err() {
            notes.push("Cloudflare did not note what it has; the next run may send it again".to_string());
        }
        let manifest: BTreeMap<String, &String> =
            digests.iter().map(|(path, digest)| (format!("/{path}"), digest)).collect();
        let (manifest, mark) = (json!(manifest).to_string(), self.mark(output)?);
        let mut fields = vec![("manifest", manifest.as_bytes(), false), ("commit_message", mark.as_bytes(), false)];
        if let Some(branch) = &self.branch {
            fields.push(("branch", branch.as_bytes(), false));
        }
        let rules = RULES.iter().filter_map(|name| output.file(name).map(|file| (*name, file)));
        let rules = rules.map(|(name, file)| Ok((name, output.read(file)?))).collect::<Result<Vec<_>, Error>>()?;
        fields.extend(rules.iter().map(|(name, bytes)| (*name, bytes.as_slice(), true)));
        // A digest of the manifest is no line of what is sent.
        let boundary = format!("hub-{}", &mark[MARK.len()..]);
        let (body, kind) = (form(&fields, &boundary), format!("multipart/form-data; boundary={boundary}"));
        let path = format!("{}/deployments", self.place);
        let post = Call { method: "POST", path: &path, body: Some((&kind, Bytes::Here(&body))), token: None };
        let deployment = self.call(post)?;
        let Some(id) = text(&deployment, &["id"]) else {
            return Err(Error::other("Cloudflare made no deployment, and does not say why"));
        };
        self.done(id)?;
        Ok(Deployed { url: text(&deployment, &["url"]).map(str::to_string), sent, notes })
    }

    fn rollback(&self) -> Result<Deployed, Error> {
        let project = self.call(Call::get(&self.place))?;
        let Some(now) = text(&project, &["canonical_deployment", "created_on"]) else {
            return Err(Error::other("Cloudflare shows no deployment of this project"));
        };
        let listed = self.call(Call::get(&format!("{}/deployments?env=production", self.place)))?;
        let made = |d: &&Value| text(d, &["created_on"]).unwrap_or_default().to_string();
        let good = |d: &&Value| text(d, &["latest_stage", "status"]) == Some("success") && made(d).as_str() < now;
        let earlier = listed.as_array().into_iter().flatten().filter(good).max_by_key(made);
        let Some(id) = earlier.and_then(|d| text(d, &["id"])) else {
            return Err(Error::other("Cloudflare keeps no earlier deployment of this project"));
        };
        let path = format!("{}/deployments/{}/rollback", self.place, percent_encode(id));
        let restored = self.call(Call { method: "POST", path: &path, body: None, token: None })?;
        let note = format!("the deployment `{id}` of {}", earlier.map(|d| made(&d)).unwrap_or_default());
        Ok(Deployed { url: text(&restored, &["url"]).map(str::to_string), sent: 0, notes: vec![note] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn keys_depend_on_bytes_and_extension() {
        // `hello` in Base64, and the extension without its dot.
        let whole = blake3::hash(b"aGVsbG8=html").to_hex();
        assert_eq!(key("a/index.html", b"hello"), whole[..32]);
        assert_eq!(key("x.html", b"hello"), key("y.html", b"hello"));
        assert_ne!(key("x.html", b"hello"), key("x.txt", b"hello"));
        assert_eq!(key(".well-known", b"hello"), blake3::hash(b"aGVsbG8=").to_hex()[..32]);
    }

    #[test]
    fn tokens_say_how_many_files_there_may_be() {
        let token = |claims: &str| format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(most(&token(r#"{"max_file_count_allowed":100000}"#)), 100_000);
        assert_eq!(most(&token("{}")), MOST);
        assert_eq!(most("no token"), MOST);
    }

    #[test]
    fn batches_hold_what_the_interface_takes() {
        let file = |i: u64| OutputFile {
            path: format!("{i}"),
            digest: Digest::ABSENT,
            seal: seal(b""),
            len: i << 20,
            source: None,
        };
        let files: Vec<OutputFile> = (1..=25).map(file).collect();
        let key = String::new();
        let batches = batches(files.iter().map(|f| (f, &key)).collect());
        assert!(batches.iter().all(|b| b.iter().map(|(f, _)| f.len).sum::<u64>() <= BATCH.0));
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 25);
        let small: Vec<OutputFile> = (0..4001).map(|_| file(0)).collect();
        assert_eq!(super::batches(small.iter().map(|f| (f, &key)).collect()).len(), 3);
    }
}

//! S3 (docs.aws.amazon.com/AmazonS3/latest/API) and what speaks like it: R2, MinIO, B2, Google Cloud Storage by its XML API.

use super::{Can, Keep, Kind, Lock, Setting, Takes, Target, World, optional, optional_text, required};
use crate::posting::Clock;
use crate::publish::credentials;
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use crate::publish::http::{Answer, Ask, Http, element};
use rusty_s3::actions::{DeleteObjects, ListObjectsV2, ListObjectsV2Response, ObjectIdentifier};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use std::time::Duration;

const fn flag(name: &'static str, doc: &'static str) -> Setting {
    optional(name, Takes::Flag, doc)
}

const BUCKET: Setting = required("bucket", "The bucket.");
const PREFIX: Setting =
    optional_text("prefix", "A folder in the bucket that the site lies in; the bucket itself unless given.");
const ENV: Setting = optional_text(
    "env_prefix",
    "Other names for the variables with the keys: `PROD` reads `PROD_ACCESS_KEY_ID` and `PROD_SECRET_ACCESS_KEY`.",
);

/// The row of S3.
pub(super) const KIND: Kind = Kind {
    name: "s3",
    title: "S3",
    settings: &[
        BUCKET,
        optional_text(
            "region",
            "The region; else `AWS_REGION`, else that of `~/.aws/config`, else `us-east-1`. R2 takes `auto`.",
        ),
        optional_text(
            "endpoint",
            "The address of the service, if it is not that of AWS: `https://ACCOUNT.r2.cloudflarestorage.com`.",
        ),
        PREFIX,
        flag(
            "path_style",
            "Write the bucket into the path instead of the host. `true` wherever there is an `endpoint`.",
        ),
        optional_text("profile", "The profile of `~/.aws/credentials`."),
        ENV,
        flag("conditional", "`false` for services that take no conditional requests, such as B2; see \"Two at once\"."),
    ],
    credentials: "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (`AWS_SESSION_TOKEN`), else the profile of `~/.aws/credentials`",
    can: Can { keep: Keep::Copies, headers: true, compress: true, lock: Lock::Swap },
    open: open_s3,
};

/// The row of Google Cloud Storage, by its interoperable XML API (cloud.google.com/storage/docs/interoperability).
pub(super) const GCS: Kind = Kind {
    name: "gcs",
    title: "Google Cloud Storage",
    settings: &[
        BUCKET,
        PREFIX,
        optional_text("endpoint", "The address of the service; `https://storage.googleapis.com` unless given."),
        ENV,
    ],
    credentials: "`GCS_ACCESS_KEY_ID` and `GCS_SECRET_ACCESS_KEY`: an HMAC key of a service account",
    can: Can { keep: Keep::Copies, headers: true, compress: true, lock: Lock::Look },
    open: open_gcs,
};

/// For how long a signed request can be sent.
const TERM: Duration = Duration::from_secs(900);

struct S3 {
    http: Http,
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    clock: Clock,
    lock: Lock,
    /// Whether one request removes many objects.
    many: bool,
}

fn open_s3(target: &Target, world: &World) -> Result<Door, Error> {
    let profile = target.text("profile");
    let prefix = target.text("env_prefix").unwrap_or("AWS");
    let keys = credentials::keys(world, prefix, profile)?;
    let region = target.text("region").map(str::to_string).or_else(|| credentials::region(world, profile));
    let region = region.unwrap_or_else(|| "us-east-1".to_string());
    let own = target.text("endpoint");
    let endpoint = own.map_or_else(|| format!("https://s3.{region}.amazonaws.com"), str::to_string);
    let bucket = target.required("bucket");
    // Certificates of AWS stand for one label in front of the host.
    let path_style = target.flag("path_style").unwrap_or(own.is_some() || bucket.contains('.'));
    let lock = if target.flag("conditional") == Some(false) { Lock::Look } else { Lock::Swap };
    open(target, world, (endpoint, region, path_style), keys, (lock, true))
}

fn open_gcs(target: &Target, world: &World) -> Result<Door, Error> {
    let keys = credentials::keys(world, target.text("env_prefix").unwrap_or("GCS"), None)?;
    let endpoint = target.text("endpoint").unwrap_or("https://storage.googleapis.com").to_string();
    open(target, world, (endpoint, "auto".to_string(), true), keys, (Lock::Look, false))
}

fn open(
    target: &Target,
    world: &World,
    (endpoint, region, path_style): (String, String, bool),
    keys: credentials::Keys,
    (lock, many): (Lock, bool),
) -> Result<Door, Error> {
    let http = Http::to(&endpoint)?;
    let style = if path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
    let wrong = || Error::other("`endpoint` and `bucket` make no address");
    let bucket =
        Bucket::new(endpoint.parse().map_err(|_| wrong())?, style, target.required("bucket").to_string(), region)
            .map_err(|_| wrong())?;
    let credentials = match &keys.session {
        Some(token) => Credentials::new_with_token(keys.id, keys.secret.to_string(), token.to_string()),
        None => Credentials::new(keys.id, keys.secret.to_string()),
    };
    let prefix = super::prefix(target.text("prefix"));
    Ok(Door::Store(Box::new(S3 { http, bucket, credentials, prefix, clock: world.clock, lock, many })))
}

/// What the answer says is wrong.
fn said(answer: &Answer) -> String {
    let xml = String::from_utf8_lossy(&answer.body);
    match (element(&xml, "Code"), element(&xml, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => String::new(),
    }
}

impl S3 {
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn url<'a>(&'a self, action: &impl S3Action<'a>) -> String {
        action.sign_with_time(TERM, &(self.clock.now)()).to_string()
    }

    fn send(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        let answer = self.http.send(ask)?.ok(said).map_err(|e| match e.trouble {
            // Two conditional requests at once, and a connection that was too slow: the same again may work.
            Trouble::Conflict if e.message.starts_with("ConditionalRequestConflict") => {
                Error { trouble: Trouble::Again, ..e }
            }
            Trouble::Other if e.message.starts_with("RequestTimeout") || e.message.starts_with("SlowDown") => {
                Error { trouble: Trouble::Again, ..e }
            }
            Trouble::Other if e.message.starts_with("NotImplemented") => Error {
                message: format!(
                    "{}; if the service takes no conditional requests, set `conditional = false`",
                    e.message
                ),
                ..e
            },
            _ => e,
        })?;
        // Copies say what went wrong after they have said 200.
        match answer.body.starts_with(b"<")
            && !said(&answer).is_empty()
            && answer.body.windows(6).any(|w| w == b"<Error")
        {
            true => Err(Error::again(said(&answer))),
            false => Ok(answer),
        }
    }
}

impl Store for S3 {
    fn lock(&self) -> Lock {
        self.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let key = self.key(key);
        let url = self.url(&self.bucket.get_object(Some(&self.credentials), &key));
        let answer = self.http.send(&Ask { method: "GET", url: &url, headers: Vec::new(), body: None })?;
        // A bucket that is not there is no empty one.
        if answer.status == 404 && !said(&answer).starts_with("NoSuchBucket") {
            return Ok(None);
        }
        let answer = answer.ok(said)?;
        Ok(Some(Object { version: answer.version(), bytes: answer.body }))
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, meta: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let key = self.key(key);
        let url = self.url(&self.bucket.put_object(Some(&self.credentials), &key));
        let mut headers = vec![("content-type", meta.content_type.to_string())];
        if !meta.cache_control.is_empty() {
            headers.push(("cache-control", meta.cache_control.clone()));
        }
        headers.extend(meta.encoding.map(|encoding| ("content-encoding", encoding.to_string())));
        match when {
            When::Always => {}
            When::Absent => headers.push(("if-none-match", "*".to_string())),
            When::Is(version) => headers.push(("if-match", version.to_string())),
        }
        Ok(self.send(&Ask { method: "PUT", url: &url, headers, body: Some(bytes) })?.version())
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        if keys.len() == 1 || !self.many {
            return keys.iter().try_for_each(|key| {
                let key = self.key(key);
                let url = self.url(&self.bucket.delete_object(Some(&self.credentials), &key));
                match self.send(&Ask { method: "DELETE", url: &url, headers: Vec::new(), body: None }) {
                    Err(e) if e.trouble == Trouble::Missing => Ok(()),
                    done => done.map(drop),
                }
            });
        }
        let objects: Vec<ObjectIdentifier> = keys.iter().map(|key| ObjectIdentifier::new(self.key(key))).collect();
        for objects in objects.chunks(1000) {
            let mut action = DeleteObjects::new(&self.bucket, Some(&self.credentials), objects.iter());
            action.set_quiet(true);
            let url = self.url(&action);
            let (body, md5) = action.body_with_md5();
            let headers = vec![("content-md5", md5), ("content-type", "application/xml".to_string())];
            let answer = self.http.send(&Ask {
                method: "POST",
                url: &url,
                headers,
                body: Some(Bytes::Here(body.as_bytes())),
            })?;
            let xml = String::from_utf8_lossy(&answer.ok(said)?.body).into_owned();
            if let Some(code) = element(&xml, "Code") {
                let trouble = if code == "AccessDenied" { Trouble::Denied } else { Trouble::Again };
                return Err(Error::new(trouble, format!("{code}: {}", element(&xml, "Message").unwrap_or_default())));
            }
        }
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (prefix, mut keys, mut token) = (self.key(prefix), Vec::new(), None::<String>);
        loop {
            let mut action: ListObjectsV2<'_> = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(prefix.as_str());
            if let Some(token) = token.take() {
                action.with_continuation_token(token);
            }
            let url = self.url(&action);
            let answer = self.send(&Ask { method: "GET", url: &url, headers: Vec::new(), body: None })?;
            let page: ListObjectsV2Response = ListObjectsV2::parse_response(&String::from_utf8_lossy(&answer.body))
                .map_err(|e| Error::other(format!("the list of objects cannot be read: {e}")))?;
            keys.extend(page.contents.into_iter().filter_map(|o| Some(o.key.strip_prefix(&self.prefix)?.to_string())));
            match page.next_continuation_token {
                Some(next) => token = Some(next),
                None => return Ok(keys),
            }
        }
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        let (from, to) = (self.key(from), self.key(to));
        let source = format!("/{}/{}", self.bucket.name(), crate::text::encode_path(&from));
        let mut action = self.bucket.put_object(Some(&self.credentials), &to);
        action.headers_mut().insert("x-amz-copy-source", source.clone());
        let url = self.url(&action);
        let ask = Ask {
            method: "PUT",
            url: &url,
            headers: vec![("x-amz-copy-source", source)],
            body: Some(Bytes::Here(&[])),
        };
        match self.send(&ask) {
            Err(e) if e.trouble == Trouble::Missing && !e.message.starts_with("NoSuchBucket") => Ok(false),
            done => done.map(|_| true),
        }
    }
}

//! Bluesky (docs.bsky.app, "Creating a post"; lexicons `com.atproto.repo.*`, `app.bsky.feed.post`).

use super::client::{Call, Client, Error, Reply};
use super::{Account, Job, Progress, Sent};
use crate::digest::Hasher;
use crate::networks::{Feature, facets};
use crate::share::{LinkPlace, Snippet};
use crate::text;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An account, signed in.
pub struct Bluesky {
    client: Client,
    did: String,
    handle: String,
}

/// The collection of posts.
const POSTS: &str = "app.bsky.feed.post";
/// The largest picture (`app.bsky.embed.images`, `app.bsky.embed.external`).
const LARGEST: usize = 1_000_000;

/// A post's name in the repository, and what it said when it was put there.
#[derive(Clone)]
struct Reference {
    uri: String,
    cid: String,
}

fn refused(what: &str, reply: &Reply) -> Error {
    Error::refused(format!("the server refused {what}: {}", reply.why()))
}

/// A key of a record (atproto.com/specs/tid): microseconds since 1970 and ten bits of a clock's name, in letters that sort.
fn tid(micros: u64, clock: u64) -> String {
    const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
    let bits = (micros & ((1 << 53) - 1)) << 10 | clock & 0x3ff;
    (0..13).rev().map(|i| char::from(LETTERS[(bits >> (5 * i) & 31) as usize])).collect()
}

/// The microseconds and the clock of a key.
fn untid(key: &str) -> Option<(u64, u64)> {
    const LETTERS: &str = "234567abcdefghijklmnopqrstuvwxyz";
    let bits = key.chars().try_fold(0u64, |bits, c| Some(bits << 5 | LETTERS.find(c)? as u64))?;
    (key.len() == 13).then_some((bits >> 10, bits & 0x3ff))
}

impl Bluesky {
    /// Signs in with an app password.
    pub fn open(client: Client, handle: &str, password: &str) -> Result<Bluesky, Error> {
        let login = json!({ "identifier": handle, "password": password });
        let reply = client.post("/xrpc/com.atproto.server.createSession", Vec::new(), &login)?;
        match (reply.text("did"), reply.text("accessJwt"), reply.is_ok()) {
            (Some(did), Some(token), true) => {
                Ok(Bluesky { client: client.with_token(token), did: did.to_string(), handle: handle.to_string() })
            }
            _ if [400, 401, 403].contains(&reply.status) => Err(Error::refused(
                "the server does not know the handle with this password: make an app password in the settings of the account",
            )),
            _ => Err(refused("to sign in", &reply)),
        }
    }

    /// The post of a key, if it is there.
    fn find(&self, key: &str) -> Result<Option<Reference>, Error> {
        let did = text::percent_encode(&self.did);
        let path = format!("/xrpc/com.atproto.repo.getRecord?repo={did}&collection={POSTS}&rkey={key}");
        let reply = self.client.get(path)?;
        match (reply.is_ok(), reply.status) {
            (true, _) => {
                Ok(Some(reference(&reply).ok_or_else(|| Error::unknown("the server's answer is not a record"))?))
            }
            // `RecordNotFound` comes as 400.
            (false, 400 | 404) => Ok(None),
            _ => Err(Error::unknown(format!("the server does not say what was posted: {}", reply.why()))),
        }
    }

    fn upload(&self, card: &[u8]) -> Result<Value, Error> {
        let headers = vec![("content-type", "image/png".to_string())];
        let path = "/xrpc/com.atproto.repo.uploadBlob".to_string();
        let reply = self.client.send(&Call { method: "POST", path, headers, body: card })?;
        match reply.body.get("blob").filter(|_| reply.is_ok()) {
            Some(blob) => Ok(blob.clone()),
            None => Err(refused("the card", &reply)),
        }
    }

    fn embed(&self, job: &Job<'_>) -> Result<Option<Value>, Error> {
        let snippet = job.snippet;
        let card = job.card.as_ref().filter(|c| c.len() <= LARGEST).map(|c| self.upload(c)).transpose()?;
        if matches!(snippet.link, LinkPlace::Card | LinkPlace::Body) {
            let mut external = json!({ "uri": snippet.url, "title": job.title, "description": job.description });
            if let Some(blob) = card {
                external["thumb"] = blob;
            }
            return Ok(Some(json!({ "$type": "app.bsky.embed.external", "external": external })));
        }
        let images =
            |blob| json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": &*snippet.alt, "image": blob }] });
        Ok(card.map(images))
    }
}

fn reference(reply: &Reply) -> Option<Reference> {
    Some(Reference { uri: reply.text("uri")?.to_string(), cid: reply.text("cid")?.to_string() })
}

/// The links and tags of a text. Mentions would need their accounts to be asked for, so they stay text.
fn rich(text: &str) -> Vec<Value> {
    let feature = |feature| match feature {
        Feature::Link(uri) => Some(json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri })),
        Feature::Tag(tag) => Some(json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag })),
        Feature::Mention(_) => None,
    };
    let facets = facets(text).into_iter();
    let index = |from, to| json!({ "byteStart": from, "byteEnd": to });
    facets.filter_map(|f| Some(json!({ "index": index(f.start, f.end), "features": [feature(f.feature)?] }))).collect()
}

impl Account for Bluesky {
    fn key(&self, snippet: &Snippet, begun: Timestamp) -> String {
        let names = Hasher::new("bluesky").text(&snippet.article).text(&snippet.variant).finish();
        tid(begun.as_second().unsigned_abs() * 1_000_000, names.0 as u64)
    }

    fn send(&self, job: &Job<'_>, progress: Progress<'_>) -> Result<Sent, Error> {
        let snippet = job.snippet;
        let (micros, clock) = untid(&job.key).ok_or_else(|| {
            Error::refused(format!("`{}` in the ledger is not the key of a post on Bluesky", job.key))
        })?;
        let mut ids = job.ids.clone();
        let mut root: Option<Reference> = None;
        let mut parent: Option<Reference> = None;
        for (i, part) in std::iter::once(&snippet.text).chain(&snippet.thread).enumerate() {
            let key = tid(micros + i as u64, clock);
            let known = if job.again || i < ids.len() { self.find(&key)? } else { None };
            let reference = match known {
                Some(reference) => reference,
                None => {
                    let mut record = json!({ "$type": POSTS, "text": part, "createdAt": job.begun.to_string() });
                    record["langs"] = json!([job.language]);
                    let rich = rich(part);
                    if !rich.is_empty() {
                        record["facets"] = rich.into();
                    }
                    if let Some(embed) = if i == 0 { self.embed(job)? } else { None } {
                        record["embed"] = embed;
                    }
                    if let (Some(root), Some(parent)) = (&root, &parent) {
                        let of = |r: &Reference| json!({ "uri": r.uri, "cid": r.cid });
                        record["reply"] = json!({ "root": of(root), "parent": of(parent) });
                    }
                    let post = json!({ "repo": self.did, "collection": POSTS, "rkey": key, "record": record });
                    let reply = self.client.post("/xrpc/com.atproto.repo.createRecord", Vec::new(), &post);
                    match reply.as_ref().ok().filter(|r| r.is_ok()).and_then(reference) {
                        Some(reference) => reference,
                        // A second try of what arrived the first time fails, because the key is taken.
                        None => match (self.find(&key)?, reply) {
                            (Some(reference), _) => reference,
                            (None, Err(e)) => return Err(e),
                            (None, Ok(reply)) => {
                                return Err(Error { refused: ids.is_empty(), ..refused("the post", &reply) });
                            }
                        },
                    }
                }
            };
            if i == ids.len() {
                ids.push(reference.uri.clone());
                progress(&ids)?;
            }
            root = root.or_else(|| Some(reference.clone()));
            parent = Some(reference);
        }
        Ok(Sent { url: format!("https://bsky.app/profile/{}/post/{}", self.handle, job.key), ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_time_and_come_back() {
        // atproto.com/specs/tid: the example of the smallest and of a real key.
        assert_eq!(tid(0, 0), "2222222222222");
        let (micros, clock) = untid("3jzfcijpj2z2a").expect("a key");
        assert_eq!(tid(micros, clock), "3jzfcijpj2z2a");
        assert!(tid(micros + 1, 0) > tid(micros, 1023));
        assert_eq!((untid("short"), untid("0000000000000")), (None, None));
    }

    #[test]
    fn places_of_links_and_tags_are_in_bytes() {
        let facets = rich("Größe: https://a.io/?x=1 #TagÄ @mara.example.com");
        assert_eq!(facets.len(), 2, "{facets:?}");
        assert_eq!(facets[0]["index"], json!({ "byteStart": 9, "byteEnd": 26 }));
        assert_eq!(facets[1]["features"][0]["tag"], "TagÄ");
    }
}

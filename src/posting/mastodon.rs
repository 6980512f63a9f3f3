//! Mastodon (docs.joinmastodon.org, "statuses API methods", "media API methods").

use super::client::{Call, Client, Error, Reply};
use super::{Account, Job, Progress, Sent};
use crate::digest::Hasher;
use crate::share::Snippet;
use crate::text;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An account of an instance.
pub struct Mastodon {
    client: Client,
    account: String,
}

/// How often an instance is asked whether it has worked on a picture, at the most.
const LOOKS: usize = 20;
/// Posts of the account among which one that broke off is looked for.
const RECENT: usize = 40;

fn refused(what: &str, reply: &Reply) -> Error {
    Error::refused(format!("the instance refused {what}: {}", reply.why()))
}

impl Mastodon {
    /// Signs in: a wrong token is known before anything is sent.
    pub fn open(client: Client, token: &str) -> Result<Mastodon, Error> {
        let client = client.with_token(token);
        let reply = client.get("/api/v1/accounts/verify_credentials")?;
        match reply.text("id").filter(|_| reply.is_ok()) {
            Some(id) => Ok(Mastodon { account: id.to_string(), client }),
            None if [401, 403].contains(&reply.status) => Err(Error::refused(
                "the instance does not know the token: make one with the scopes `read:accounts`, `read:statuses`, `write:media` and `write:statuses`",
            )),
            None => Err(refused("to say whose token it is", &reply)),
        }
    }

    fn upload(&self, card: &[u8], alt: &str) -> Result<String, Error> {
        // A boundary that cannot be in the picture by chance, and is the same for the same picture.
        let boundary = format!("hub-{:?}", Hasher::new("boundary").bytes(card).text(alt).finish());
        let mut body = Vec::with_capacity(card.len() + 512);
        let alt = alt.replace(['\r', '\n'], " ");
        body.extend(
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\n{alt}\r\n").bytes(),
        );
        body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"card.png\"\r\ncontent-type: image/png\r\n\r\n").bytes());
        body.extend_from_slice(card);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let headers = vec![("content-type", format!("multipart/form-data; boundary={boundary}"))];
        let mut reply =
            self.client.send(&Call { method: "POST", path: "/api/v2/media".into(), headers, body: &body })?;
        let id = match reply.text("id").filter(|_| reply.is_ok()) {
            Some(id) => id.to_string(),
            None => return Err(refused("the card", &reply)),
        };
        // 202 and 206: it is still being worked on.
        for _ in 0..LOOKS {
            match reply.status {
                200 => return Ok(id),
                202 | 206 => {
                    self.client.pause();
                    reply = self.client.get(format!("/api/v1/media/{}", text::percent_encode(&id)))?;
                }
                _ => return Err(refused("the card", &reply)),
            }
        }
        Err(Error::refused("the instance does not get done with the card; try again later"))
    }

    /// The post of a sending that broke off, if it arrived: the tracked link is in it and nowhere else.
    fn find(&self, snippet: &Snippet, text: &str) -> Result<Option<(String, String)>, Error> {
        let path = format!(
            "/api/v1/accounts/{}/statuses?limit={RECENT}&exclude_reblogs=true",
            text::percent_encode(&self.account)
        );
        let reply = self.client.get(path)?;
        let Some(posts) = reply.body.as_array().filter(|_| reply.is_ok()) else {
            return Err(Error::unknown(format!("the instance does not say what was posted: {}", reply.why())));
        };
        let linked = text.contains(&*snippet.url);
        let words = |text: &str| text.split_whitespace().collect::<String>();
        let is_it = |content: &str| match linked {
            true => content.contains(&text::escape(&snippet.url)) || content.contains(&*snippet.url),
            false => words(&text::plain(content)) == words(text),
        };
        let found = posts.iter().find(|p| p.get("content").and_then(Value::as_str).is_some_and(is_it));
        Ok(found.and_then(|post| Some((post.get("id")?.as_str()?.to_string(), address(post)))))
    }
}

fn address(post: &Value) -> String {
    let of = |key| post.get(key).and_then(Value::as_str);
    of("url").or_else(|| of("uri")).unwrap_or_default().to_string()
}

impl Account for Mastodon {
    fn key(&self, snippet: &Snippet, begun: Timestamp) -> String {
        let mut hasher = Hasher::new("mastodon");
        hasher.text(&snippet.article).text(&snippet.variant).text(&snippet.text).number(begun.as_second() as u64);
        format!("{:?}", hasher.finish())
    }

    fn send(&self, job: &Job<'_>, progress: Progress<'_>) -> Result<Sent, Error> {
        let snippet = job.snippet;
        let parts: Vec<&String> = std::iter::once(&snippet.text).chain(&snippet.thread).collect();
        let (mut ids, mut url) = (job.ids.clone(), String::new());
        if job.again {
            // Keys are known to an instance for an hour; what broke off may be older.
            for (i, part) in parts.iter().enumerate() {
                match self.find(snippet, part)? {
                    Some((id, address)) if i == ids.len() => {
                        ids.push(id);
                        progress(&ids)?;
                        url = if i == 0 { address } else { url };
                    }
                    Some((_, address)) if i == 0 => url = address,
                    Some(_) => {}
                    None if i >= ids.len() => break,
                    None => {}
                }
            }
        }
        for (i, part) in parts.iter().enumerate().skip(ids.len()) {
            let mut post = json!({ "status": part, "visibility": "public" });
            if let Some(language) = job.language.split('-').next().filter(|l| l.len() == 2) {
                post["language"] = language.into();
            }
            if let Some(card) = job.card.as_ref().filter(|_| i == 0) {
                post["media_ids"] = json!([self.upload(card, &snippet.alt)?]);
            }
            if let Some(id) = ids.last() {
                post["in_reply_to_id"] = id.as_str().into();
            }
            let headers = vec![("idempotency-key", format!("{}-{i}", job.key))];
            let reply = self.client.post("/api/v1/statuses", headers, &post)?;
            let Some(id) = reply.text("id").filter(|_| reply.is_ok()) else {
                let error = refused("the post", &reply);
                return Err(Error { refused: ids.is_empty(), ..error });
            };
            if i == 0 {
                url = address(&reply.body);
            }
            ids.push(id.to_string());
            progress(&ids)?;
        }
        Ok(Sent { ids, url })
    }
}

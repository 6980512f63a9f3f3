//! Azure Blob Storage, by its REST interface with a shared key or a shared access signature
//! (learn.microsoft.com/rest/api/storageservices: "Authorize with Shared Key", "Put Blob", "Copy Blob", "List Blobs").

use super::{Can, Keep, Kind, Lock, Target, World, optional_text, required};
use crate::posting::Clock;
use crate::publish::door::{Bytes, Door, Error, Metadata, Object, Store, Trouble, When};
use crate::publish::http::{Answer, Ask, Http, element};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::time::Duration;
use zeroize::Zeroizing;

/// The row of Azure.
pub(super) const KIND: Kind = Kind {
    name: "azure",
    title: "Azure Blob Storage",
    settings: &[
        required("account", "The storage account."),
        optional_text("container", "The container; `$web`, that of static websites, unless given."),
        optional_text("prefix", "A folder in the container that the site lies in."),
        optional_text("endpoint", "The address of the service; `https://ACCOUNT.blob.core.windows.net` unless given."),
    ],
    credentials: "`AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN` or `AZURE_STORAGE_CONNECTION_STRING`",
    can: Can { keep: Keep::Copies, headers: true, compress: true, lock: Lock::Swap },
    open,
};

const VERSION: &str = "2021-12-02";

enum Right {
    /// The key of the account.
    Key(Zeroizing<Vec<u8>>),
    /// A query that carries the right.
    Signature(Zeroizing<String>),
}

struct Azure {
    http: Http,
    account: String,
    /// The address of the container.
    base: String,
    prefix: String,
    right: Right,
    clock: Clock,
}

fn open(target: &Target, world: &World) -> Result<Door, Error> {
    let account = target.required("account").to_string();
    let own = target.text("endpoint").map(|e| e.trim_end_matches('/').to_string());
    let endpoint = own.unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
    let container = target.text("container").unwrap_or("$web");
    let var = |name: &str| (world.var)(name).map(Zeroizing::new);
    let of_connection = |key: &str| {
        let text = var("AZURE_STORAGE_CONNECTION_STRING")?;
        let pair = text.split(';').find_map(|pair| pair.trim().strip_prefix(key)?.strip_prefix('='));
        pair.map(|value| Zeroizing::new(value.to_string()))
    };
    let key = var("AZURE_STORAGE_KEY").or_else(|| of_connection("AccountKey"));
    let right = match key {
        Some(key) => {
            let wrong =
                |_| Error::new(Trouble::Denied, "the key of the account is not base64: copy it again from the portal");
            Right::Key(Zeroizing::new(STANDARD.decode(key.trim()).map_err(wrong)?))
        }
        None => match var("AZURE_STORAGE_SAS_TOKEN").or_else(|| of_connection("SharedAccessSignature")) {
            Some(token) => Right::Signature(Zeroizing::new(token.trim().trim_start_matches('?').to_string())),
            None => {
                let message = "no credentials: set `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN` or `AZURE_STORAGE_CONNECTION_STRING`";
                return Err(Error::new(Trouble::Denied, message));
            }
        },
    };
    let http = Http::to(&endpoint)?;
    let prefix = super::prefix(target.text("prefix"));
    let base = format!("{endpoint}/{}", crate::text::encode_path(container));
    Ok(Door::Store(Box::new(Azure { http, account, base, prefix, right, clock: world.clock })))
}

fn said(answer: &Answer) -> String {
    let xml = String::from_utf8_lossy(&answer.body);
    let code = answer.header("x-ms-error-code").map(str::to_string).or_else(|| element(&xml, "Code"));
    let message = element(&xml, "Message").and_then(|m| m.lines().next().map(str::to_string));
    [code, message].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// The text that is signed ("Authorize with Shared Key", "Constructing the signature string" of versions since 2015-02-21).
fn to_sign(
    account: &str,
    method: &str,
    url: &str,
    query: &[(&str, String)],
    headers: &[(&'static str, String)],
    len: u64,
) -> String {
    let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v.as_str());
    let length = if len == 0 { String::new() } else { len.to_string() };
    let mut lines = vec![
        method.to_string(),
        header("content-encoding").to_string(),
        header("content-language").to_string(),
        length,
        header("content-md5").to_string(),
        header("content-type").to_string(),
        // `x-ms-date` stands in its place.
        String::new(),
        header("if-modified-since").to_string(),
        header("if-match").to_string(),
        header("if-none-match").to_string(),
        header("if-unmodified-since").to_string(),
        header("range").to_string(),
    ];
    let mut own: Vec<&(&str, String)> = headers.iter().filter(|(name, _)| name.starts_with("x-ms-")).collect();
    own.sort();
    lines.extend(own.iter().map(|(name, value)| format!("{name}:{}", value.trim())));
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    lines.push(format!("/{account}/{path}"));
    let mut query: Vec<&(&str, String)> = query.iter().collect();
    query.sort();
    lines.extend(query.iter().map(|(name, value)| format!("{name}:{value}")));
    lines.join("\n")
}

impl Azure {
    fn url(&self, key: &str) -> String {
        format!("{}/{}{}", self.base, crate::text::encode_path(&self.prefix), crate::text::encode_path(key))
    }

    /// Sends a request, signed anew.
    fn ask(
        &self,
        method: &str,
        url: &str,
        query: &[(&'static str, String)],
        mut headers: Vec<(&'static str, String)>,
        body: Option<Bytes<'_>>,
    ) -> Result<Answer, Error> {
        let now = (self.clock.now)().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers.extend([("x-ms-date", now), ("x-ms-version", VERSION.to_string())]);
        let len = match body {
            None => 0,
            Some(Bytes::Here(bytes)) => bytes.len() as u64,
            Some(Bytes::File(_, len)) => len,
        };
        let mut pairs: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", crate::text::percent_encode(value))).collect();
        match &self.right {
            Right::Signature(token) => pairs.push(token.to_string()),
            Right::Key(key) => {
                let text = to_sign(&self.account, method, url, query, &headers, len);
                let signed = Hmac::<Sha256>::new_from_slice(key).map(|mut mac| {
                    mac.update(text.as_bytes());
                    STANDARD.encode(mac.finalize().into_bytes())
                });
                let signature =
                    signed.map_err(|_| Error::new(Trouble::Denied, "the key of the account cannot be used"))?;
                headers.push(("authorization", format!("SharedKey {}:{signature}", self.account)));
            }
        }
        let whole = if pairs.is_empty() { url.to_string() } else { format!("{url}?{}", pairs.join("&")) };
        self.http.send(&Ask { method, url: &whole, headers, body })
    }
}

impl Store for Azure {
    fn lock(&self) -> Lock {
        KIND.can.lock
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let answer = self.ask("GET", &self.url(key), &[], Vec::new(), None)?;
        if answer.status == 404 && said(&answer).starts_with("BlobNotFound") {
            return Ok(None);
        }
        let answer = answer.ok(said)?;
        Ok(Some(Object { version: answer.version(), bytes: answer.body }))
    }

    fn put(&self, key: &str, bytes: Bytes<'_>, meta: &Metadata, when: When<'_>) -> Result<Option<String>, Error> {
        let mut headers = vec![
            ("content-type", meta.content_type.to_string()),
            ("x-ms-blob-type", "BlockBlob".to_string()),
            ("x-ms-blob-content-type", meta.content_type.to_string()),
        ];
        if !meta.cache_control.is_empty() {
            headers.push(("x-ms-blob-cache-control", meta.cache_control.clone()));
        }
        headers.extend(meta.encoding.map(|encoding| ("x-ms-blob-content-encoding", encoding.to_string())));
        match when {
            When::Always => {}
            When::Absent => headers.push(("if-none-match", "*".to_string())),
            When::Is(version) => headers.push(("if-match", version.to_string())),
        }
        Ok(self.ask("PUT", &self.url(key), &[], headers, Some(bytes))?.ok(said)?.version())
    }

    fn delete(&self, keys: &[String]) -> Result<(), Error> {
        for key in keys {
            let answer = self.ask("DELETE", &self.url(key), &[], Vec::new(), None)?;
            if answer.status != 404 {
                answer.ok(said)?;
            }
        }
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (mut keys, mut marker) = (Vec::new(), String::new());
        loop {
            let mut query = vec![("comp", "list".to_string()), ("restype", "container".to_string())];
            query.push(("prefix", format!("{}{prefix}", self.prefix)));
            if !marker.is_empty() {
                query.push(("marker", marker));
            }
            let answer = self.ask("GET", &self.base, &query, Vec::new(), None)?.ok(said)?;
            let xml = String::from_utf8_lossy(&answer.body).into_owned();
            for part in xml.split("<Name>").skip(1) {
                let name = crate::text::plain(part.split("</Name>").next().unwrap_or_default());
                keys.extend(name.strip_prefix(&self.prefix).map(str::to_string));
            }
            match element(&xml, "NextMarker").filter(|next| !next.is_empty()) {
                Some(next) => marker = next,
                None => return Ok(keys),
            }
        }
    }

    fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        let mut source = self.url(from);
        if let Right::Signature(token) = &self.right {
            source = format!("{source}?{}", **token);
        }
        let answer = self.ask("PUT", &self.url(to), &[], vec![("x-ms-copy-source", source)], Some(Bytes::Here(&[])))?;
        if answer.status == 404 {
            return Ok(false);
        }
        let mut answer = answer.ok(said)?;
        // Copies within an account are made at once, most of the time.
        for _ in 0..120 {
            match answer.header("x-ms-copy-status") {
                Some("pending") => (self.clock.sleep)(Duration::from_millis(500)),
                None | Some("success") => return Ok(true),
                Some(_) => return Err(Error::again("the copy failed")),
            }
            answer = self.ask("HEAD", &self.url(to), &[], Vec::new(), None)?.ok(said)?;
        }
        Err(Error::again("the copy takes too long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Authorize with Shared Key": Get Container Metadata, and one with a body.
    #[test]
    fn the_signed_text_is_that_of_the_documentation() {
        let headers =
            [("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT".to_string()), ("x-ms-version", "2015-02-21".to_string())];
        let query =
            [("restype", "container".to_string()), ("comp", "metadata".to_string()), ("timeout", "20".to_string())];
        let url = "https://myaccount.blob.core.windows.net/mycontainer";
        assert_eq!(
            to_sign("myaccount", "GET", url, &query, &headers, 0),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }
}

//! Answers, as HTTP says them (RFC 9110).

use super::http::{App, Current, is_inside, page_of};
use super::view::{View, is_html};
use crate::desk::Reply;
use crate::render::{Bytes, SealedPart, Snapshot};
use crate::site::RouteId;
use crate::source::RelPath;
use axum::body::{Body, Bytes as Piece};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use std::io::{self, Read as _, Seek as _};
use std::sync::Arc;

/// What the pages of preview load from the server itself.
const ASSETS: [(&str, &str, &str); 2] = [
    ("assets/live.js", "text/javascript; charset=utf-8", include_str!("assets/live.js")),
    ("assets/live.css", "text/css; charset=utf-8", include_str!("assets/live.css")),
];

/// An answer that no browser keeps: the next one may be another.
pub(super) fn with(status: StatusCode, media: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(media) = HeaderValue::from_str(media) {
        headers.insert(header::CONTENT_TYPE, media);
    }
    response
}

/// An answer of one sentence.
pub(super) fn plain(status: StatusCode, words: &str) -> Response {
    with(status, "text/plain; charset=utf-8", format!("{words}\n"))
}

/// It is elsewhere: with a slash at the end.
pub(super) fn moved(to: &str, query: &str) -> Response {
    let mut response = plain(StatusCode::TEMPORARY_REDIRECT, "the page ends in a slash");
    let to = if query.is_empty() { to.to_string() } else { format!("{to}?{query}") };
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// A file of the server's own.
pub(super) fn own_asset(path: &str) -> Option<Response> {
    let (_, media, text) = ASSETS.iter().find(|(name, ..)| *name == path)?;
    Some(with(StatusCode::OK, media, *text))
}

/// An answer of the desk.
pub(super) fn reply(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with(status, "text/plain; charset=utf-8", reply.body);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What a browser asked for.
pub(super) struct Asked<'a> {
    /// The decoded path.
    pub path: &'a str,
    /// How what is found there is answered.
    pub status: StatusCode,
    /// What it said beside.
    pub headers: &'a HeaderMap,
}

/// A page or file of the site.
pub(super) fn page(app: &App, current: &Current, id: RouteId, view: &Arc<View>, asked: Asked<'_>) -> Response {
    let Asked { path, status, headers } = asked;
    let site = &current.state.site;
    let route = site.plan.route(id);
    let media = media_type(&route.output());
    match &view.page.bytes {
        Bytes::New(bytes) if is_html(route) => {
            let mut response = with(status, media, page_of(bytes, current, path, view.look));
            if let Ok(policy) = HeaderValue::from_str(current.policy()) {
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
        Bytes::New(bytes) => with(status, media, bytes.clone()),
        Bytes::File(file) if !is_inside(&app.root, file) => {
            plain(StatusCode::FORBIDDEN, "the file lies outside of the site")
        }
        Bytes::File(file) => whole_or_part(site, file, media, headers)
            .unwrap_or_else(|e| plain(StatusCode::NOT_FOUND, &format!("`{file}` cannot be read: {e}"))),
        Bytes::Sealed(_) => with(status, media, sealed(site.clone(), view.clone())),
        Bytes::Same => plain(StatusCode::INTERNAL_SERVER_ERROR, "this is a bug in hub: a page without bytes"),
    }
}

/// A file in pieces of this many bytes.
const PIECE: usize = 256 << 10;

/// A file, or the part of it that was asked for: players of sound and films ask for parts.
fn whole_or_part(site: &Snapshot, file: &RelPath, media: &str, headers: &HeaderMap) -> io::Result<Response> {
    let mut from = site.open(file)?;
    let len = from.seek(io::SeekFrom::End(0))?;
    let wanted = headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| range(v, len));
    let (start, end) = match wanted {
        Some(Some(part)) => part,
        Some(None) => {
            let mut response = plain(StatusCode::RANGE_NOT_SATISFIABLE, "the file is shorter");
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{len}"));
            return Ok(response);
        }
        None => (0, len),
    };
    from.seek(io::SeekFrom::Start(start))?;
    let pieces = stream::unfold((from, end - start), |(mut from, left)| async move {
        if left == 0 {
            return None;
        }
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
            let n = from.read(&mut piece)?;
            piece.truncate(n);
            Ok::<_, io::Error>((piece, from))
        });
        match read.await.map_err(io::Error::other).and_then(|read| read) {
            // It became shorter meanwhile.
            Ok((piece, _)) if piece.is_empty() => None,
            Ok((piece, from)) => {
                let left = left - piece.len() as u64;
                Some((Ok(Piece::from(piece)), (from, left)))
            }
            Err(e) => Some((Err(e), (Box::new(io::empty()) as Box<dyn crate::files::Pieces>, 0))),
        }
    });
    let part = wanted.is_some();
    let status = if part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = with(status, media, Body::from_stream(pieces));
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::CONTENT_LENGTH, &(end - start).to_string());
    if part {
        insert(&mut response, header::CONTENT_RANGE, &format!("bytes {start}-{}/{len}", end - 1));
    }
    Ok(response)
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The first range that a header asks for, of a file of `len` bytes: from the first byte to one past the last. None if the header
/// is none of ranges; none within if the file has no such bytes.
fn range(header: &str, len: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = header.strip_prefix("bytes=")?.split(',').next()?.trim().split_once('-')?;
    let part = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (None, Some(last)) if first.is_empty() => (len.saturating_sub(last), len),
        (Some(first), None) if last.is_empty() => (first, len),
        (Some(first), Some(last)) => (first, last.saturating_add(1).min(len)),
        _ => return None,
    };
    Some((part.0 < part.1).then_some(part))
}

/// A sealed file, sealed while it is sent.
fn sealed(site: Arc<Snapshot>, view: Arc<View>) -> Body {
    let (send, receive) = tokio::sync::mpsc::channel::<io::Result<Piece>>(4);
    tokio::task::spawn_blocking(move || {
        let Bytes::Sealed(part) = &view.page.bytes else { return };
        let part: &SealedPart = part;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let mut out = |piece: &[u8]| send.blocking_send(Ok(Piece::copy_from_slice(piece))).map_err(|_| gone());
        if let Err(e) = part.write(&site, &mut out) {
            // Nobody is left to tell if the reader is gone.
            let _ = send.blocking_send(Err(e));
        }
    });
    Body::from_stream(stream::unfold(receive, |mut receive| async move {
        let piece = receive.recv().await?;
        Some((piece, receive))
    }))
}

/// The media type of an output.
fn media_type(output: &str) -> &'static str {
    let name = output.rsplit('/').next().unwrap_or(output);
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml; charset=utf-8",
        "txt" | "_headers" | "_redirects" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "ics" => "text/calendar; charset=utf-8",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "wasm" => "application/wasm",
        "webm" => "video/webm",
        _ => crate::files::media_type(&RelPath::new(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        assert_eq!(range("bytes=0-", 10), Some(Some((0, 10))));
        assert_eq!(range("bytes=2-3", 10), Some(Some((2, 4))));
        assert_eq!(range("bytes=-4, 1-2", 10), Some(Some((6, 10))));
        assert_eq!(range("bytes=10-", 10), Some(None));
        assert_eq!(range("lines=1-2", 10), None);
    }
}

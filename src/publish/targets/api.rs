//! Interfaces of hosts that take JSON and a token, and what targets with such an interface have in common.

use super::World;
use crate::publish;
use crate::publish::door::{Bytes, Error, Trouble};
use crate::publish::http::{Answer, Ask, Http};
use crate::publish::push::patiently;
use serde_json::Value;
use std::time::Duration;
use zeroize::Zeroizing;

/// An interface.
pub(super) struct Api {
    http: Http,
    base: String,
    token: Zeroizing<String>,
    world: World,
    /// What the server says is wrong, from its answer.
    said: fn(&Value) -> String,
}

/// A request of an interface.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub method: &'a str,
    /// Behind the interface's address.
    pub path: &'a str,
    /// `Content-Type` and body.
    pub body: Option<(&'a str, Bytes<'a>)>,
    /// Another token than that of the account.
    pub token: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Asks for something.
    pub fn get(path: &'a str) -> Call<'a> {
        Call { method: "GET", path, body: None, token: None }
    }

    /// Sends JSON.
    pub fn post(path: &'a str, json: &'a [u8]) -> Call<'a> {
        Call { method: "POST", path, body: Some(("application/json", Bytes::Here(json))), token: None }
    }
}

impl Api {
    /// An interface at an address, with the token of a variable.
    pub fn open(world: &World, base: &str, variable: &str, said: fn(&Value) -> String) -> Result<Api, Error> {
        let Some(token) = (world.var)(variable) else {
            return Err(Error::new(Trouble::Denied, format!("no token: set `{variable}`")));
        };
        let base = base.trim_end_matches('/').to_string();
        Ok(Api {
            http: Http::to(&base)?,
            base,
            token: Zeroizing::new(token.trim().to_string()),
            world: world.clone(),
            said,
        })
    }

    /// Sends a request once.
    pub fn once(&self, call: Call<'_>) -> Result<Answer, Error> {
        let token = call.token.unwrap_or(&self.token);
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        if let Some((kind, _)) = call.body {
            headers.push(("content-type", kind.to_string()));
        }
        let url = format!("{}{}", self.base, call.path);
        let answer =
            self.http.send(&Ask { method: call.method, url: &url, headers, body: call.body.map(|(_, b)| b) })?;
        answer.ok(|answer| (self.said)(&json(answer)))
    }

    /// Sends a request, again where that may help, and reads the answer.
    pub fn call(&self, call: Call<'_>) -> Result<Value, Error> {
        patiently(&self.world, || self.once(call)).map(|answer| json(&answer))
    }

    /// Asks until something is so: once a second, for `minutes` at the most.
    pub fn until<T>(&self, minutes: u32, what: &str, ask: impl Fn() -> Result<Option<T>, Error>) -> Result<T, Error> {
        for attempt in 0..minutes * 60 {
            if let Some(found) = ask()? {
                return Ok(found);
            }
            // The first answers come soon where there is little to do.
            (self.world.clock.sleep)(Duration::from_millis(if attempt < 4 { 250 } else { 1000 }));
        }
        Err(Error::other(format!("{what} after {minutes} minutes; look at the host's own pages")))
    }
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// Text of an answer, by the keys that lead there.
pub(super) fn text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

/// Does something with each, by several threads. The first error ends it.
pub(super) fn each<T: Sync>(
    items: &[T],
    parallel: usize,
    act: impl Fn(&T) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    // Nobody waits for a sign of life: what is sent is shown only when all of it is there.
    publish::each(items, parallel, &act, (Duration::from_secs(3600), &mut || Ok(())))
}

//! Where credentials come from: variables of the environment and the files that other tools of the trade read. They are never
//! printed: nothing here can be shown.

use super::door::{Error, Trouble};
use super::targets::World;
use zeroize::Zeroizing;

/// A name and its password.
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Zeroizing<String>,
}

/// A pair of keys, as S3 has them.
pub struct Keys {
    /// The public one.
    pub id: String,
    /// The secret one.
    pub secret: Zeroizing<String>,
    /// That of a session, if it is one.
    pub session: Option<Zeroizing<String>>,
}

fn missing(message: impl Into<String>) -> Error {
    Error::new(Trouble::Denied, message)
}

/// The keys of S3: `PREFIX_ACCESS_KEY_ID` and `PREFIX_SECRET_ACCESS_KEY`, else the profile of `~/.aws/credentials`
/// (docs.aws.amazon.com, "Configuration and credential file settings").
pub fn keys(world: &World, prefix: &str, profile: Option<&str>) -> Result<Keys, Error> {
    let var = |name: &str| (world.var)(&format!("{prefix}_{name}"));
    if profile.is_none()
        && let (Some(id), Some(secret)) = (var("ACCESS_KEY_ID"), var("SECRET_ACCESS_KEY"))
    {
        return Ok(Keys { id, secret: Zeroizing::new(secret), session: var("SESSION_TOKEN").map(Zeroizing::new) });
    }
    let profile = profile.map(str::to_string).or_else(|| (world.var)("AWS_PROFILE").filter(|_| prefix == "AWS"));
    let named = profile.clone().unwrap_or_else(|| "default".to_string());
    if (prefix == "AWS" || profile.is_some())
        && let Some(text) = aws_file(world, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
        && let (Some(id), Some(secret)) =
            (ini(&text, &named, "aws_access_key_id"), ini(&text, &named, "aws_secret_access_key"))
    {
        let session = ini(&text, &named, "aws_session_token").map(Zeroizing::new);
        return Ok(Keys { id, secret: Zeroizing::new(secret), session });
    }
    let file = match (prefix, &profile) {
        (_, Some(profile)) => format!(", or add the profile `{profile}` to `~/.aws/credentials`"),
        ("AWS", None) => ", or add them to `~/.aws/credentials`".to_string(),
        _ => String::new(),
    };
    Err(missing(format!("no keys: set `{prefix}_ACCESS_KEY_ID` and `{prefix}_SECRET_ACCESS_KEY`{file}")))
}

/// The region that the environment or `~/.aws/config` names.
pub fn region(world: &World, profile: Option<&str>) -> Option<String> {
    let var = |name| (world.var)(name);
    let named = profile.map(str::to_string).or_else(|| var("AWS_PROFILE"));
    let section = named.map_or_else(|| "default".to_string(), |name| format!("profile {name}"));
    let file = || ini(&aws_file(world, "AWS_CONFIG_FILE", "config")?, &section, "region");
    var("AWS_REGION").or_else(|| var("AWS_DEFAULT_REGION")).or_else(file)
}

fn aws_file(world: &World, variable: &str, name: &str) -> Option<Zeroizing<String>> {
    let path = (world.var)(variable).map(Into::into).or_else(|| Some(world.home.as_ref()?.join(".aws").join(name)))?;
    std::fs::read_to_string(path).ok().map(Zeroizing::new)
}

fn ini(text: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = name.trim() == section;
        } else if inside
            && let Some((k, value)) = line.split_once('=')
            && k.trim() == key
        {
            return Some(value.trim().to_string());
        }
    }
    None
}

/// A name and a password: `PREFIX_USER` and `PREFIX_PASSWORD`, else the machine of `~/.netrc`. `user` is that of `site.toml`.
pub fn login(world: &World, prefix: &str, host: &str, user: Option<&str>) -> Result<Login, Error> {
    let var = |name: &str| (world.var)(&format!("{prefix}_{name}"));
    let named = user.map(str::to_string).or_else(|| var("USER"));
    if let (Some(user), Some(password)) = (&named, var("PASSWORD")) {
        return Ok(Login { user: user.clone(), password: Zeroizing::new(password) });
    }
    let path = (world.var)("NETRC").map(Into::into).or_else(|| Some(world.home.as_ref()?.join(".netrc")));
    let text = path.and_then(|path: std::path::PathBuf| std::fs::read_to_string(path).ok()).map(Zeroizing::new);
    if let Some(found) = text.and_then(|text| netrc(&text, host, named.as_deref())) {
        return Ok(found);
    }
    let message = format!(
        "no password for `{host}`: set `{prefix}_USER` and `{prefix}_PASSWORD`, or add the machine to `~/.netrc`"
    );
    Err(missing(message))
}

/// The login of a machine (`ftp(1)`, "The .netrc file"); macros are passed over.
fn netrc(text: &str, host: &str, user: Option<&str>) -> Option<Login> {
    let mut words = text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let (mut here, mut login, mut password) = (false, None::<&str>, None::<&str>);
    let found = |here: bool, login: Option<&str>, password: Option<&str>| {
        let login = login.or(user)?;
        (here && user.is_none_or(|user| user == login))
            .then(|| Some(Login { user: login.to_string(), password: Zeroizing::new(password?.to_string()) }))?
    };
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if let Some(found) = found(here, login, password) {
                    return Some(found);
                }
                here = word == "default" || words.next() == Some(host);
                (login, password) = (None, None);
            }
            "login" => login = words.next(),
            "password" => password = words.next(),
            "account" => drop(words.next()),
            _ => {}
        }
    }
    found(here, login, password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_of_credentials_is_read() {
        const WORDS: &[&str] = &[
            "machine ",
            "a.io",
            "login ",
            "password ",
            "default ",
            "account ",
            "macdef x\n",
            "# ",
            "\n",
            "[",
            "]",
            "default]\n",
            "=",
            "aws_access_key_id",
            "é",
            "\0",
            " ",
        ];
        bolero::check!().with_iterations(2000).for_each(|seed: &[u8]| {
            let text: String = seed.iter().map(|b| WORDS[usize::from(*b) % WORDS.len()]).collect();
            netrc(&text, "a.io", None);
            netrc(&text, "a.io", Some("a.io"));
            ini(&text, "default", "aws_access_key_id");
        });
    }

    #[test]
    fn netrc_gives_the_login_of_the_machine() {
        let text = "machine a.io login jane password one\n# machine b.io\nmachine b.io\n  login joe\n  password two\ndefault login any password three";
        let of = |host, user| netrc(text, host, user).map(|l| (l.user, l.password.to_string()));
        let pair = |a: &str, b: &str| Some((a.to_string(), b.to_string()));
        assert_eq!(of("a.io", None), pair("jane", "one"));
        assert_eq!(of("b.io", Some("joe")), pair("joe", "two"));
        assert_eq!(of("c.io", None), pair("any", "three"));
        assert_eq!(of("b.io", Some("jim")), None);
    }

    #[test]
    fn profiles_are_sections() {
        let text = "[default]\naws_access_key_id = A\n[r2]\naws_access_key_id=B\n";
        assert_eq!(ini(text, "r2", "aws_access_key_id").as_deref(), Some("B"));
        assert_eq!(ini(text, "default", "aws_access_key_id").as_deref(), Some("A"));
        assert_eq!(ini(text, "r2", "aws_secret_access_key"), None);
    }
}

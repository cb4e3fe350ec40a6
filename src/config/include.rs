//! `include`: which files a pattern names. What cannot be looked into is a fault and never nothing, since rules that
//! stand there would vanish with it: an `allow`, a `require`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{Pattern, PatternError};

/// More included files than this are a mistake in the pattern.
pub(super) const MAX_FILES: usize = 1000;

/// Why nobody can say what a pattern names.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("{} cannot be looked into: {source}", path.display())]
    Closed { path: PathBuf, source: io::Error },
    #[error("{} is a link, which `**` does not follow", path.display())]
    Link { path: PathBuf },
}

impl Error {
    /// What would be right.
    pub(super) const fn cure(&self) -> &'static str {
        match self {
            Self::Pattern(_) => EXAMPLE,
            Self::Closed { .. } => {
                "make it a folder that the service may read, or take it away: none at all is no mistake"
            }
            Self::Link { .. } => "name the folder behind it as well, with a pattern of its own",
        }
    }

    fn closed(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Closed {
            path: path.clone(),
            source,
        }
    }
}

pub(super) const EXAMPLE: &str = "for example: include = [\"conf.d/*.toml\"]";

/// Whether a pattern stands for any number of files, none included.
pub(super) fn is_open(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// All files that a pattern names, beginning at a folder unless it begins at the root.
///
/// # Errors
/// A pattern that is none, and the first place that cannot be looked into.
pub(super) fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    Pattern::new(pattern)?;
    let mut parts = Vec::new();
    for component in Path::new(pattern).components() {
        parts.push(Part::of(component)?);
    }
    let mut found = Vec::new();
    expand(folder.to_owned(), &parts, &mut found)?;
    Ok(found)
}

/// What stands between two `/` of a pattern.
enum Part {
    /// As it is written.
    Literal(PathBuf),
    /// Names that match.
    Names(Pattern),
    /// `**`: this folder and all below it.
    Folders,
}

impl Part {
    fn of(component: Component<'_>) -> Result<Self, PatternError> {
        let text = component.as_os_str().to_string_lossy();
        if text == "**" {
            return Ok(Self::Folders);
        }
        if is_open(&text) {
            return Pattern::new(&text).map(Self::Names);
        }
        Ok(Self::Literal(component.as_os_str().into()))
    }
}

fn expand(here: PathBuf, parts: &[Part], found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let Some((part, rest)) = parts.split_first() else {
        found.push(here);
        return Ok(());
    };
    match part {
        Part::Literal(name) => {
            let next = here.join(name);
            if is_there(&next)? {
                if !rest.is_empty() {
                    // A link that leads nowhere has nothing below it, but what belongs there is missed.
                    is_folder(&next)?;
                }
                expand(next, rest, found)?;
            }
        }
        Part::Names(pattern) => {
            for (name, path) in entries(&here)? {
                let fits = pattern.matches(&name);
                if fits && (rest.is_empty() || is_folder(&path)?) {
                    expand(path, rest, found)?;
                }
            }
        }
        Part::Folders => {
            for (_, path) in entries(&here)? {
                if !is_folder(&path)? {
                    continue;
                }
                // It may lead back up, and what is behind it must not be missed either.
                if path.is_symlink() {
                    return Err(Error::Link { path });
                }
                expand(path, parts, found)?;
            }
            expand(here, rest, found)?;
        }
    }
    Ok(())
}

/// Whether there is something of this name, if only a link that leads nowhere.
fn is_there(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::closed(path)(error)),
    }
}

fn is_folder(path: &Path) -> Result<bool, Error> {
    let metadata = path.metadata().map_err(Error::closed(path))?;
    Ok(metadata.is_dir())
}

/// The names in a folder, as far as they can be compared with a pattern, and their paths.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let closed = Error::closed(here);
    let mut entries = Vec::new();
    for entry in fs::read_dir(here).map_err(&closed)? {
        let name = entry.map_err(&closed)?.file_name();
        entries.push((name.to_string_lossy().into_owned(), folder.join(name)));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with files, and links from one name to another.
    fn folder(files: &[&str], links: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        for (name, target) in links {
            symlink(target, folder.path().join(name)).unwrap();
        }
        folder
    }

    /// The names that match, relative to the folder.
    fn names(folder: &tempfile::TempDir, pattern: &str) -> Vec<String> {
        let mut names: Vec<String> = matching(folder.path(), pattern)
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap())
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_pattern_names_what_a_shell_would() {
        let files = ["a.toml", "b.toml", "b.txt", "in/a.toml", "in/deep/a.toml"];
        let folder = folder(&files, &[("linked.toml", "a.toml")]);
        assert_eq!(
            names(&folder, "*.toml"),
            ["a.toml", "b.toml", "linked.toml"]
        );
        assert_eq!(names(&folder, "./a.toml"), ["a.toml"]);
        assert_eq!(names(&folder, "[b]?t*"), ["b.toml", "b.txt"]);
        assert_eq!(names(&folder, "i*/a.toml"), ["in/a.toml"]);
        assert_eq!(names(&folder, "in/*"), ["in/a.toml", "in/deep"]);
        assert_eq!(names(&folder, "in/../a.toml"), ["in/../a.toml"]);
        let all = ["a.toml", "in/a.toml", "in/deep/a.toml"];
        assert_eq!(names(&folder, "**/a.toml"), all);
        let nothing: [&str; 0] = [];
        assert_eq!(names(&folder, "conf.d/*.toml"), nothing);
        assert_eq!(names(&folder, "a.toml.d/x.toml"), nothing);
        let rooted = format!("{}/in/*.toml", folder.path().display());
        assert_eq!(names(&folder, &rooted), ["in/a.toml"]);
    }

    #[test]
    fn inv_55_what_cannot_be_looked_into_is_no_empty_folder() {
        let links = [("loop", "loop"), ("gone", "nowhere")];
        let folder = folder(&["file", "some/x.toml"], &links);
        for pattern in [
            "file/*.toml",
            "file/x.toml",
            "loop/*.toml",
            "loop/x.toml",
            "gone/*.toml",
            "gone/some/*.toml",
            "*/x.toml",
            "**/x.toml",
        ] {
            let told = matching(folder.path(), pattern).unwrap_err();
            assert!(matches!(told, Error::Closed { .. }), "{pattern}: {told}");
        }
    }

    #[test]
    fn a_link_to_a_folder_is_followed_where_it_cannot_lead_back_up() {
        let folder = folder(&["in/a.toml"], &[("link", "in")]);
        assert_eq!(names(&folder, "*/a.toml"), ["in/a.toml", "link/a.toml"]);
        let told = matching(folder.path(), "**/a.toml").unwrap_err();
        assert!(matches!(told, Error::Link { .. }), "{told}");
    }

    #[test]
    fn inv_55_a_name_that_is_no_text_is_matched_all_the_same() {
        let folder = folder(&[], &[]);
        let name = OsStr::from_bytes(b"\xff.toml");
        fs::write(folder.path().join(name), "").unwrap();
        let found = matching(folder.path(), "*.toml").unwrap();
        assert_eq!(found, [folder.path().join(name)]);
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        for none in ["a**", "["] {
            let told = matching(Path::new(""), none).unwrap_err();
            assert!(matches!(told, Error::Pattern(_)), "{told}");
        }
    }

    #[test]
    fn a_file_in_the_working_folder_includes_from_there() {
        let found = matching(Path::new(""), "Cargo.tom?").unwrap();
        assert_eq!(found, [Path::new("Cargo.toml")]);
    }
}

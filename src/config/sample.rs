//! Configurations for tests of other rooms.

use super::{Config, load_file};

impl Config {
    /// What the file `text` says.
    pub(crate) fn sample(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("doorward.toml");
        std::fs::write(&path, text).unwrap();
        match load_file(&path) {
            Ok(loaded) => loaded.config,
            Err(faults) => panic!("{faults}"),
        }
    }
}

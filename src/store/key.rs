//! The key file: 32 random bytes as base64url, readable by nobody else, made once and never again for the same store.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Batch, Error, Seal, Store, Table, blocking};
use crate::secret::{self, Secret};

/// Key in [`Table::Meta`] of the value that proves which key belongs to the store.
const CHECK_KEY: &[u8] = b"key_check";

/// What is sealed there.
const CHECK_VALUE: &[u8] = b"doorward";

/// More than any key file has; what is longer is another file.
const MAX_FILE_BYTES: u64 = 1024;

/// The key that seals a store's contents.
#[derive(Clone, Debug)]
pub struct SealKey(Secret<[u8; 32]>);

impl SealKey {
    /// A new key.
    pub fn random() -> Self {
        Self(Secret::new(secret::random_bytes()))
    }

    /// Reads the key file, or makes one if there is none. Blocks.
    ///
    /// # Errors
    /// [`Error::KeyFile`] with what to do.
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            outcome => outcome.map_err(|error| unusable(path, &error)),
        }
    }

    /// Reads the key file. Blocks.
    ///
    /// # Errors
    /// [`Error::KeyFile`] with what to do.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::read(path).map_err(|error| unusable(path, &error))
    }

    /// The key itself.
    pub(super) const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    fn read(path: &Path) -> io::Result<Self> {
        let refuse = |text: &str| Err(io::Error::new(io::ErrorKind::InvalidData, text));
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return refuse("it is not a file");
        }
        // Threat model 46. Whoever else could read it may have: that is for a person to judge, not to be repaired.
        if metadata.mode() & 0o077 != 0 {
            return refuse("others may read or change it; make it private with chmod 600");
        }
        let mut text = Zeroizing::new(String::with_capacity(64));
        file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
        let bytes = secret::decode(text.trim()).map(Zeroizing::new);
        match bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()) {
            Some(key) => Ok(Self(Secret::new(key))),
            None => refuse("it does not hold a key (43 characters of base64url)"),
        }
    }

    /// The file appears whole, on stable storage, or not at all, and never in place of another: it is written beside
    /// its place under an unguessable name with mode 0600, and then given its name, which must be free.
    fn create(path: &Path) -> Result<Self, Error> {
        let key = Self::random();
        let text = Zeroizing::new(secret::encode(key.expose()));
        let folder = folder_of(path);
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new()
                .permissions(fs::Permissions::from_mode(0o600))
                .tempfile_in(&folder)?;
            writeln!(file, "{}", text.as_str())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(path).map_err(|error| error.error)?;
            File::open(&folder)?.sync_all()
        };
        write().map_err(|error| unusable(path, &error))?;
        Ok(key)
    }
}

/// The seal of a store, with the key in `path`. A store without contents gets its key here; one with contents opens
/// with that key only.
///
/// # Errors
/// [`Error::KeyFile`] if the file is missing or unusable, [`Error::WrongKey`] if it belongs to another store.
pub(super) async fn unlock(store: &dyn Store, path: &Path) -> Result<Seal, Error> {
    let path = PathBuf::from(path);
    let Some(check) = store.get(Table::Meta, CHECK_KEY).await? else {
        let key = blocking(move || SealKey::load_or_create(&path)).await?;
        let seal = Seal::new(&key)?;
        let mut batch = Batch::new();
        batch.expect_absent(Table::Meta, CHECK_KEY).put(
            Table::Meta,
            CHECK_KEY,
            seal.seal(Table::Meta, CHECK_KEY, CHECK_VALUE)?,
        );
        store.commit(batch).await?;
        return Ok(seal);
    };
    let seal = Seal::new(&blocking(move || SealKey::load(&path)).await?)?;
    match seal.open(Table::Meta, CHECK_KEY, &check) {
        Ok(value) if value.as_slice() == CHECK_VALUE => Ok(seal),
        Ok(_) => Err(Error::Damaged("the key's check value is wrong".to_owned())),
        Err(error) => Err(error),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    Error::KeyFile(if error.kind() == io::ErrorKind::NotFound {
        format!(
            "the key file {path} is missing; put back the one that belongs to this store, \
             or move the store away to begin with an empty one"
        )
    } else {
        format!("the key file {path} cannot be used: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn inv_46_the_key_file_is_private_and_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.key");
        let made = SealKey::load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let read = SealKey::load_or_create(&path).unwrap();
        assert!(made.0.matches(read.expose()));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn inv_46_a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.key");
        SealKey::load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = SealKey::load_or_create(&path).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{mode:o}: {error}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.key");
        for text in ["", "hunter2", &"A".repeat(42), &"A".repeat(2000)] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = SealKey::load_or_create(&path).unwrap_err();
            assert!(matches!(error, Error::KeyFile(_)), "{error:?}");
            assert!(!error.to_string().contains("hunter2"));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn inv_45_a_store_with_contents_never_gets_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.key");
        let store = Memory::new();
        unlock(&store, &path).await.unwrap();
        unlock(&store, &path).await.unwrap();

        fs::rename(&path, folder.path().join("lost")).unwrap();
        let error = unlock(&store, &path).await.unwrap_err();
        assert!(matches!(error, Error::KeyFile(_)), "{error:?}");
        assert!(!path.exists());

        SealKey::load_or_create(&path).unwrap();
        let error = unlock(&store, &path).await.unwrap_err();
        assert!(matches!(error, Error::WrongKey), "{error:?}");
    }
}

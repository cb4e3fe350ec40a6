//! A Doorward in process, as the binary would start it, on port 0 and with the time moved by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use doorward::admin::reload::{Reloaded, Wanted};
use doorward::app::App;
use doorward::cli::socket::Socket;
use doorward::clock::{Clock, Manual};
use doorward::config;
use doorward::tasks::Tasks;
use doorward::workers::Workers;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::wire::{Heard, PATIENCE, read_message, send_raw};

/// A running Doorward.
pub struct Broker {
    pub address: SocketAddr,
    pub management: SocketAddr,
    pub clock: Arc<Manual>,
    pub folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Broker {
    /// Starts one with this file, in a folder of its own.
    pub async fn start(file: &str, clock: Arc<Manual>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), file, clock).await
    }

    /// The same, with threads of their own for connections, as the binary has them. What these log is not captured.
    pub async fn start_on_workers(file: &str, clock: Arc<Manual>) -> Self {
        let workers = Workers::start(NonZeroUsize::new(2).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self::start_with(folder, file, clock, Tasks::with(workers)).await
    }

    /// Starts one with this file over what an earlier one left in its folder.
    pub async fn start_in(folder: TempDir, file: &str, clock: Arc<Manual>) -> Self {
        Self::start_with(folder, file, clock, Tasks::new()).await
    }

    async fn start_with(folder: TempDir, file: &str, clock: Arc<Manual>, tasks: Tasks) -> Self {
        let path = folder.path().join("doorward.toml");
        std::fs::write(&path, file).unwrap();
        let files = config::Files {
            file: path,
            environment: BTreeMap::new(),
        };
        let loaded = match config::load(&files) {
            Ok(loaded) => loaded,
            Err(faults) => panic!("{}", config::render(&faults.0, config::Style::Plain)),
        };
        let shared: Arc<dyn Clock> = clock.clone();
        let app = App::start(loaded.config, shared, tasks).await.unwrap();
        let app = app.reading(files, loaded.values);
        let (stop, stopped) = oneshot::channel::<()>();
        Self {
            address: app.addresses()[0],
            management: app.management().unwrap(),
            clock,
            folder,
            stop: Some(stop),
            running: Tasks::new().spawn(async move {
                let shutdown = async { drop(stopped.await) };
                app.run(shutdown).await.unwrap();
            }),
        }
    }

    /// Asks it to stop, without waiting.
    pub fn begin_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Stops it in order and gives back its folder.
    pub async fn stop(mut self) -> TempDir {
        self.begin_stop();
        let ended = tokio::time::timeout(PATIENCE, self.running).await;
        ended.expect("it did not stop").unwrap();
        self.folder
    }

    /// Writes another file in the place of its own and has it read.
    pub async fn reload(&self, file: &str) -> Reloaded {
        std::fs::write(self.folder.path().join("doorward.toml"), file).unwrap();
        self.read_again(false).await
    }

    /// Has the file read again as it stands.
    pub async fn read_again(&self, dry_run: bool) -> Reloaded {
        let wanted = Wanted { dry_run };
        self.socket().post("/reload", &wanted).await.unwrap()
    }

    /// Moves the time.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// What operators ask through.
    pub fn socket(&self) -> Socket {
        Socket::at(self.socket_path())
    }

    /// What the built command says, to people or to programs: both streams of it.
    pub async fn command(&self, arguments: &[&str], output: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command
            .args(arguments)
            .arg("--socket")
            .arg(self.socket_path())
            .args(["--output", output])
            .current_dir(self.folder.path())
            .env_clear();
        let told = tokio::task::spawn_blocking(move || command.output());
        let told = told.await.unwrap().unwrap();
        assert!(told.status.success(), "{arguments:?}: {told:?}");
        let both = [told.stdout, told.stderr].concat();
        String::from_utf8(both).unwrap()
    }

    pub fn socket_path(&self) -> PathBuf {
        self.folder.path().join("run/admin.sock")
    }

    /// Whether probes are answered.
    pub async fn is_listening(&self) -> bool {
        tokio::net::TcpStream::connect(self.management)
            .await
            .is_ok()
    }

    /// What the management listener says.
    pub async fn management(&self, path: &str) -> Heard {
        let mut stream = tokio::net::TcpStream::connect(self.management)
            .await
            .unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.management);
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
            .await
            .unwrap();
        read_message(&mut stream, &mut Vec::new(), false)
            .await
            .unwrap()
    }

    /// The value of a metric, zero if it was never counted. `series` is the whole name with its labels.
    pub async fn metric(&self, series: &str) -> f64 {
        let text = String::from_utf8(self.management("/metrics").await.body).unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// How often the store was asked for something so far.
    pub async fn store_questions(&self) -> f64 {
        let mut all = 0.0;
        for operation in ["get", "range"] {
            let labels = format!("{{operation=\"{operation}\"}}");
            let series = format!("doorward_store_operation_duration_seconds_count{labels}");
            all += self.metric(&series).await;
        }
        all
    }

    /// Every series that there is: name and labels, without values.
    pub async fn series(&self) -> BTreeSet<String> {
        let text = String::from_utf8(self.management("/metrics").await.body).unwrap();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect()
    }

    /// All names of series, once this one is among them: some are counted a moment after the start.
    pub async fn series_with(&self, series: &str) -> BTreeSet<String> {
        for _ in 0..2_000 {
            let all = self.series().await;
            if all.contains(series) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("there never was {series}");
    }

    /// Sends bytes as they are to the public listener and reads to the end.
    pub async fn raw(&self, bytes: &str) -> String {
        send_raw(self.address, bytes.as_bytes()).await
    }
}

//! A connection of one's own: bytes as they are, in both directions and in one's own time.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::wire::{Heard, PATIENCE, read_message};

/// One end of a connection. Everything that waits does so for as long as a test may take and no longer.
pub struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// To a server.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = in_time(TcpStream::connect(address)).await.unwrap();
        Self::over(stream)
    }

    /// To a server, from one of this machine's addresses.
    pub async fn open_from(own: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((own, 0))).unwrap();
        Self::over(in_time(socket.connect(address)).await.unwrap())
    }

    /// From the next client.
    pub async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = in_time(listener.accept()).await.unwrap();
        Self::over(stream)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Sends bytes. The other side may have closed before it read them: what it said about that is still there to read.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = in_time(self.stream.write_all(bytes.as_ref())).await;
    }

    /// Says that nothing more will be sent.
    pub async fn close_sending(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Sends up to this many bytes, until the other side has taken nothing for a while; says how many it took.
    pub async fn fill(&mut self, count: usize) -> usize {
        let (piece, mut taken) = (vec![b'x'; 64 * 1024], 0);
        while taken < count {
            let ready = tokio::time::timeout(STALLED, self.stream.writable()).await;
            if ready.is_err() {
                break;
            }
            let next = piece.len().min(count - taken);
            match self.stream.try_write(&piece[..next]) {
                Ok(more) => taken += more,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                // The other side has closed: it takes nothing more.
                Err(_) => break,
            }
        }
        taken
    }

    /// The next response, whole. `None` if the connection ends before.
    pub async fn answer(&mut self) -> Option<Heard> {
        in_time(read_message(&mut self.stream, &mut self.buffer, false)).await
    }

    /// The next request, whole.
    pub async fn request(&mut self) -> Heard {
        let whole = in_time(read_message(&mut self.stream, &mut self.buffer, true)).await;
        whole.expect("the connection ended within a request")
    }

    /// Reads until these bytes have come, and takes everything up to them and with them.
    pub async fn until(&mut self, mark: &str) -> String {
        let find = async {
            loop {
                let mut windows = self.buffer.windows(mark.len());
                if let Some(at) = windows.position(|window| window == mark.as_bytes()) {
                    return self.buffer.drain(..at + mark.len()).collect::<Vec<_>>();
                }
                let count = self.stream.read_buf(&mut self.buffer).await.unwrap();
                let so_far = String::from_utf8_lossy(&self.buffer);
                assert!(count > 0, "it ended before {mark:?}, after {so_far:?}");
            }
        };
        String::from_utf8_lossy(&in_time(find).await).into_owned()
    }

    /// The head of what comes next.
    pub async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// Exactly this many bytes.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        let take = async {
            while self.buffer.len() < count {
                let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
                assert!(read > 0, "it ended after {:?}", self.buffer);
            }
            self.buffer.drain(..count).collect()
        };
        in_time(take).await
    }

    /// Takes this many bytes and forgets them.
    pub async fn skip(&mut self, mut count: usize) {
        let take = async {
            while count > 0 {
                if self.buffer.is_empty() {
                    let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
                    assert!(read > 0, "it ended {count} bytes too early");
                }
                let taken = count.min(self.buffer.len());
                self.buffer.drain(..taken);
                count -= taken;
            }
        };
        in_time(take).await;
    }

    /// Everything until the connection ends, in order or not.
    pub async fn rest(&mut self) -> String {
        let read =
            async { while matches!(self.stream.read_buf(&mut self.buffer).await, Ok(1..)) {} };
        in_time(read).await;
        String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned()
    }
}

/// Loopback moves megabytes in this time, if anybody reads them.
const STALLED: Duration = Duration::from_millis(400);

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.expect("the other side took too long")
}

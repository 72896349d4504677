//! One connection handed on to the sandbox, with a count of the calls that await their answer.

use std::io::Result;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::TcpStream;

/// Calls that await their answer, on all connections together.
#[derive(Default)]
pub(crate) struct InFlight {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl InFlight {
    /// The most there were at a time since this was last asked.
    pub(crate) fn most_since(&self) -> usize {
        self.most.swap(self.now.load(Ordering::Relaxed), Ordering::Relaxed)
    }

    fn begin(&self) -> Awaited<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Awaited(self)
    }
}

/// A call until its answer comes, or its connection ends without one.
struct Awaited<'a>(&'a InFlight);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Hands a connection on until either side ends it.
///
/// HTTP/1.1 has one call at a time on each: it begins with what the client sends, and ends with the first of the answer.
pub(crate) async fn relay(
    client: impl AsyncRead + AsyncWrite,
    sandbox: SocketAddr,
    in_flight: &InFlight,
) -> Result<()> {
    let mut sandbox = TcpStream::connect(sandbox).await?;
    sandbox.set_nodelay(true)?;
    let (mut from_sandbox, mut to_sandbox) = sandbox.split();
    let (mut from_client, mut to_client) = split(client);
    let (mut asked, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let mut awaited: Option<Awaited<'_>> = None;
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                awaited.get_or_insert_with(|| in_flight.begin());
                to_sandbox.write_all(bytes).await?;
            }
            read = from_sandbox.read(&mut answered) => {
                let bytes = &answered[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                awaited = None;
                to_client.write_all(bytes).await?;
                to_client.flush().await?;
            }
        }
    }
}

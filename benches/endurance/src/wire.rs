//! A connection of which every byte is counted, so that it can end between any two.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use runtime_api::Process;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// What happens on connections, from outside.
#[derive(Debug)]
pub(crate) struct Control {
    /// How many bytes may still pass, both ways together.
    left: AtomicUsize,
    passed: AtomicUsize,
    drips: AtomicBool,
    end: End,
}

/// What comes when no further byte may pass.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// The connection is reset.
    Reset,
    /// Nothing, for as long as the other side likes to wait.
    Silence,
    /// The process at the other side is killed, and what it had sent beyond is as if it had not.
    Kill(Process),
}

impl Control {
    pub(crate) fn new(end: End) -> Arc<Self> {
        let (left, passed) = (AtomicUsize::new(usize::MAX), AtomicUsize::new(0));
        Arc::new(Self { left, passed, drips: AtomicBool::new(false), end })
    }

    /// Lets so many bytes pass from now on.
    pub(crate) fn allow(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// From now on what is answered goes byte by byte.
    pub(crate) fn drip(&self) {
        self.drips.store(true, Ordering::SeqCst);
    }

    /// Lets no further byte pass.
    pub(crate) fn end(&self) {
        self.allow(0);
        self.pass(0);
    }

    /// How many bytes have passed.
    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// True when there were as many bytes as were allowed.
    fn is_spent(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    fn pass(&self, bytes: usize) {
        self.passed.fetch_add(bytes, Ordering::SeqCst);
        let left = self.left.load(Ordering::SeqCst);
        if left != usize::MAX {
            self.left.store(left.saturating_sub(bytes), Ordering::SeqCst);
        }
        if self.is_spent()
            && let End::Kill(process) = self.end
        {
            // It may have ended by itself.
            let _ = process.kill();
        }
    }
}

/// One such connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    control: Arc<Control>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, control: Arc<Control>) -> Self {
        Self { stream, control, pause: None }
    }

    /// How many bytes may pass now.
    fn allowed(&self) -> Poll<io::Result<usize>> {
        match (self.control.left.load(Ordering::SeqCst), self.control.end) {
            (0, End::Silence) => Poll::Pending,
            (0, End::Reset | End::Kill(_)) => {
                reset(&self.stream);
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            (left, _) => Poll::Ready(Ok(left)),
        }
    }
}

/// Has the connection end with a reset when it is dropped.
pub(crate) fn reset(stream: &TcpStream) {
    // Where it cannot, it ends with a close.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let most = ready!(this.allowed())?.min(buffer.remaining()).min(16 * 1024);
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(Pin::new(&mut this.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        this.control.pass(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mut most = ready!(this.allowed())?.min(bytes.len());
        if this.control.drips.load(Ordering::SeqCst) {
            ready!(this.pause.get_or_insert_with(|| Box::pin(sleep(DRIP))).as_mut().poll(context));
            this.pause = None;
            most = most.min(1);
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, &bytes[..most]))?;
        this.control.pass(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Between two bytes of a slow connection.
const DRIP: Duration = Duration::from_millis(2);

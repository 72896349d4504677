//! What a piece of work costs: the memory that it has at once, and the edges of code that it runs through.

#![expect(unsafe_code, reason = "an allocator is unsafe to implement, and a counter in C to declare")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What a piece of work came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// The most bytes that it had allocated at once, beyond those that were there before it.
    pub(crate) peak: usize,
    /// The edges of instrumented code it ran through; 0 where nothing is instrumented.
    pub(crate) edges: u64,
}

/// Does the work, and says what it cost.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (before, edges) = (NOW.load(Relaxed), edges());
    PEAK.store(before, Relaxed);
    let done = work();
    (done, Cost { peak: PEAK.load(Relaxed).saturating_sub(before), edges: edges_since(edges) })
}

fn edges_since(before: u64) -> u64 {
    edges() - before
}

unsafe extern "C" {
    safe fn setpoint_fuzz_edges() -> u64;
}

fn edges() -> u64 {
    setpoint_fuzz_edges()
}

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's, which counts. Of the crates that count, one knows the peak but not how to begin anew, and one takes what
/// grows in place for two.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grown(by: usize) {
    let now = NOW.fetch_add(by, Relaxed) + by;
    if now > PEAK.load(Relaxed) {
        PEAK.store(now, Relaxed);
    }
}

fn shrunk(by: usize) {
    NOW.fetch_sub(by, Relaxed);
}

// SAFETY: everything is left to the system's allocator, as it was asked for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrunk(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grown(size.saturating_sub(layout.size()));
        shrunk(layout.size().saturating_sub(size));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

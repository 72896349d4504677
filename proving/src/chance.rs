//! The only source of chance: everything that could be one way or another is so by the seed.

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.0.u32(0..times.max(1)) == 0
    }

    /// From the first to the last, both included.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        self.0.i64(first..=last.max(first))
    }

    /// The same for places and moments.
    pub(crate) fn within(&mut self, first: u64, last: u64) -> u64 {
        self.0.u64(first..=last.max(first))
    }

    /// A place among so many, of which there is at least one.
    pub(crate) fn place(&mut self, of: usize) -> usize {
        self.0.usize(0..of.max(1))
    }

    /// One of them.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())]
    }

    /// What the SDKs leave to chance, such as how long they wait before a retry, follows from the seed too: they ask the
    /// generator of this thread.
    pub(crate) fn seed_thread(&mut self) {
        fastrand::seed(self.0.u64(..));
    }
}

//! What bounds a run: where account secrets go, how long it waits, what it reads and what it writes to.

mod destinations;

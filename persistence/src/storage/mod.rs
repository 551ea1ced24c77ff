//! Where a journal's bytes are: the few operations it needs, so that tests can take them away.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | [`Storage`], [`StorageFile`]: the contract |
//! | `disk.rs` | [`Disk`]: a folder of the file system |
//! | `simulated.rs` | [`Simulated`]: memory that can lose, tear and refuse |

mod disk;
mod simulated;

pub use disk::Disk;
pub use simulated::{Fault, Simulated};

use std::io;

/// A folder of files. Names are plain file names.
pub trait Storage: Send + Sync {
    /// Opens a file that exists.
    ///
    /// # Errors
    /// Those of the system.
    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// Makes an empty file, in the place of an old one of that name.
    ///
    /// # Errors
    /// Those of the system.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// Names of all files, in no order.
    ///
    /// # Errors
    /// Those of the system.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Gives a file another name, at once and in the place of one that had it.
    ///
    /// # Errors
    /// Those of the system.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// Those of the system.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Returns when all names made, changed and removed before are on the disk.
    ///
    /// # Errors
    /// Those of the system.
    fn sync_names(&self) -> io::Result<()>;
    /// Takes the right to write. The lock ends with the guard or the process, however that ends.
    ///
    /// # Errors
    /// `WouldBlock` with the holder's words as its text, or those of the system.
    fn lock(&self) -> io::Result<Box<dyn Send>>;
}

/// An open file. Reads and writes at places; short ones are allowed, as the system's are.
pub trait StorageFile: Send + Sync {
    /// Reads up to `buffer.len()` bytes; 0 = behind the end.
    ///
    /// # Errors
    /// Those of the system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes up to `bytes.len()` bytes; the file grows as needed.
    ///
    /// # Errors
    /// Those of the system.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Returns when all that was written before is on the disk.
    ///
    /// # Errors
    /// Those of the system.
    fn sync(&self) -> io::Result<()>;
    /// Bytes of the file.
    ///
    /// # Errors
    /// Those of the system.
    fn bytes(&self) -> io::Result<u64>;
}

/// Writes all of `bytes`, however short single writes are.
pub(crate) fn write_all(file: &dyn StorageFile, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                at += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills `buffer` from `at` on; returns how many bytes there were before the end of the file.
pub(crate) fn read_full(file: &dyn StorageFile, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], at + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Writes zeros from `at` up to `end`.
pub(crate) fn write_zeros(file: &dyn StorageFile, mut at: u64, end: u64) -> io::Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    while at < end {
        let bytes = (end - at).min(ZEROS.len() as u64);
        write_all(file, &ZEROS[..bytes as usize], at)?;
        at += bytes;
    }
    Ok(())
}

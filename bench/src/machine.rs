//! Where it was measured.

use std::fmt;
use std::process::Command;

/// Where and of what something was measured; what could not be found out is `unknown`.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Model of the processor, and how many cores there are for this process.
    pub cpu: String,
    /// Name and release of the kernel.
    pub kernel: String,
    /// The compiler found on the path.
    pub toolchain: String,
    /// Whether the code was built with optimisation.
    pub profile: &'static str,
    /// The commit of the folder it runs in.
    pub commit: String,
    /// Processes that wanted a core over the last minute, when it was asked.
    pub load: String,
}

impl Machine {
    /// Looks around.
    #[must_use]
    pub fn look() -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let models = info.lines().find(|line| line.starts_with("model name"));
        let model = models.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown");
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpu: format!("{model}, {cores} cores"),
            kernel: said_by("uname", &["-sr"]),
            toolchain: said_by("rustc", &["-V"]),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            commit: said_by("git", &["describe", "--always", "--dirty", "--abbrev=10"]),
            load: load.split(' ').next().unwrap_or("unknown").into(),
        }
    }
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.ok().filter(|output| output.status.success());
    said.map_or("unknown".into(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| cpu | {} |\n|---|---|", self.cpu)?;
        writeln!(f, "| kernel | {} |", self.kernel)?;
        writeln!(f, "| toolchain | {}, {} |", self.toolchain, self.profile)?;
        writeln!(f, "| commit | {} |", self.commit)?;
        writeln!(f, "| load at the start | {} |", self.load)
    }
}

//! The codes that core's own errors have.

use super::{Code, Coded, Details, Diagnostic, codes};
use crate::affinity::PinError;
use crate::condition::ConditionError;
use crate::event::fixed::ParseError;
use crate::ingress::{IngressError, ProducerError, PublishError};
use crate::registry::BuildError;
use crate::ring::CapacityError;
use crate::source::SourceError;
use crate::stage::Fault;
use crate::topology::{Problem, RunError, Severity, StageFault};

impl Coded for ParseError {
    fn code(&self) -> Code {
        match self {
            ParseError::Empty => codes::NUMBER_MISSING,
            ParseError::NotANumber => codes::NOT_A_NUMBER,
            ParseError::TooFine => codes::NUMBER_TOO_FINE,
            ParseError::TooLarge => codes::NUMBER_TOO_LARGE,
        }
    }
}

impl Coded for PinError {
    fn code(&self) -> Code {
        match self {
            PinError::NotAllowed { .. } => codes::CORE_NOT_ALLOWED,
            PinError::Refused(_) => codes::CORE_REFUSED,
        }
    }

    fn details(&self) -> Details {
        match self {
            PinError::NotAllowed { core, allowed } => {
                Details::default().with("core", *core).with("allowed", allowed.as_str())
            }
            PinError::Refused(core) => Details::default().with("core", *core),
        }
    }

    fn help(&self) -> String {
        "give `cpu` of that lane one of the cores allowed, or leave it out".into()
    }
}

impl Coded for CapacityError {
    fn code(&self) -> Code {
        codes::CAPACITY
    }

    fn details(&self) -> Details {
        Details::default().with("capacity", self.0)
    }
}

impl Coded for ConditionError {
    fn code(&self) -> Code {
        codes::CONDITION_WRONG
    }

    fn details(&self) -> Details {
        Details::default().with("start", self.at.start).with("end", self.at.end)
    }

    fn help(&self) -> String {
        self.help.clone()
    }
}

impl Coded for PublishError {
    fn code(&self) -> Code {
        match self {
            PublishError::Full => codes::INGRESS_FULL,
            PublishError::Closed { .. } => codes::INGRESS_CLOSED,
        }
    }

    fn details(&self) -> Details {
        match self {
            PublishError::Full => Details::default(),
            PublishError::Closed { position } => Details::default().with("position", *position),
        }
    }
}

impl Coded for ProducerError {
    fn code(&self) -> Code {
        match self {
            ProducerError::AllTaken(_) => codes::INGRESS_ALL_TAKEN,
            ProducerError::Closed => codes::INGRESS_CLOSED,
        }
    }

    fn details(&self) -> Details {
        match self {
            ProducerError::AllTaken(producers) => {
                Details::default().with("max_producers", *producers)
            }
            ProducerError::Closed => Details::default(),
        }
    }
}

impl Coded for IngressError {
    fn code(&self) -> Code {
        match self {
            IngressError::NoStream { .. } => codes::INGRESS_UNKNOWN,
            IngressError::Producers(_) => codes::INGRESS_PRODUCERS,
            IngressError::Capacity(error) => error.code(),
            IngressError::Memory { .. } => codes::INGRESS_MEMORY,
        }
    }

    fn details(&self) -> Details {
        let details = Details::default();
        match self {
            IngressError::NoStream { from, event, known } => details
                .with("source", from.as_str())
                .with("event", event.name)
                .with("known", known.as_str()),
            IngressError::Producers(producers) => details.with("max_producers", *producers),
            IngressError::Capacity(error) => error.details(),
            IngressError::Memory { bytes, memory } => {
                details.with("bytes", *bytes).with("memory", *memory)
            }
        }
    }
}

impl Coded for Fault {
    fn code(&self) -> Code {
        self.of_code()
    }
}

impl Coded for BuildError {
    fn code(&self) -> Code {
        self.code
    }

    fn details(&self) -> Details {
        match &self.parameter {
            Some(parameter) => Details::default().with("parameter", parameter.as_str()),
            None => Details::default(),
        }
    }
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        self.code
    }

    fn details(&self) -> Details {
        if self.text.is_empty() {
            return Details::default();
        }
        Details::default().with("text", self.text.as_str())
    }

    fn help(&self) -> String {
        self.help.clone()
    }

    fn diagnostic(&self) -> Diagnostic {
        let origin = self.path.as_ref().map(|path| path.display().to_string());
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Diagnostic {
            origin: origin.unwrap_or_default(),
            line: number(self.line),
            column: number(self.column),
            help: self.help.clone(),
            details: self.details(),
            ..Diagnostic::error(self.code, self.sentence())
        }
    }
}

impl Coded for RunError {
    fn code(&self) -> Code {
        match self {
            RunError::Stopped => codes::RUN_STOPPED,
            RunError::NoIngress { .. } => codes::INGRESS_UNKNOWN,
            RunError::WrongPort(_) => codes::RUN_WRONG_PORT,
            RunError::Pin { error, .. } => error.code(),
            RunError::Thread { .. } => codes::RUN_NO_THREAD,
            RunError::PanicAborts => codes::RUN_PANIC_ABORTS,
            RunError::Start(_) => codes::RUN_STAGE_NOT_STARTED,
        }
    }

    fn details(&self) -> Details {
        let details = Details::default();
        match self {
            RunError::Stopped | RunError::PanicAborts => details,
            RunError::NoIngress { from, event, known } => details
                .with("source", from.as_str())
                .with("event", event.name)
                .with("known", known.as_str()),
            RunError::WrongPort(event) => details.with("event", event.name),
            RunError::Pin { lane, error } => {
                let lane = details.with("lane", lane.as_str());
                error.details().iter().fold(lane, |all, (name, one)| all.with(name, one.clone()))
            }
            RunError::Thread { lane, error } => {
                details.with("lane", lane.as_str()).with("system", error.as_str())
            }
            RunError::Start(fault) => fault.details(),
        }
    }

    fn help(&self) -> String {
        match self {
            RunError::Pin { error, .. } => error.help(),
            _ => String::new(),
        }
    }
}

impl StageFault {
    /// Where it was, by the names that errors have for it; `cause` is the fault's code.
    #[must_use]
    pub fn details(&self) -> Details {
        let place = Details::default().with("stage", self.stage.as_str()).with("root", self.root);
        let place = match &self.event {
            Some(on) => place
                .with("stream", on.stream.as_str())
                .with("sequence", on.sequence)
                .with("event", on.event.name),
            None => place,
        };
        place.with("cause", self.fault.code())
    }
}

impl std::error::Error for Problem {}

impl Coded for Problem {
    /// What the code of a problem stands for; one of a stranger's is told as an unknown one.
    fn code(&self) -> Code {
        let known = codes::ALL.iter().find(|code| code.name() == self.code);
        known.copied().unwrap_or(codes::PLAN_REFUSED)
    }

    fn help(&self) -> String {
        self.help.clone()
    }

    fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            code: self.code,
            error: self.severity == Severity::Error,
            origin: self.at.clone(),
            help: self.help.clone(),
            ..Diagnostic::error(self.code(), self.message.as_str())
        }
    }
}

//! Services: what components share, found by its type, started in the order of needs.
//!
//! ```text
//!  registry.service("journal", ["clock"], make)        names, needs, how to make it
//!  registry.needs("gateway", ["journal"])              what a component type needs
//!       |
//!     start: clock, journal                            each after what it needs; what nobody asks for is not made
//!       |
//!  context.get::<Journal>()                            in the factory of `gateway`, by type
//! ```
//!
//! Work and memory are proportional to services and needs: every one is looked at once.

use super::BuildError;
use crate::error::{Code, Coded, Details, codes};
use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

type Shared = Arc<dyn Any + Send + Sync>;
type Make = dyn Fn(&Services) -> Result<Shared, BuildError> + Send + Sync;

/// Services that are started, by their types. Clones are handles to the same ones.
#[derive(Clone, Default)]
pub struct Services {
    by_type: HashMap<TypeId, (String, Shared)>,
    by_name: BTreeMap<String, TypeId>,
}

impl Services {
    /// With one that is there already; it takes the place of an earlier one of its type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, name: &str, service: T) -> Self {
        self.insert(name, TypeId::of::<T>(), Arc::new(service));
        self
    }

    fn insert(&mut self, name: &str, id: TypeId, service: Shared) {
        if let Some((earlier, _)) = self.by_type.insert(id, (name.into(), service)) {
            self.by_name.remove(&earlier);
        }
        self.by_name.insert(name.into(), id);
    }

    /// The service of a type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let (_, service) = self.by_type.get(&TypeId::of::<T>())?;
        service.clone().downcast().ok()
    }

    /// Names of all that are started, in their alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }

    /// Those of these names alone.
    pub(super) fn only(&self, names: &[String]) -> Services {
        let mut some = Services::default();
        for name in names {
            if let Some((id, service)) =
                self.by_name.get(name).and_then(|id| Some((*id, self.by_type.get(id)?.1.clone())))
            {
                some.insert(name, id, service);
            }
        }
        some
    }

    fn name_of(&self, id: TypeId) -> Option<&str> {
        self.by_type.get(&id).map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// How a service is made.
#[derive(Clone)]
pub(super) struct Provider {
    name: String,
    doc: String,
    needs: Vec<String>,
    id: TypeId,
    make: Arc<Make>,
}

/// Services that can be started.
#[derive(Clone, Default)]
pub(super) struct Providers {
    list: Vec<Provider>,
    places: HashMap<String, usize>,
}

/// Why services cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceError {
    /// Nothing provides what is needed.
    Missing {
        /// Who needs it.
        by: String,
        /// What is needed.
        need: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Services need each other in a circle.
    Circle {
        /// Names, each of which needs the next; the last is the first.
        path: Vec<String>,
    },
    /// Two services have the same type, which finds only one of them.
    SameType {
        /// Their names.
        names: [String; 2],
    },
    /// A service cannot be made.
    Failed {
        /// Its name.
        name: String,
        /// Why.
        error: BuildError,
    },
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServiceError::Missing { by, need, .. } => {
                write!(f, "`{by}` needs the service `{need}`, which nothing provides")
            }
            ServiceError::Circle { path } => {
                write!(f, "services need each other in a circle: {}", path.join(" -> "))
            }
            ServiceError::SameType { names: [one, other] } => {
                write!(f, "the services `{one}` and `{other}` have the same type")
            }
            ServiceError::Failed { name, error } => {
                write!(f, "the service `{name}` cannot be started: {error}")
            }
        }
    }
}

impl std::error::Error for ServiceError {}

impl Coded for ServiceError {
    fn code(&self) -> Code {
        match self {
            ServiceError::Missing { .. } => codes::SERVICE_MISSING,
            ServiceError::Circle { .. } => codes::SERVICE_CIRCLE,
            ServiceError::SameType { .. } => codes::SERVICE_SAME_TYPE,
            ServiceError::Failed { .. } => codes::SERVICE_FAILED,
        }
    }

    fn details(&self) -> Details {
        let details = Details::default();
        match self {
            ServiceError::Missing { by, need, .. } => {
                details.with("by", by.as_str()).with("need", need.as_str())
            }
            ServiceError::Circle { path } => details.with("path", path.join(" -> ")),
            ServiceError::SameType { names: [one, other] } => {
                details.with("one", one.as_str()).with("other", other.as_str())
            }
            ServiceError::Failed { name, error } => {
                details.with("service", name.as_str()).with("cause", error.code)
            }
        }
    }

    fn help(&self) -> String {
        match self {
            ServiceError::Missing { known, .. } if known.is_empty() => {
                "register one with `Registry::service`; there is none yet".into()
            }
            ServiceError::Missing { known, .. } => {
                format!("register one with `Registry::service`; there are: {}", known.join(", "))
            }
            _ => self.code().remedy().into(),
        }
    }
}

impl Providers {
    /// Adds one; a later one of the same name takes the earlier one's place.
    pub(super) fn add<T, F>(&mut self, name: &str, doc: &str, needs: Vec<String>, make: F)
    where
        T: Send + Sync + 'static,
        F: Fn(&Services) -> Result<T, BuildError> + Send + Sync + 'static,
    {
        let make: Arc<Make> = Arc::new(move |services| Ok(Arc::new(make(services)?) as Shared));
        let provider =
            Provider { name: name.into(), doc: doc.into(), needs, id: TypeId::of::<T>(), make };
        match self.places.get(name) {
            Some(&place) => self.list[place] = provider,
            None => {
                self.places.insert(name.into(), self.list.len());
                self.list.push(provider);
            }
        }
    }

    /// Name, sentence and needs of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        self.list.iter().map(|one| (one.name.as_str(), one.doc.as_str(), one.needs.as_slice()))
    }

    /// Starts what is asked for and what that needs, each after what it needs itself.
    /// `asked` has who asks for what; `given` is there already.
    pub(super) fn start<'a>(
        &self,
        asked: impl Iterator<Item = (&'a str, &'a [String])>,
        given: Services,
    ) -> Result<Services, Vec<ServiceError>> {
        let there: Vec<String> = given.names().into_iter().map(str::to_owned).collect();
        let mut walk = Walk { providers: self, there: &there, ..Walk::new(self.list.len()) };
        for (by, needs) in asked {
            walk.visit(by, needs);
        }
        let Walk { order, mut errors, .. } = walk;
        let mut services = given;
        if !errors.is_empty() {
            return Err(errors);
        }
        for place in order {
            let Provider { name, needs, id, make, .. } = &self.list[place];
            if let Some(other) = services.name_of(*id) {
                errors.push(ServiceError::SameType { names: [other.into(), name.clone()] });
                continue;
            }
            match make(&services.only(needs)) {
                Ok(service) => {
                    services.insert(name, *id, service);
                }
                Err(error) => {
                    errors.push(ServiceError::Failed { name: name.clone(), error });
                    break;
                }
            }
        }
        if errors.is_empty() { Ok(services) } else { Err(errors) }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    OnTheWay,
    Placed,
}

/// A walk along needs, deep first, each service once. No recursion: chains may be long.
struct Walk<'a> {
    providers: &'a Providers,
    there: &'a [String],
    marks: Vec<Mark>,
    order: Vec<usize>,
    errors: Vec<ServiceError>,
}

static NONE: std::sync::LazyLock<Providers> = std::sync::LazyLock::new(Providers::default);

impl<'a> Walk<'a> {
    fn new(services: usize) -> Self {
        let marks = vec![Mark::New; services];
        Self { providers: &NONE, there: &[], marks, order: Vec::new(), errors: Vec::new() }
    }

    fn visit(&mut self, by: &str, needs: &[String]) {
        for need in needs {
            let Some(first) = self.find(by, need) else { continue };
            // Services on the way, each with how many of its needs were looked at.
            let mut way = vec![(first, 0)];
            self.marks[first] = Mark::OnTheWay;
            while let Some((place, looked)) = way.last_mut() {
                let provider = &self.providers.list[*place];
                let Some(next) = provider.needs.get(*looked) else {
                    self.marks[*place] = Mark::Placed;
                    self.order.push(*place);
                    way.pop();
                    continue;
                };
                *looked += 1;
                let (name, next) = (provider.name.clone(), next.clone());
                if let Some(next) = self.find_on(&name, &next, &way) {
                    self.marks[next] = Mark::OnTheWay;
                    way.push((next, 0));
                }
            }
        }
    }

    /// The place of a need that is yet to be walked; notes one that is missing.
    fn find(&mut self, by: &str, need: &str) -> Option<usize> {
        if self.there.iter().any(|name| name == need) {
            return None;
        }
        let Some(&place) = self.providers.places.get(need) else {
            let known = self.providers.list.iter().map(|one| one.name.clone());
            let known = self.there.iter().cloned().chain(known).collect();
            let (by, need) = (by.to_owned(), need.to_owned());
            self.errors.push(ServiceError::Missing { by, need, known });
            return None;
        };
        (self.marks[place] == Mark::New).then_some(place)
    }

    fn find_on(&mut self, by: &str, need: &str, way: &[(usize, usize)]) -> Option<usize> {
        let place = self.providers.places.get(need).copied();
        if let Some(place) = place.filter(|place| self.marks[*place] == Mark::OnTheWay) {
            let from = way.iter().position(|(on, _)| *on == place).unwrap_or(0);
            let name = |place: usize| self.providers.list[place].name.clone();
            let circle = way[from..].iter().map(|(on, _)| name(*on)).chain([name(place)]);
            let path = circle.collect();
            self.errors.push(ServiceError::Circle { path });
            return None;
        }
        self.find(by, need)
    }
}

/// What a factory is told that asks for a service which it did not declare.
pub(super) fn undeclared<T>(name: &str) -> BuildError {
    BuildError::new(format!(
        "`{name}` asks for the service `{}` and does not declare that it needs it; add its name to \
         `Registry::needs`",
        type_name::<T>()
    ))
    .coded(codes::SERVICE_UNDECLARED)
}

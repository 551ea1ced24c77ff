//! The registry: names that configs may use, and what they stand for.
//!
//! | name of | stands for | added by |
//! |---|---|---|
//! | component type | a factory of [`Component`]s with typed parameters | [`Registry::component`] |
//! | format | a factory of [`Source`]s with typed options | [`Registry::format`] |
//! | adapter | a route made from parameters and inner routes | [`Registry::adapter`] |
//! | event type | what configs route by its name | [`Registry::event`] |
//! | middleware | what stands around stages and routes | [`Registry::middleware`] |
//! | predicate | a named condition over events of one type | [`Registry::predicate`] |
//! | service | what components share, by its type, see [`Registry::needs`] | [`Registry::service`] |
//!
//! Parameters are any type with `serde::Deserialize` and `schemars::JsonSchema`; where they came
//! from (YAML, a test, another language) the registry does not know.
//!
//! ```
//! use pitlane::event::MarketData;
//! use pitlane::registry::Registry;
//! use pitlane::stage::{each, Outbox};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Every {
//!     /// Print one event in this many.
//!     n: u64,
//! }
//!
//! let mut registry = Registry::new();
//! registry.component("print_every", "Prints one event in n.", |every: Every, _| {
//!     let mut seen = 0;
//!     Ok(each(move |event: &MarketData, _: &mut Outbox| {
//!         seen += 1;
//!         if seen % every.n == 0 {
//!             println!("{event:?}");
//!         }
//!         Ok(())
//!     })
//!     .into())
//! });
//! ```

mod error;
mod services;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub use error::BuildError;
pub use services::{ServiceError, Services};

use crate::Instruments;
use crate::condition::{Fields, Predicates};
use crate::event::{Event, MarketData, Order, Signal};
use crate::middleware::Layer;
use crate::route::Route;
use crate::source::Source;
use crate::stage::Component;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use services::Providers;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a factory may know of where its product will stand.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The name it was given in the config.
    pub name: String,
    /// How many of the same type stand before it in the config.
    pub instance: u16,
    /// Number of this run of the engine: the upper 16 bits of order ids.
    pub session: u16,
    /// Symbols and their numbers.
    pub instruments: Instruments,
    /// Folder that relative paths count from.
    pub base: PathBuf,
    /// Services that the component type declares to need.
    pub services: Services,
}

impl Context {
    /// A service by its type, of those that the component type needs, see [`Registry::needs`].
    ///
    /// # Errors
    /// Where it did not declare that it needs it.
    pub fn get<T: Send + Sync + 'static>(&self) -> Result<Arc<T>, BuildError> {
        self.services.get().ok_or_else(|| services::undeclared::<T>(&self.name))
    }

    /// A path as written in the config, counted from the config's folder.
    #[must_use]
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }
}

type Make<T> = dyn for<'a> Fn(&mut dyn erased_serde::Deserializer<'a>, &Context) -> Result<T, BuildError>
    + Send
    + Sync;

/// A named factory with the schema of its parameters.
pub struct Factory<T> {
    name: String,
    doc: String,
    needs: Vec<String>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    make: Arc<Make<T>>,
}

/// A handle to the same factory.
impl<T> Clone for Factory<T> {
    fn clone(&self) -> Self {
        let Self { name, doc, needs, schema, make } = self;
        let (name, doc, needs) = (name.clone(), doc.clone(), needs.clone());
        Self { name, doc, needs, schema: *schema, make: make.clone() }
    }
}

impl<T> Factory<T> {
    /// Its name in configs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it makes: a sentence.
    #[must_use]
    pub fn doc(&self) -> &str {
        &self.doc
    }

    /// Names of the services it needs.
    #[must_use]
    pub fn needs(&self) -> &[String] {
        &self.needs
    }

    /// JSON Schema of its parameters.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// Makes one from its parameters.
    ///
    /// # Errors
    /// Where the parameters do not have the right form, or the factory refuses their values.
    pub fn make<'de>(
        &self,
        parameters: &mut dyn erased_serde::Deserializer<'de>,
        context: &Context,
    ) -> Result<T, BuildError> {
        (self.make)(parameters, context)
    }
}

fn factory<P, T, F>(name: &str, doc: &str, make: F) -> Factory<T>
where
    P: DeserializeOwned + JsonSchema,
    F: Fn(P, &Context) -> Result<T, BuildError> + Send + Sync + 'static,
{
    Factory {
        name: name.into(),
        doc: doc.into(),
        needs: Vec::new(),
        schema: |generator| P::json_schema(generator),
        make: Arc::new(move |parameters, context| {
            let parameters: P = erased_serde::deserialize(parameters)
                .map_err(|error| BuildError::new(error.to_string()))?;
            make(parameters, context)
        }),
    }
}

/// Inner routes of an adapter: what stands under `steps`, `targets` or `target` in a config.
pub type Inner = Vec<Route>;

/// What an adapter makes of its parameters: the route, once the inner routes are known.
pub type Adapted = Box<dyn FnOnce(Inner) -> Result<Route, BuildError>>;

/// A named way to make a route from parameters and inner routes; its name is the route's `type`.
pub type Adapter = Factory<Adapted>;

/// Names that configs may use, and what they stand for.
pub struct Registry {
    events: Vec<Fields>,
    components: BTreeMap<String, Factory<Component>>,
    formats: BTreeMap<String, Factory<Box<dyn Source>>>,
    /// Extensions of files, and the formats they tell.
    extensions: BTreeMap<String, String>,
    adapters: BTreeMap<String, Adapter>,
    predicates: Predicates,
    providers: Providers,
    started: Services,
    middleware: BTreeMap<String, Factory<Layer>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// A registry that knows the three event types and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: vec![Fields::of::<MarketData>(), Fields::of::<Signal>(), Fields::of::<Order>()],
            components: BTreeMap::new(),
            formats: BTreeMap::new(),
            extensions: BTreeMap::new(),
            adapters: BTreeMap::new(),
            predicates: Predicates::default(),
            providers: Providers::default(),
            started: Services::default(),
            middleware: BTreeMap::new(),
        }
    }

    /// Adds a service: `make` is given the services that it needs. A later one of the same name takes
    /// the earlier one's place. See [`Registry::needs`].
    pub fn service<T, F>(&mut self, name: &str, doc: &str, needs: &[&str], make: F) -> &mut Self
    where
        T: Send + Sync + 'static,
        F: Fn(&Services) -> Result<T, BuildError> + Send + Sync + 'static,
    {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        self.providers.add(name, doc, needs, make);
        self
    }

    /// Says that components of a type need services, by their names: their factory may then ask for
    /// them by [`Context::get`]. `clock` and `instruments` are always there.
    ///
    /// ```
    /// use pitlane::Instruments;
    /// use pitlane::event::Order;
    /// use pitlane::registry::Registry;
    /// use pitlane::stage::{Outbox, each};
    ///
    /// struct Venue(&'static str);
    ///
    /// let mut registry = Registry::new();
    /// registry.service("venue", "Where orders go.", &["instruments"], |services| {
    ///     let _symbols = services.get::<Instruments>();
    ///     Ok(Venue("XNYS"))
    /// });
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct NoParams {}
    /// registry.component("send", "Sends orders.", |_: NoParams, context| {
    ///     let venue = context.get::<Venue>()?;
    ///     Ok(each(move |order: &Order, _: &mut Outbox| {
    ///         println!("{} to {}", order.client_order_id, venue.0);
    ///         Ok(())
    ///     })
    ///     .into())
    /// });
    /// registry.needs("send", &["venue"]);
    /// registry.start().expect("nothing is missing");
    /// assert_eq!(registry.get::<Venue>().expect("it is started").0, "XNYS");
    /// ```
    pub fn needs(&mut self, component: &str, needs: &[&str]) -> &mut Self {
        if let Some(factory) = self.components.get_mut(component) {
            factory.needs = needs.iter().map(|need| (*need).to_owned()).collect();
        }
        self
    }

    /// Starts all services now, each after those it needs, so that [`Registry::get`] finds them. A
    /// config that is loaded afterwards uses the same ones; without this it starts those that its
    /// components need.
    ///
    /// # Errors
    /// All that is missing, in a circle, or of the same type; or the first that cannot be made.
    pub fn start(&mut self) -> Result<(), Vec<ServiceError>> {
        let names: Vec<String> = self.providers.iter().map(|(name, ..)| name.to_owned()).collect();
        let given = self.given(Instruments::new());
        self.started =
            self.providers.start([("the registry", names.as_slice())].into_iter(), given)?;
        Ok(())
    }

    /// A started service by its type: `registry.get::<Instruments>()`.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.started.get()
    }

    /// Names, sentences and needs of the services that can be started.
    pub fn services(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        self.providers.iter()
    }

    /// Starts what these component types need, beside what is started, about these instruments.
    ///
    /// # Errors
    /// As [`Registry::start`].
    pub fn start_for<'a>(
        &'a self,
        components: impl Iterator<Item = &'a str>,
        instruments: Instruments,
    ) -> Result<Services, Vec<ServiceError>> {
        let asked = components.filter_map(|name| {
            self.components.get(name).map(|factory| (factory.name(), factory.needs()))
        });
        self.providers.start(asked, self.given(instruments))
    }

    /// Of some services those that a component type needs.
    #[must_use]
    pub fn share_of(&self, component: &str, services: &Services) -> Services {
        let needs = self.components.get(component).map_or(&[][..], Factory::needs);
        services.only(needs)
    }

    fn given(&self, instruments: Instruments) -> Services {
        let clock =
            self.started.get::<quanta::Clock>().map_or_else(quanta::Clock::new, |c| (*c).clone());
        self.started.clone().with("instruments", instruments).with("clock", clock)
    }

    /// Adds an event type, so that configs can route it by its name.
    pub fn event<E: Event>(&mut self) -> &mut Self {
        self.events.retain(|fields| fields.event != E::TYPE);
        self.events.push(Fields::of::<E>());
        self
    }

    /// Event types.
    #[must_use]
    pub fn events(&self) -> &[Fields] {
        &self.events
    }

    /// Adds a component type. A later one of the same name takes the earlier one's place.
    pub fn component<P, F>(&mut self, name: &str, doc: &str, make: F) -> &mut Self
    where
        P: DeserializeOwned + JsonSchema,
        F: Fn(P, &Context) -> Result<Component, BuildError> + Send + Sync + 'static,
    {
        self.components.insert(name.into(), factory(name, doc, make));
        self
    }

    /// Adds a format of sources.
    pub fn format<P, F>(&mut self, name: &str, doc: &str, make: F) -> &mut Self
    where
        P: DeserializeOwned + JsonSchema,
        F: Fn(P, &Context) -> Result<Box<dyn Source>, BuildError> + Send + Sync + 'static,
    {
        self.formats.insert(name.into(), factory(name, doc, make));
        self
    }

    /// Says that files with an extension, in lower case and without its dot, are of a format.
    pub fn extension(&mut self, extension: &str, format: &str) -> &mut Self {
        self.extensions.insert(extension.into(), format.into());
        self
    }

    /// The format that a file's name tells: `a.dbn.zst` has the extensions `dbn` and `zst`, the first
    /// of which is one that was added.
    #[must_use]
    pub fn format_of(&self, path: &Path) -> Option<&str> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let known = |extension| self.extensions.get(extension).map(String::as_str);
        name.split('.').skip(1).find_map(known)
    }

    /// Adds an adapter: a route type of its own for configs.
    pub fn adapter<P, F>(&mut self, name: &str, doc: &str, adapt: F) -> &mut Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        F: Fn(P, &Context, Inner) -> Result<Route, BuildError> + Send + Sync + 'static,
    {
        let adapt = Arc::new(adapt);
        let adapter = factory(name, doc, move |parameters: P, context| {
            let (adapt, context) = (adapt.clone(), context.clone());
            let adapted: Adapted = Box::new(move |inner| adapt(parameters, &context, inner));
            Ok(adapted)
        });
        self.adapters.insert(name.into(), adapter);
        self
    }

    /// Adds a predicate that conditions over events of type `E` may name.
    pub fn predicate<E, F>(&mut self, name: &str, doc: &str, test: F) -> &mut Self
    where
        E: Event,
        F: Fn(&E) -> bool + Send + Sync + 'static,
    {
        self.predicates.add::<E, F>(name, doc, test);
        self
    }

    /// Adds a middleware of one's own, for `middleware:` in configs. Those that ship need not be added.
    pub fn middleware<P, F, L>(&mut self, name: &str, doc: &str, make: F) -> &mut Self
    where
        P: DeserializeOwned + JsonSchema,
        L: Into<Layer>,
        F: Fn(P, &Context) -> Result<L, BuildError> + Send + Sync + 'static,
    {
        let make =
            move |parameters: P, context: &Context| make(parameters, context).map(Into::into);
        self.middleware.insert(name.into(), factory(name, doc, make));
        self
    }

    /// Middleware added here, by name.
    #[must_use]
    pub fn middlewares(&self) -> &BTreeMap<String, Factory<Layer>> {
        &self.middleware
    }

    /// Component types by name.
    #[must_use]
    pub fn components(&self) -> &BTreeMap<String, Factory<Component>> {
        &self.components
    }

    /// Formats by name.
    #[must_use]
    pub fn formats(&self) -> &BTreeMap<String, Factory<Box<dyn Source>>> {
        &self.formats
    }

    /// Adapters by name.
    #[must_use]
    pub fn adapters(&self) -> &BTreeMap<String, Adapter> {
        &self.adapters
    }

    /// Predicates by name.
    #[must_use]
    pub fn predicates(&self) -> &Predicates {
        &self.predicates
    }
}

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

use crate::Instruments;
use crate::condition::{Fields, Predicates};
use crate::error::{Code, codes};
use crate::event::{Event, MarketData, Order, Signal};
use crate::middleware::Layer;
use crate::route::Route;
use crate::source::Source;
use crate::stage::Component;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
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
}

impl Context {
    /// A path as written in the config, counted from the config's folder.
    #[must_use]
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }
}

/// Why a factory refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// A stable code, see [`codes!`](crate::codes).
    pub code: Code,
    /// The parameter at fault, where it is one.
    pub parameter: Option<String>,
    /// What is wrong and what would be right: a sentence.
    pub message: String,
}

impl BuildError {
    /// The component as a whole cannot be built.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: codes::BUILD_REFUSED, parameter: None, message: message.into() }
    }

    /// A parameter's value will not do.
    pub fn parameter(name: impl Into<String>, message: impl Into<String>) -> Self {
        let code = codes::PARAMETER_REFUSED;
        Self { code, parameter: Some(name.into()), message: message.into() }
    }

    /// The same error with another code.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }
}

type Make<T> = dyn for<'a> Fn(&mut dyn erased_serde::Deserializer<'a>, &Context) -> Result<T, BuildError>
    + Send
    + Sync;

/// A named factory with the schema of its parameters.
pub struct Factory<T> {
    name: String,
    doc: String,
    schema: fn(&mut SchemaGenerator) -> Schema,
    make: Arc<Make<T>>,
}

/// A handle to the same factory.
impl<T> Clone for Factory<T> {
    fn clone(&self) -> Self {
        let Self { name, doc, schema, make } = self;
        Self { name: name.clone(), doc: doc.clone(), schema: *schema, make: make.clone() }
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
    adapters: BTreeMap<String, Adapter>,
    predicates: Predicates,
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
            adapters: BTreeMap::new(),
            predicates: Predicates::default(),
            middleware: BTreeMap::new(),
        }
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

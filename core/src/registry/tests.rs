//! Services start in the order of needs, or it is said why not.

use super::*;
use crate::error::Coded;
use std::sync::Mutex;

struct A;
struct B;
struct C;

type Log = Arc<Mutex<Vec<&'static str>>>;

fn add<T: Send + Sync + 'static>(
    registry: &mut Registry,
    log: &Log,
    name: &'static str,
    needs: &[&str],
    make: fn() -> T,
) {
    let log = log.clone();
    registry.service(name, "A service.", needs, move |_| {
        log.lock().unwrap().push(name);
        Ok(make())
    });
}

fn said(registry: &mut Registry) -> Vec<String> {
    registry.start().unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn services_start_after_what_they_need_and_are_found_by_type() {
    let (mut registry, log) = (Registry::new(), Log::default());
    add(&mut registry, &log, "a", &["b", "c"], || A);
    add(&mut registry, &log, "b", &["c", "clock"], || B);
    add(&mut registry, &log, "c", &["instruments"], || C);
    assert!(registry.get::<A>().is_none(), "nothing is started yet");
    registry.start().unwrap();
    assert_eq!(*log.lock().unwrap(), ["c", "b", "a"]);
    assert!(registry.get::<A>().is_some() && registry.get::<Instruments>().is_some());
}

#[test]
fn a_service_sees_what_it_needs_and_nothing_else() {
    let mut registry = Registry::new();
    registry.service("c", "A service.", &[], |_| Ok(C));
    registry.service("b", "A service.", &[], |_| Ok(B));
    registry.service("a", "A service.", &["b"], |services| {
        assert!(services.get::<B>().is_some() && services.get::<C>().is_none());
        Ok(A)
    });
    registry.start().unwrap();
}

#[test]
fn a_circle_is_named_with_its_path() {
    let (mut registry, log) = (Registry::new(), Log::default());
    add(&mut registry, &log, "a", &["b"], || A);
    add(&mut registry, &log, "b", &["c"], || B);
    add(&mut registry, &log, "c", &["b"], || C);
    assert_eq!(said(&mut registry), ["services need each other in a circle: b -> c -> b"]);
    assert!(log.lock().unwrap().is_empty(), "nothing was started");
}

#[test]
fn all_that_is_missing_is_named_with_who_needs_it() {
    let (mut registry, log) = (Registry::new(), Log::default());
    add(&mut registry, &log, "a", &["jornal", "b"], || A);
    add(&mut registry, &log, "b", &["clok"], || B);
    assert_eq!(
        said(&mut registry),
        [
            "`a` needs the service `jornal`, which nothing provides",
            "`b` needs the service `clok`, which nothing provides"
        ]
    );
    let told = registry.start().unwrap_err()[0].diagnostic();
    assert_eq!(told.code, "PL-SERVICE-001");
    assert!(told.help.contains("clock, instruments, a, b"), "{}", told.help);
}

#[test]
fn two_of_a_type_and_one_that_fails_are_named() {
    let (mut registry, log) = (Registry::new(), Log::default());
    add(&mut registry, &log, "one", &[], || A);
    add(&mut registry, &log, "other", &[], || A);
    assert_eq!(said(&mut registry), ["the services `one` and `other` have the same type"]);
    let mut registry = Registry::new();
    registry.service::<A, _>("a", "A service.", &[], |_| Err(BuildError::new("no disk")));
    assert_eq!(said(&mut registry), ["the service `a` cannot be started: no disk"]);
}

#[test]
fn only_what_components_need_is_started_for_them() {
    let (mut registry, log) = (Registry::new(), Log::default());
    add(&mut registry, &log, "a", &["b"], || A);
    add(&mut registry, &log, "b", &[], || B);
    add(&mut registry, &log, "c", &[], || C);
    registry.component("x", "A component.", |_: (), _| Err(BuildError::new("not made here")));
    registry.needs("x", &["a"]);
    let services = registry.start_for(["x"].into_iter(), Instruments::new()).unwrap();
    assert_eq!(*log.lock().unwrap(), ["b", "a"]);
    let share = registry.share_of("x", &services);
    assert_eq!(share.names(), ["a"]);
    let context = Context { name: "x".into(), services: share, ..Context::default() };
    assert!(context.get::<A>().is_ok());
    let refused = context.get::<B>().err().expect("it did not declare it");
    assert_eq!(refused.code.name(), "PL-SERVICE-005");
}

/// A chain of needs is no recursion, however long.
#[test]
fn a_long_chain_of_needs_starts() {
    let mut providers = Providers::default();
    for place in 0..50_000 {
        let need = if place < 49_999 { vec![(place + 1).to_string()] } else { Vec::new() };
        // One type for all: it is the walk that counts, and the first of them is all that starts.
        providers.add(&place.to_string(), "A service.", need, |_| Ok(place_type()));
    }
    let asked = ["0".to_owned()];
    let errors = providers.start([("x", &asked[..])].into_iter(), Services::default()).unwrap_err();
    assert_eq!(errors.len(), 49_999, "each but the deepest has the type of that one");
}

fn place_type() -> A {
    A
}

//! Several threads, each with a ring of its own, merged by time where events are numbered.
//!
//! ```text
//!  thread nyse   ==ring==\
//!                         >-- by ts_event --> sequencer --> seen
//!  thread nasdaq ==ring==/
//! ```

use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::ingress::{IngressOptions, Order, PublishError};
use pitlane::testing::Recorder;
use pitlane::topology::Plan;
use std::time::Duration;

fn main() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::FAST, seen.sink());
    let mut checked = plan.check().expect("no mistakes");
    let order = Order::Time { max_wait: Duration::from_secs(60) };
    let options = IngressOptions { max_producers: 2, order, ..IngressOptions::default() };
    let ingress = checked.ingress::<MarketData>("feed", options).expect("it is routed");
    let monitor = checked.monitor();
    let running = checked.start().expect("it starts");

    // Both hold their rings before the first event, so the merge waits for both.
    let producers = [0, 1].map(|venue| (venue, ingress.producer().expect("two may publish")));
    let publishers = producers.map(|(venue, mut producer)| {
        std::thread::spawn(move || {
            for time in (1..=1000).filter(|time| time % 2 == venue) {
                let trade = MarketData::trade(1, time, 100, 1, Side::Bid);
                producer.publish(&trade).expect("nobody stops it yet");
            }
            producer
        })
    });
    let stopper = std::thread::spawn(move || {
        let producers = publishers.map(|thread| thread.join().expect("no panic"));
        monitor.drain();
        producers
    });
    let report = running.serve();

    assert!(seen.events().iter().map(|event| event.header.ts_event).eq(1..=1000));
    assert_eq!((report.ingresses[0].entered, report.ingresses[0].late), (1000, 0));
    for mut producer in stopper.join().expect("no panic") {
        let late = producer.publish(&MarketData::trade(1, 0, 100, 1, Side::Bid));
        assert_eq!(late, Err(PublishError::Closed { position: 500 }), "its first 500 are in");
    }
}

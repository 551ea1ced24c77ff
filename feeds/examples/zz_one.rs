//! temp
use pitlane::event::MarketData;
use pitlane_feeds::*;
fn main() {
    let p = std::env::args().nth(1).unwrap();
    let preset = std::env::args().nth(2).map(|p| p.parse().unwrap());
    for _ in 0..5 {
        let t = std::time::Instant::now();
        let mut s = open_file(
            p.as_ref(),
            &OpenOptions { preset, date: Some("2024-01-02".into()), ..Default::default() },
            &pitlane::Instruments::new(),
        )
        .unwrap();
        let mut b: Vec<MarketData> = Vec::with_capacity(1024);
        let mut n = 0;
        loop {
            let m = s.read(&mut b).unwrap();
            n += b.len();
            b.clear();
            if !m {
                break;
            }
        }
        println!("{n} {:?}", t.elapsed());
    }
}

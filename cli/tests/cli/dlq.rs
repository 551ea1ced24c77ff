//! Dead letters of reliable routes, from the command line.

use crate::support::Folder;

const ROUTES: &str = r#"
journal: { path: orders }
components:
  sma:  { type: sma_cross, fast: 5, slow: 20, emits: strategy }
  gate: { type: risk_gate, emits: risk }
  gateway: { type: drill_gateway, path: sent.csv, down: down, fault: permanent }
sources:
  feed: { format: csv, preset: plain, path: ticks.csv }
routing:
  feed:
    MarketData: [sma]
  strategy:
    Signal: [gate]
  risk:
    Order: { tier: reliable, routes: [gateway] }
"#;

#[track_caller]
fn shows(folder: &Folder, args: &[&str], words: &str) {
    let ended = folder.run(args.iter().copied()).assert_code(0);
    assert!(ended.stdout.contains(words), "no `{words}` in {ended:#?}");
}

fn with_dead_letters() -> (Folder, usize) {
    let folder = Folder::with_session(2000);
    folder.write("drill.yaml", ROUTES);
    folder.write("down", "");
    shows(&folder, &["replay", "drill.yaml", "--out", "run"], "dead letters");
    let list = folder.run(["dlq", "ls", "orders", "--json"]).assert_code(0).json();
    let count = list["count"].as_u64().unwrap() as usize;
    assert!(count > 5, "{list}");
    (folder, count)
}

fn sent(folder: &Folder) -> Vec<String> {
    folder.read("sent.csv").lines().map(str::to_owned).collect()
}

#[test]
fn a_dead_letter_is_listed_and_shown_with_its_reason_and_history() {
    let (folder, count) = with_dead_letters();
    let list = folder.run(["dlq", "ls", "orders", "--json"]).json();
    let letter = &list["dead_letters"][0];
    assert_eq!(list["dead_letters"].as_array().unwrap().len(), count);
    assert_eq!((&letter["stage"], &letter["attempts"]), (&"gateway".into(), &1.into()));
    assert!(letter["root"].as_u64().unwrap() > 0);
    let position = letter["position"].to_string();
    shows(&folder, &["dlq", "ls", "orders"], "the gateway is down");
    shows(&folder, &["dlq", "ls", "orders"], &position);
    let shown = folder.run(["dlq", "show", "orders", &position, "--json"]).assert_code(0).json();
    assert_eq!(shown["history"][0]["failure"], "permanent");
    assert_eq!(shown["event"]["client_order_id"], letter["id"]);
    shows(&folder, &["dlq", "show", "orders", &position], "client_order_id");
    folder.run(["dlq", "show", "orders", "99999999"]).assert_code(2).assert_says("99999999");
    folder.run(["dlq", "ls", "nowhere"]).assert_code(2);
}

#[test]
fn a_requeued_letter_is_delivered_by_the_next_start_with_the_id_it_had() {
    let (folder, count) = with_dead_letters();
    let list = folder.run(["dlq", "ls", "orders", "--json"]).json();
    let letters = list["dead_letters"].as_array().unwrap().clone();
    let (first, second) = (letters[0]["position"].to_string(), letters[1]["position"].to_string());
    shows(&folder, &["dlq", "requeue", "orders", &first], "appended again");
    shows(&folder, &["dlq", "drop", "orders", &second], "1 dropped");
    let left = folder.run(["dlq", "ls", "orders", "--json"]).json();
    assert_eq!((&left["count"], &left["waiting"]), (&(count - 2).into(), &1.into()));
    // Gone for good: no second time.
    folder.run(["dlq", "requeue", "orders", &second]).assert_code(2);

    std::fs::remove_file(folder.path("down")).unwrap();
    assert_eq!(sent(&folder), [""; 0]);
    folder.run(["replay", "drill.yaml", "--out", "run", "--limit", "1"]).assert_code(0);
    let id = letters[0]["id"].to_string();
    let sent = sent(&folder);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].starts_with(&format!("{id},new,{}", letters[0]["root"])), "{sent:?}");

    folder.run(["dlq", "requeue", "orders", "--all", "--json"]).assert_code(0);
    folder.run(["replay", "drill.yaml", "--out", "run", "--limit", "1"]).assert_code(0);
    assert_eq!(self::sent(&folder).len(), count - 1);
    shows(&folder, &["dlq", "ls", "orders"], "no dead letters");
}

#[test]
fn a_run_without_a_journal_of_its_own_keeps_one_in_its_folder_and_its_orders_are_not_thrown_away() {
    let folder = Folder::with_session(2000);
    let own = ROUTES.replace("journal: { path: orders }\n", "").replace("permanent", "transient");
    let own =
        own.replace("tier: reliable,", "tier: reliable, breaker: { failures: 1, open_for: 1h },");
    folder.write("drill.yaml", &own);
    folder.write("down", "");
    folder
        .run(["replay", "drill.yaml", "--out", "run"])
        .assert_code(0)
        .assert_says("deliveries wait in run/journal");
    shows(&folder, &["dlq", "ls", "run"], "not settled");
    folder.run(["replay", "drill.yaml", "--out", "run"]).assert_code(2).assert_says("not settled");
    // Another config takes the journal over, and delivers what waits.
    let over = own.replace("components:", "journal: { path: run/journal }\ncomponents:");
    folder.write("over.yaml", &over);
    std::fs::remove_file(folder.path("down")).unwrap();
    folder.run(["replay", "over.yaml", "--out", "over", "--limit", "1"]).assert_code(0);
    assert!(!sent(&folder).is_empty());
    folder.run(["replay", "drill.yaml", "--out", "run"]).assert_code(0);
}

#[test]
fn each_start_of_a_journal_has_a_session_of_its_own() {
    let folder = Folder::with_session(2000);
    folder.write("drill.yaml", ROUTES);
    for session in 0..3 {
        folder.run(["replay", "drill.yaml", "--out", "run"]).assert_code(0);
        assert_eq!(folder.json("run/manifest.json")["session"], session);
    }
    let sent = sent(&folder);
    let ids: std::collections::BTreeSet<_> =
        sent.iter().map(|line| line.split(',').next()).collect();
    assert_eq!(ids.len(), sent.len(), "no id is given twice");
}

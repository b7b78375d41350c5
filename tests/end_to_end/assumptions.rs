//! Right under every assumption about the platform: the whole table of changes and a lost lock file, under
//! every answer to each open question, and the table under seeded random combinations of answers.

use connectorctl::sandbox::Assumptions;

use super::changes::all_at_once;
use crate::support::{Bench, Sandbox};

/// A small generator: the combinations must be the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, most: usize) -> usize {
        // Constants of Knuth's MMIX generator.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }
}

/// All that was created is found again without a lock file and a journal.
fn found_again(assumption: &str) {
    // One more than a page, where pages are cut.
    let count = if assumption == "q25=100" { 101 } else { 12 };
    let sandbox = Sandbox::start(&["--assume", assumption]);
    let bench = Bench::on(&sandbox);
    let instances: Vec<String> = (0..count)
        .map(|number| {
            format!(
                "  k{number}: {{ element: jira, configuration: {{ username: u, password: p }} }}\n"
            )
        })
        .collect();
    let head = "version: 1\ninventory: acme\ninstances:\n";
    bench.write("instances.yaml", &format!("{head}{}", instances.concat()));
    let _ = bench.apply();
    bench.fresh_clone();
    let _ = bench.apply_with(&["--accept-secrets"]).expect_code(0);
    assert_eq!(sandbox.instances().len(), count, "{assumption}");
    assert_eq!(sandbox.count("creates"), count as u64, "{assumption}");
    bench.plan_is_empty();
}

#[test]
fn under_the_opposite_answer_to_every_question() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in &answers[1..] {
            let assumption = format!("{question}={answer}");
            found_again(&assumption);
            all_at_once(&[assumption]);
        }
    }
}

#[test]
fn under_a_hundred_seeded_random_combinations() {
    for seed in 0..100 {
        let mut random = Seeded(seed);
        let assumptions: Vec<String> = Assumptions::QUESTIONS
            .iter()
            .map(|(question, _, answers)| {
                let answer = answers[random.below(answers.len())];
                format!("{question}={answer}")
            })
            .collect();
        all_at_once(&assumptions);
    }
}

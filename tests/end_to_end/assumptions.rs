//! Every assumption about the platform: the whole table of changes runs under the opposite answer to each
//! open question, and under seeded random combinations of answers.

use connectorctl::sandbox::Assumptions;

use super::changes::all_at_once;

/// A small random generator; the combinations must be the same in every run.
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

#[test]
fn under_the_opposite_answer_to_every_question() {
    for (question, _, answers) in Assumptions::QUESTIONS {
        for answer in &answers[1..] {
            all_at_once(&[format!("{question}={answer}")]);
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
                format!("{question}={}", answers[random.below(answers.len())])
            })
            .collect();
        all_at_once(&assumptions);
    }
}

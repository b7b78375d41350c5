//! Tests of `assumptions`.

use super::*;

#[test]
fn every_answer_of_every_question_can_be_set() {
    for (question, text, answers) in Assumptions::QUESTIONS {
        assert!(text.ends_with('?'));
        assert!(answers.len() >= 2);
        for answer in *answers {
            let mut assumptions = Assumptions::default();
            assumptions
                .set(&format!("{question}={answer}"))
                .expect("an assumption");
            assert_eq!(assumptions.answers()[question], *answer);
        }
    }
    assert!(Assumptions::default().set("q1=maybe").is_err());
    assert!(Assumptions::default().set("q99=x").is_err());
    assert!(Assumptions::default().set("q1").is_err());
}

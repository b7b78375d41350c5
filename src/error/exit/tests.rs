//! Tests of `exit`.

use super::*;

#[test]
fn the_worse_code_wins_in_the_documented_order() {
    let order = [130, 4, 5, 6, 7, 8, 9];
    let by_code = |code: u8| {
        Exit::TABLE
            .iter()
            .map(|(exit, _)| *exit)
            .find(|exit| exit.code() == code)
            .expect("a code of the table")
    };
    for pair in order.windows(2) {
        let (milder, worse) = (by_code(pair[0]), by_code(pair[1]));
        assert_eq!(milder.or_worse(worse), worse);
        assert_eq!(worse.or_worse(milder), worse);
    }
    assert_eq!(Exit::Failed.or_worse(Exit::Partial), Exit::Partial);
}

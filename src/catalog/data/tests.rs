//! Tests of `data`.

use super::*;

#[test]
fn the_embedded_catalogue_is_whole_and_unambiguous() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.elements().len(), 164);
    // Sorted, and no key twice.
    assert!(catalog.elements().is_sorted_by(|a, b| a.key < b.key));
    let rows: usize = catalog
        .elements()
        .iter()
        .map(|e| e.configuration.len())
        .sum();
    assert_eq!(rows, 1262);
    assert_eq!(catalog.common.len(), 20);
}

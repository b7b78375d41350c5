//! How new instances are spelled. Whoever adds them says it; where they go is not its business.

/// New instances in each of the spellings that a manifest may need.
pub trait Spelling {
    /// The lines of each as a member of a block mapping; `step` are the spaces of one level.
    fn block(&self, step: &str) -> Vec<Vec<String>>;
    /// Each as a member of a flow mapping.
    fn flow(&self) -> Vec<String>;
    /// The lines of each as a member of a JSON object.
    fn json(&self, step: &str) -> Vec<Vec<String>>;
}

//! stub
#[allow(missing_docs)]
pub enum KillPoint { BeforeIntent, AfterIntent, ResponseReceived, AfterResult }
#[allow(missing_docs)]
pub fn at(_p: KillPoint) {}

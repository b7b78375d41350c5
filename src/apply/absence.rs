//! Proves that no instance carries a marker, before a request gives it to one: by a complete list, or by
//! searches, once a search is known to find what exists. Must not: create, or take for proof what only
//! found nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Mutex;

use crate::model::{
    Completeness, Doubt, InstanceId, InstanceKey, InventoryName, Lookup, Marker, Observed,
    ObservedInstance, Timestamp,
};
use crate::ports::{Confirm, Listing, ReadRemote, RemoteError};

/// How many searches and reads are in flight at once.
const MAX_CONCURRENT_READS: usize = 8;
/// How many hits of a search fit on one page (docs/platform.md#paging).
const PAGE_SIZE: usize = 200;
/// How often a list is read that is not known to be complete: what it costs in comparisons.
const READINGS: usize = 3;
/// An apply may take hours, and others create instances meanwhile: from this age on, no create relies on
/// the list that it shares with others. A list may lag by 20 s anyway, so a bound far below that gains nothing.
const MAX_LIST_AGE: Duration = Duration::from_secs(30);

/// What a plan learned that a proof needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// The ids that one reading of the list showed, in so many pages.
    listed: BTreeSet<InstanceId>,
    pages: usize,
    completeness: Completeness,
    known: Option<KnownTag>,
    control: Option<Control>,
    /// Keys that a person has looked for in vain.
    assumed: BTreeSet<InstanceKey>,
}

/// A tag that a search has to find.
#[derive(Clone, Debug)]
enum KnownTag {
    /// A marker of this inventory.
    Marker(String),
    /// A tag of this instance, which begins like this, because a list may cut tags
    /// (docs/platform.md#q27), and which so many others have too.
    Of(InstanceId, String, usize),
}

/// What the search for a known tag showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Works,
    /// It found the tag among instances without it: the filter is ignored (docs/platform.md#q4).
    Unfiltered,
    Fails,
    /// No listed instance has a tag.
    Untested,
}

/// Why absence is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("the list of instances is incomplete: {0}")]
    List(Doubt),
    #[error("the search by tag is incomplete: {0}")]
    Search(Doubt),
    #[error("the search by tag does not find an instance that exists")]
    Blind,
    #[error("no instance is known that a search by tag could be tried with")]
    Untested,
}

/// What carries one of the markers, as reads by id show it, and whether that is all.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    pub(crate) found: Vec<ObservedInstance>,
    pub(crate) unproven: Option<Unproven>,
}

impl Evidence {
    pub(crate) fn of(
        observed: &Observed,
        inventory: &InventoryName,
        assumed: &BTreeSet<InstanceKey>,
    ) -> Self {
        Self {
            listed: observed.listed.clone(),
            pages: observed.pages,
            completeness: observed.completeness,
            known: KnownTag::among(observed, inventory),
            control: None,
            assumed: assumed.clone(),
        }
    }

    /// Whether a person says that nothing carries the marker of this key.
    pub(crate) fn assumes(&self, key: &InstanceKey) -> bool {
        self.assumed.contains(key)
    }
}

impl KnownTag {
    /// A marker of ours; until there is one, the tag that the fewest instances have.
    fn among(observed: &Observed, inventory: &InventoryName) -> Option<Self> {
        let listed = observed.listed.iter();
        let listed = listed.filter_map(|id| observed.instances.get(id));
        let mut carriers: BTreeMap<&str, (usize, InstanceId)> = BTreeMap::new();
        for instance in listed {
            if let Some(marker) = instance
                .markers()
                .find(|tag| Marker::belongs_to(tag, inventory))
            {
                return Some(Self::Marker(marker.to_owned()));
            }
            for tag in instance.tags.iter().flatten() {
                carriers.entry(tag).or_insert((0, instance.id)).0 += 1;
            }
        }
        let rarest = carriers.into_iter().min_by_key(|(_, (count, _))| *count)?;
        let (tag, (count, id)) = rarest;
        Some(Self::Of(id, tag.to_owned(), count))
    }

    /// How many requests it takes to search for it, and to know that nothing is left out.
    fn cost(&self) -> usize {
        match self {
            Self::Marker(_) => 1,
            Self::Of(_, _, count) if *count < PAGE_SIZE => 2,
            Self::Of(_, _, count) => 1 + 2 * count.div_ceil(PAGE_SIZE),
        }
    }
}

/// Proves absence, with what was learned about searches so far.
pub(crate) struct Absence<'a> {
    remote: &'a dyn ReadRemote,
    evidence: Evidence,
    /// How many markers there are to be proven absent.
    searches: usize,
    control: Mutex<Option<Control>>,
    /// The list that creates share, and when its reading began.
    list: Mutex<Option<(Timestamp, Arc<Listing>)>>,
}

impl<'a> Absence<'a> {
    pub(crate) fn new(remote: &'a dyn ReadRemote, evidence: Evidence, searches: usize) -> Self {
        Self {
            remote,
            searches,
            control: Mutex::new(evidence.control),
            list: Mutex::new(None),
            evidence,
        }
    }

    /// What is known now.
    pub(crate) fn into_evidence(self) -> Evidence {
        Evidence {
            control: self.control.into_inner(),
            ..self.evidence
        }
    }

    /// Looks for the markers as the plan goes on from a list that was just read: that list is not read
    /// again where three readings did not make it complete.
    pub(crate) async fn of_plan(&self, markers: &BTreeSet<Marker>) -> Result<Proof, RemoteError> {
        match self.evidence.completeness {
            Completeness::Complete => Ok(Proof::default()),
            Completeness::Unproven(_) => self.by_search(markers).await,
            Completeness::Unconfirmed => self.of_first_create(markers, Timestamp::default()).await,
        }
    }

    /// Looks for the markers before a first create: by one list for many creates or by searches, whichever
    /// takes fewer requests; by the other where that proves nothing.
    pub(crate) async fn of_first_create(
        &self,
        markers: &BTreeSet<Marker>,
        now: Timestamp,
    ) -> Result<Proof, RemoteError> {
        let by_list = self.is_list_cheaper().await && !self.is_list_costly_again(now).await;
        let proof = if by_list {
            self.by_common_list(markers, now).await?
        } else {
            self.by_search(markers).await?
        };
        if proof.is_decisive() {
            Ok(proof)
        } else if by_list {
            self.by_search(markers).await
        } else {
            self.by_common_list(markers, now).await
        }
    }

    /// Looks for the markers now, whatever was read before.
    pub(crate) async fn of_later_create(
        &self,
        markers: &BTreeSet<Marker>,
    ) -> Result<Proof, RemoteError> {
        let proof = self.by_search(markers).await?;
        if proof.is_decisive() {
            return Ok(proof);
        }
        let listing = self.remote.list(Confirm::Now).await?;
        self.in_list(&listing, markers).await
    }

    async fn is_list_cheaper(&self) -> bool {
        let control = *self.control.lock().await;
        let readings = match self.evidence.completeness {
            Completeness::Complete | Completeness::Unconfirmed => 1,
            Completeness::Unproven(_) => READINGS,
        };
        let pages = self.evidence.pages.max(1);
        let searches = match control {
            Some(Control::Works) => self.searches,
            Some(Control::Unfiltered) => self.searches * pages,
            Some(Control::Fails | Control::Untested) => return true,
            None => self.searches + self.evidence.known.as_ref().map_or(0, KnownTag::cost),
        };
        pages * readings <= searches
    }

    /// Whether the list is too old and has several pages. Creates of this run change them while they are
    /// read again, so they would hardly be confirmed.
    async fn is_list_costly_again(&self, now: Timestamp) -> bool {
        let list = self.list.lock().await;
        list.as_ref()
            .is_some_and(|(at, listing)| now.since(*at) >= MAX_LIST_AGE && listing.pages > 1)
    }

    async fn by_common_list(
        &self,
        markers: &BTreeSet<Marker>,
        now: Timestamp,
    ) -> Result<Proof, RemoteError> {
        let listing = {
            let mut list = self.list.lock().await;
            let known = list.as_ref();
            match known.filter(|(at, _)| now.since(*at) < MAX_LIST_AGE) {
                Some((_, listing)) => Arc::clone(listing),
                None => {
                    let confirm = Confirm::With(&self.evidence.listed);
                    let listing = Arc::new(self.remote.list(confirm).await?);
                    *list = Some((now, Arc::clone(&listing)));
                    listing
                }
            }
        };
        self.in_list(&listing, markers).await
    }

    async fn in_list(
        &self,
        listing: &Listing,
        markers: &BTreeSet<Marker>,
    ) -> Result<Proof, RemoteError> {
        let carries = |seen: &&ObservedInstance| markers.iter().any(|marker| seen.carries(marker));
        let hits = listing.instances.iter().filter(carries);
        Ok(Proof {
            found: self
                .read(hits.map(|seen| seen.id).collect(), markers)
                .await?,
            unproven: match listing.completeness {
                Completeness::Complete => None,
                Completeness::Unconfirmed => Some(Unproven::List(Doubt::Changed)),
                Completeness::Unproven(doubt) => Some(Unproven::List(doubt)),
            },
        })
    }

    async fn by_search(&self, markers: &BTreeSet<Marker>) -> Result<Proof, RemoteError> {
        let control = self.control().await?;
        let Proof { found, unproven } = self.find(markers).await?;
        let control = match control {
            Control::Works | Control::Unfiltered => None,
            Control::Fails => Some(Unproven::Blind),
            Control::Untested => Some(Unproven::Untested),
        };
        Ok(Proof {
            found,
            unproven: unproven.or(control),
        })
    }

    /// Searches for the markers. Proves nothing unless searches are known to find what exists.
    pub(crate) async fn find(&self, markers: &BTreeSet<Marker>) -> Result<Proof, RemoteError> {
        let mut unproven = None;
        let mut searches = stream::iter(markers)
            .map(|marker| self.remote.find(marker.as_str()))
            .buffer_unordered(MAX_CONCURRENT_READS);
        let mut hits = BTreeSet::new();
        while let Some(search) = searches.try_next().await? {
            if let Completeness::Unproven(doubt) = search.completeness {
                unproven = Some(Unproven::Search(doubt));
            }
            hits.extend(search.hits.iter().map(|hit| hit.id));
        }
        Ok(Proof {
            found: self.read(hits, markers).await?,
            unproven,
        })
    }

    /// Those that carry one of the markers when they are read by id: a list may be out of date, and may
    /// leave out the token.
    async fn read(
        &self,
        ids: BTreeSet<InstanceId>,
        markers: &BTreeSet<Marker>,
    ) -> Result<Vec<ObservedInstance>, RemoteError> {
        let mut found: Vec<ObservedInstance> = stream::iter(ids)
            .map(|id| self.remote.get(id))
            .buffer_unordered(MAX_CONCURRENT_READS)
            .try_filter_map(|read| async move {
                Ok(match read {
                    Lookup::Found(seen) => Some(*seen),
                    Lookup::Gone => None,
                })
            })
            .try_collect()
            .await?;
        found.retain(|seen| markers.iter().any(|marker| seen.carries(marker)));
        found.sort_by_key(ObservedInstance::rank);
        Ok(found)
    }

    /// Takes the marker of an instance that was just created for the tag that a search has to find, and
    /// returns whether one does by now.
    pub(crate) async fn is_found(&self, marker: &str) -> Result<bool, RemoteError> {
        let search = self.remote.find(marker).await?;
        let is_found = !search.hits.is_empty();
        if is_found {
            *self.control.lock().await = Some(if search.is_filtered {
                Control::Works
            } else {
                Control::Unfiltered
            });
        }
        Ok(is_found)
    }

    /// Whether a search finds a tag that is known to exist; asked once.
    async fn control(&self) -> Result<Control, RemoteError> {
        let mut control = self.control.lock().await;
        if let Some(known) = *control {
            return Ok(known);
        }
        let tag = match &self.evidence.known {
            None => None,
            Some(KnownTag::Marker(marker)) => Some(marker.clone()),
            Some(KnownTag::Of(id, start, _)) => {
                let whole = match self.remote.get(*id).await? {
                    Lookup::Found(seen) => {
                        let mut tags = seen.tags.into_iter().flatten();
                        tags.find(|tag| tag.starts_with(start))
                    }
                    Lookup::Gone => None,
                };
                whole.or_else(|| Some(start.clone()))
            }
        };
        let found = match tag {
            None => Control::Untested,
            Some(tag) => {
                let search = self.remote.find(&tag).await?;
                match search.is_filtered {
                    _ if search.hits.is_empty() => Control::Fails,
                    true => Control::Works,
                    false => Control::Unfiltered,
                }
            }
        };
        *control = Some(found);
        Ok(found)
    }
}

impl Proof {
    /// Whether nothing more has to be looked for.
    fn is_decisive(&self) -> bool {
        self.unproven.is_none() || !self.found.is_empty()
    }
}

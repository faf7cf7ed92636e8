#include "modules/documents/crdt/integrate.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace ashlar::crdt {

bool Integrator::find_missing(const WireStruct& s, Clock offset, Id& missing) const {
  const auto lacks = [&](bool has, const Id& id) {
    if (!has || id.client == s.id.client || store_.short_id(id).exists()) return false;
    missing = id;
    return true;
  };
  return lacks(s.has_origin && offset == 0, s.origin) ||
         lacks(s.has_right_origin, s.right_origin) ||
         lacks(s.parent == WireStruct::Parent::kItem && offset == 0, s.parent_item);
}

Integration Integrator::integrate(const WireStruct& s, Transaction& txn) {
  const Clock have = store_.end(s.id.client);
  if (s.id.clock > have) return {Integration::Outcome::kMissing, {s.id.client, s.id.clock - 1}};
  if (s.end() <= have) {
    txn.partly_known = true;
    return {};
  }
  const Clock offset = have - s.id.clock;
  Integration out;
  if (find_missing(s, offset, out.missing)) {
    out.outcome = Integration::Outcome::kMissing;
    return out;
  }
  if (offset > 0) txn.partly_known = true;

  const ClientIndex client = store_.intern_client(s.id.client);
  Item made;
  made.id = {client, static_cast<std::uint32_t>(have)};
  made.length = static_cast<std::uint32_t>(s.length - offset);
  Place place;
  if (s.ref != Ref::kGc) {
    made.ref = s.ref;
    if (offset > 0) {
      made.origin = {client, made.id.clock - 1};
    } else if (s.has_origin) {
      made.origin = store_.short_id(s.origin);
    }
    if (s.has_right_origin) made.right_origin = store_.short_id(s.right_origin);
    place = find_place(s, made.origin, made.right_origin, txn);
    if (place.parent != 0) {
      if (s.ref == Ref::kType && store_.type(place.parent).depth >= depth_) {
        return {Integration::Outcome::kTooDeep, {}};
      }
      if (!resolve(place, made, txn)) return {Integration::Outcome::kTooCostly, {}};
    }
  }
  const ItemRef ref = store_.make_item();
  Item& item = store_.item(ref);
  if (place.parent == 0) {
    item.id = made.id;
    item.length = made.length;
    item.deleted = true;
    store_.append(ref, txn);
    return {};
  }
  item = made;
  item.parent = place.parent;
  item.key = place.key;
  fill(item, ref, s, offset);
  link(ref, place, txn);
  return {};
}

Integrator::Place Integrator::find_place(const WireStruct& s, ShortId origin, ShortId right_origin,
                                         Transaction& txn) {
  Place place;
  if (origin.exists()) place.left = store_.ending_at(origin, txn);
  if (right_origin.exists()) place.right = store_.starting_at(right_origin, txn);
  if ((place.left != 0 && store_.item(place.left).is_gc()) ||
      (place.right != 0 && store_.item(place.right).is_gc())) {
    return {};
  }
  if (const ItemRef neighbour = place.left != 0 ? place.left : place.right; neighbour != 0) {
    place.parent = store_.item(neighbour).parent;
    place.key = store_.item(neighbour).key;
    return place;
  }
  if (s.parent == WireStruct::Parent::kItem) {
    const Item& holder = store_.item(store_.find(store_.short_id(s.parent_item)));
    if (holder.ref != Ref::kType) return {};
    place.parent = holder.content.type;
  } else {
    place.parent = store_.intern_root(s.root);
  }
  if (s.has_parent_sub) place.key = store_.keys().intern(s.parent_sub);
  return place;
}

// Of the list, or of the key's chain; 0: there is none.
ItemRef Integrator::first_of(const Place& place, Transaction& txn) const {
  const Type& parent = store_.type(place.parent);
  if (place.key == kNoKey) return parent.start;
  ItemRef first = parent.value(place.key);
  while (first != 0 && store_.item(first).left != 0 && txn.steps_left > 0) {
    first = store_.item(first).left;
    --txn.steps_left;
  }
  return first;
}

// Moves place.left to the item that `item` goes after, or, where it is to be the first, place.right
// to the one that it goes before. False: no steps left.
bool Integrator::resolve(Place& place, const Item& item, Transaction& txn) {
  const bool conflict = place.left != 0 ? store_.item(place.left).right != place.right
                                        : place.right == 0 || store_.item(place.right).left != 0;
  if (!conflict) return true;
  scan_clear();
  std::size_t jumped = 0;  // items scanned before the last jump
  const ItemRef first = place.left != 0 ? store_.item(place.left).right : first_of(place, txn);
  ItemRef at = first;
  while (at != 0 && at != place.right) {
    if (txn.steps_left == 0) return false;
    --txn.steps_left;
    scan_add(at);
    const Item& other = store_.item(at);
    if (other.origin == item.origin) {
      if (store_.client(other.id.client).id() < store_.client(item.id.client).id()) {
        place.left = at;
        jumped = scanned_.size();
      } else if (other.right_origin == item.right_origin) {
        break;
      }
    } else if (other.origin.exists()) {
      const std::size_t number = scan_find(store_.find(other.origin));
      if (number == kNotScanned) break;
      if (number < jumped) {
        place.left = at;
        jumped = scanned_.size();
      }
    } else {
      break;
    }
    at = other.right;
  }
  if (place.left == 0) place.right = first;
  return txn.steps_left > 0;
}

void Integrator::fill(Item& item, ItemRef ref, const WireStruct& s, Clock offset) {
  if (s.ref == Ref::kDeleted) return;
  if (s.ref != Ref::kType) {
    const KeyIndex key = s.ref == Ref::kFormat ? store_.keys().intern(s.key) : kNoKey;
    return store_.contents().put(item, s, offset, key);
  }
  const std::uint16_t depth = store_.type(item.parent).depth;
  item.content.type = store_.make_type();
  Type& type = store_.type(item.content.type);
  type.item = ref;
  type.depth = static_cast<std::uint16_t>(depth + 1);
  type.ref = s.type;
  if (has_name(s.type)) type.name = store_.keys().intern(s.key);
}

void Integrator::link(ItemRef ref, const Place& place, Transaction& txn) {
  Item& item = store_.item(ref);
  Type& parent = store_.type(place.parent);
  item.left = place.left;
  item.right = place.right;
  if (place.left != 0) {
    item.right = store_.item(place.left).right;
    store_.item(place.left).right = ref;
  } else if (place.key == kNoKey) {
    parent.start = ref;
  }
  if (item.right != 0) {
    store_.item(item.right).left = ref;
  } else if (place.key != kNoKey) {
    store_.set_value(place.parent, place.key, ref);
  }
  if (item.ref == Ref::kDeleted) {
    item.deleted = true;
    txn.add_deleted(item);
  } else if (place.key == kNoKey && item.countable()) {
    parent.length += item.length;
  }
  store_.append(ref, txn);
  if (item.right == 0 && place.key != kNoKey && place.left != 0) {
    store_.delete_item(place.left, txn);
  }
  if (store_.is_deleted(parent) || (place.key != kNoKey && item.right != 0)) {
    store_.delete_item(ref, txn);
  }
}

void Integrator::scan_clear() {
  constexpr std::size_t kKept = 4096;
  scanned_.clear();
  scan_slots_.clear();
  if (scanned_.capacity() > kKept) scanned_.shrink_to_fit();
  if (scan_slots_.capacity() > kKept) scan_slots_.shrink_to_fit();
}

void Integrator::scan_add(ItemRef ref) {
  const auto place = [&](std::uint32_t number) {
    const std::size_t mask = scan_slots_.size() - 1;
    std::size_t slot = (scanned_[number] * std::size_t{0x9e3779b97f4a7c15}) >> 20 & mask;
    while (scan_slots_[slot] != 0) slot = (slot + 1) & mask;
    scan_slots_[slot] = number + 1;
  };
  scanned_.push_back(ref);
  if (scanned_.size() <= kScanLinear) return;
  if (scanned_.size() * 2 > scan_slots_.size()) {
    scan_slots_.assign(std::bit_ceil(scanned_.size()) * 4, 0);
    for (std::uint32_t i = 0; i + 1 < scanned_.size(); ++i) place(i);
  }
  place(static_cast<std::uint32_t>(scanned_.size()) - 1);
}

std::size_t Integrator::scan_find(ItemRef ref) const {
  if (scanned_.size() <= kScanLinear) {
    const auto found = std::ranges::find(scanned_, ref);
    return found == scanned_.end() ? kNotScanned
                                   : static_cast<std::size_t>(found - scanned_.begin());
  }
  const std::size_t mask = scan_slots_.size() - 1;
  std::size_t slot = (ref * std::size_t{0x9e3779b97f4a7c15}) >> 20 & mask;
  while (scan_slots_[slot] != 0) {
    const std::uint32_t number = scan_slots_[slot] - 1;
    if (scanned_[number] == ref) return number;
    slot = (slot + 1) & mask;
  }
  return kNotScanned;
}

}  // namespace ashlar::crdt

#include "modules/documents/crdt/struct_store.h"

#include <algorithm>

#include "base/check.h"

namespace ashlar::crdt {

StructStore::~StructStore() {
  for (const ClientStructs& client : clients_) {
    if (client.size() == 0) continue;
    auto place = client.find(0);
    do contents_.release(items_.at(client.at(place).item));
    while (client.next(place));
  }
}

ClientIndex StructStore::find_client(ClientId id) const {
  if (last_client_ != kNoClient && clients_[last_client_].id() == id) return last_client_;
  const auto found = client_index_.find(id);
  if (found == client_index_.end()) return kNoClient;
  last_client_ = found->second;
  return last_client_;
}

ClientIndex StructStore::intern_client(ClientId id) {
  if (const auto found = find_client(id); found != kNoClient) return found;
  const auto index = static_cast<ClientIndex>(clients_.size());
  clients_.emplace_back(id);
  client_index_.emplace(id, index);
  return index;
}

std::vector<ClientIndex> StructStore::descending() const {
  std::vector<ClientIndex> order;
  order.reserve(clients_.size());
  for (ClientIndex i = 0; i < clients_.size(); ++i) {
    if (clients_[i].size() > 0) order.push_back(i);
  }
  std::ranges::sort(
      order, [&](ClientIndex a, ClientIndex b) { return clients_[a].id() > clients_[b].id(); });
  return order;
}

Clock StructStore::end(ClientId id) const {
  const ClientIndex client = find_client(id);
  return client == kNoClient ? 0 : clients_[client].end();
}

ShortId StructStore::short_id(const Id& id) const {
  const ClientIndex client = find_client(id.client);
  if (client == kNoClient || id.clock >= clients_[client].end()) return {};
  return {client, static_cast<std::uint32_t>(id.clock)};
}

ItemRef StructStore::starting_at(ShortId id, Transaction& txn) {
  const ItemRef ref = find(id);
  const Item& item = items_.at(ref);
  if (item.id.clock == id.clock || item.is_gc()) return ref;
  return split(ref, id.clock - item.id.clock, txn);
}

ItemRef StructStore::ending_at(ShortId id, Transaction& txn) {
  const ItemRef ref = find(id);
  const Item& item = items_.at(ref);
  if (item.end() != id.clock + 1 && !item.is_gc()) split(ref, id.clock + 1 - item.id.clock, txn);
  return ref;
}

void StructStore::append(ItemRef ref, Transaction& txn) {
  const Item& item = items_.at(ref);
  ClientStructs& client = clients_[item.id.client];
  if (client.end() == client.before()) txn.grown.push_back(item.id.client);
  client.append(ref, item.length);
}

ItemRef StructStore::split(ItemRef ref, std::uint32_t offset, Transaction& txn) {
  const ItemRef right_ref = items_.make();
  Item& left = items_.at(ref);
  Item& right = items_.at(right_ref);
  right.id = {left.id.client, left.id.clock + offset};
  right.length = left.length - offset;
  right.ref = left.ref;
  right.deleted = left.deleted;
  right.origin = {left.id.client, right.id.clock - 1};
  right.right_origin = left.right_origin;
  right.left = ref;
  right.right = left.right;
  right.parent = left.parent;
  right.key = left.key;
  if (const auto torn = contents_.split(left, right, offset)) {
    txn.torn.push_back({right.origin, torn->high, torn->low});
  }
  left.length = offset;
  left.right = right_ref;
  if (right.right != 0) {
    items_.at(right.right).left = right_ref;
  } else if (right.key != kNoKey) {
    types_.set_value(right.parent, right.key, right_ref);
  }
  ClientStructs& client = clients_[left.id.client];
  client.insert_after(client.find(left.id.clock), {right.id.clock, right_ref});
  txn.mend.push_back(right.id);
  return right_ref;
}

bool StructStore::merge(ItemRef left_ref, ItemRef right_ref) {
  Item& left = items_.at(left_ref);
  Item& right = items_.at(right_ref);
  if (left.is_gc() != right.is_gc() || left.deleted != right.deleted) return false;
  if (!left.is_gc()) {
    if (left.right != right_ref || right.origin != left.last_id() ||
        left.right_origin != right.right_origin || !contents_.merge(left, right)) {
      return false;
    }
    left.right = right.right;
    if (right.right != 0) {
      items_.at(right.right).left = left_ref;
    } else if (right.key != kNoKey) {
      types_.set_value(right.parent, right.key, left_ref);
    }
  }
  left.length += right.length;
  items_.free(right_ref);
  return true;
}

void StructStore::delete_one(ItemRef ref, Transaction& txn, std::vector<TypeIndex>& within) {
  Item& item = items_.at(ref);
  if (item.countable() && item.key == kNoKey) types_.at(item.parent).length -= item.length;
  item.deleted = true;
  txn.add_deleted(item);
  if (item.ref == Ref::kType) within.push_back(item.content.type);
}

void StructStore::delete_item(ItemRef ref, Transaction& txn) {
  if (items_.at(ref).deleted) return;
  std::vector<TypeIndex> within;
  delete_one(ref, txn, within);
  const auto take_along = [&](ItemRef child_ref) {
    const Item& child = items_.at(child_ref);
    if (!child.deleted) {
      delete_one(child_ref, txn, within);
    } else if (child.id.clock < clients_[child.id.client].before()) {
      txn.mend.push_back(child.id);  // collected with its parent, it may merge
    }
  };
  while (!within.empty()) {
    const Type& type = types_.at(within.back());
    within.pop_back();
    for (ItemRef child = type.start; child != 0; child = items_.at(child).right) take_along(child);
    if (!type.keyed) continue;
    for (const auto& [key, value] : type.keyed->entries()) {
      take_along(value);
      // A text under a key, which nobody writes but who means harm, may have been split.
      for (ItemRef other = items_.at(value).left; other != 0; other = items_.at(other).left) {
        if (!items_.at(other).deleted) delete_one(other, txn, within);
      }
    }
  }
}

void StructStore::collect(ItemRef ref, bool parent_too) {
  Item& item = items_.at(ref);
  if (item.is_gc()) return;
  CHECK(item.deleted);
  if (item.ref == Ref::kType) {
    collect_type(item.content.type);
  } else {
    contents_.release(item);
  }
  if (!parent_too) {
    item.ref = Ref::kDeleted;
    return;
  }
  item.ref = Ref::kGc;
  item.origin = item.right_origin = {};
  item.left = item.right = 0;
  item.parent = 0;
  item.key = kNoKey;
}

// As deep as types are nested, which integrate() bounds.
void StructStore::collect_type(TypeIndex index) {
  for (ItemRef child = types_.at(index).start; child != 0;) {
    const ItemRef next = items_.at(child).right;
    collect(child, true);
    child = next;
  }
  if (const auto& keyed = types_.at(index).keyed) {
    for (const auto& [key, value] : keyed->entries()) {
      for (ItemRef child = value; child != 0;) {
        const ItemRef next = items_.at(child).left;
        collect(child, true);
        child = next;
      }
    }
  }
  types_.free(index);
}

TypeIndex StructStore::find_root(std::string_view name) const {
  const KeyIndex key = keys_.find(name);
  if (key == kNoKey) return 0;
  const auto found = root_index_.find(key);
  return found == root_index_.end() ? 0 : found->second;
}

TypeIndex StructStore::intern_root(std::string_view name) {
  const KeyIndex key = keys_.intern(name);
  const auto [at, fresh] = root_index_.emplace(key, 0);
  if (fresh) {
    at->second = types_.make();
    types_.at(at->second).name = key;
    roots_.push_back(at->second);
  }
  return at->second;
}

void StructStore::begin(Transaction& txn) const {
  txn.clear();
  txn.clients = clients_.size();
  txn.keys = keys_.size();
  txn.roots = roots_.size();
}

void StructStore::unlink(ItemRef ref) {
  const Item& item = items_.at(ref);
  if (item.is_gc()) return;
  if (item.visible() && item.key == kNoKey) types_.at(item.parent).length -= item.length;
  if (item.left != 0) {
    items_.at(item.left).right = item.right;
  } else if (item.key == kNoKey) {
    types_.at(item.parent).start = item.right;
  }
  if (item.right != 0) {
    items_.at(item.right).left = item.left;
  } else if (item.key != kNoKey) {
    if (item.left != 0) {
      types_.set_value(item.parent, item.key, item.left);
    } else {
      types_.erase_key(item.parent, item.key);
    }
  }
}

// Its halves are the last unit of one item and the first of the next.
void StructStore::put_pair(const Transaction::Torn& torn) {
  Item& left = items_.at(find(torn.high));
  contents_.put_unit(left, torn.high.clock - left.id.clock, torn.high_unit);
  contents_.put_unit(items_.at(find({torn.high.client, torn.high.clock + 1})), 0, torn.low_unit);
}

void StructStore::heal_torn(const Transaction& txn) {
  for (const Transaction::Torn& torn : txn.torn) {
    const Item& left = items_.at(find(torn.high));
    const ItemRef right = find({torn.high.client, torn.high.clock + 1});
    if (left.right == right && !left.deleted && !items_.at(right).deleted) put_pair(torn);
  }
}

void StructStore::undo(Transaction& txn) {
  for (const Transaction::Run& run : txn.deleted) {
    const ClientStructs& client = clients_[run.client];
    for (std::uint32_t clock = run.clock; clock < std::min(run.end, client.before());) {
      Item& item = items_.at(client.item_at(clock));
      item.deleted = false;
      if (item.countable() && item.key == kNoKey) types_.at(item.parent).length += item.length;
      clock = item.end();
    }
  }
  const auto each_new = [&](auto&& act) {
    for (const ClientIndex index : txn.grown) {
      const ClientStructs& client = clients_[index];
      auto place = client.find(client.before());
      do act(client.at(place).item);
      while (client.next(place));
    }
  };
  each_new([&](ItemRef ref) { unlink(ref); });
  each_new([&](ItemRef ref) {
    Item& item = items_.at(ref);
    if (item.ref == Ref::kType) {
      types_.free(item.content.type);
    } else {
      contents_.release(item);
    }
    items_.free(ref);
  });
  for (const ClientIndex index : txn.grown) clients_[index].truncate(clients_[index].before());
  for (const Transaction::Torn& torn : txn.torn) {
    if (torn.high.clock < clients_[torn.high.client].end()) put_pair(torn);
  }
  for (; roots_.size() > txn.roots; roots_.pop_back()) {
    root_index_.erase(types_.at(roots_.back()).name);
    types_.free(roots_.back());
  }
  for (; clients_.size() > txn.clients; clients_.pop_back()) {
    client_index_.erase(clients_.back().id());
  }
  last_client_ = kNoClient;
  keys_.truncate(txn.keys);
}

WireStruct StructStore::wire(const Item& item, std::uint32_t length, std::string& scratch) const {
  WireStruct out;
  out.id = wire_id(item.id);
  out.length = length;
  out.ref = item.ref;
  if (item.is_gc()) return out;
  out.has_origin = item.origin.exists();
  out.has_right_origin = item.right_origin.exists();
  out.has_parent_sub = item.key != kNoKey;
  if (out.has_origin) out.origin = wire_id(item.origin);
  if (out.has_right_origin) out.right_origin = wire_id(item.right_origin);
  if (!out.has_origin && !out.has_right_origin) {
    const Type& parent = types_.at(item.parent);
    out.parent = parent.is_root() ? WireStruct::Parent::kRoot : WireStruct::Parent::kItem;
    if (parent.is_root()) {
      out.root = keys_.name(parent.name);
    } else {
      out.parent_item = wire_id(items_.at(parent.item).id);
    }
    if (out.has_parent_sub) out.parent_sub = keys_.name(item.key);
  }
  if (item.ref == Ref::kType) {
    const Type& type = types_.at(item.content.type);
    out.type = type.ref;
    if (type.name != kNoKey) out.key = keys_.name(type.name);
    return out;
  }
  if (item.ref == Ref::kFormat) out.key = keys_.name(Contents::format_key(item));
  if (item.ref == Ref::kDoc) out.key = Contents::guid(item);
  if (length == item.length) {
    out.content = Contents::view(item, scratch);
  } else if (item.ref == Ref::kString) {
    scratch.clear();
    Contents::append_text(item, 0, length, scratch);
    out.content = scratch;
  } else if (item.ref != Ref::kDeleted) {
    const std::string_view all = Contents::view(item, scratch);
    out.content = all.substr(0, value_place(item.ref, all, length));
  }
  return out;
}

std::size_t StructStore::bytes() const {
  constexpr std::size_t kEntry = 12;    // of ClientStructs' blocks, partly filled
  constexpr std::size_t kClient = 160;  // ClientStructs, its first block, its place in the index
  return items_.bytes() + contents_.bytes() + types_.bytes() + keys_.bytes() +
         items_.live() * kEntry + clients_.size() * kClient;
}

}  // namespace ashlar::crdt

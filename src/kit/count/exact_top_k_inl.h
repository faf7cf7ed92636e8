// The longer functions of ExactTopK; included by exact_top_k.h alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "kit/count/exact_top_k.h"

namespace ashlar::kit {

template <class Key, class Extra>
typename ExactTopK<Key, Extra>::Id ExactTopK<Key, Extra>::add_hashed(View key,
                                                                     std::uint64_t key_hash,
                                                                     std::uint64_t weight) {
  if (weight == 0 || weight > kMaxTotalWeight - total_) return kNone;
  Id id = table_.find(key, key_hash);
  if (id == Table::kNone) {
    if (!StoredKey<Key>::fits(key)) return kNone;
    // Whether the top is everything must be known before the key is a part of everything.
    const bool all = top_.size() == table_.size();
    id = table_.insert(key, key_hash);
    table_[id] = Value{.count = weight};
    total_ += weight;
    if (all && top_.size() < most()) {
      enter(id);
    } else {
      rise(id);
    }
    return id;
  }
  total_ += weight;
  table_[id].count += weight;
  rise(id);
  return id;
}

// The count of `id` has grown.
template <class Key, class Extra>
void ExactTopK<Key, Extra>::rise(Id id) {
  Value& value = table_[id];
  const Rank now{value.count, id};
  if (value.place != kOutside) {
    const Place place = places_[value.place];
    if (place == top_.begin() || top_.key_comp()(*std::prev(place), now)) {
      const_cast<Rank&>(*place).count = now.count;  // its place in the order is the same
      return;
    }
    auto node = top_.extract(place);
    node.value() = now;
    places_[value.place] = top_.insert(std::move(node)).position;
    return;
  }
  if (top_.empty() || !top_.key_comp()(now, *std::prev(top_.end()))) return;
  enter(id);
  if (top_.size() > most()) leave(std::prev(top_.end())->id);
}

template <class Key, class Extra>
void ExactTopK<Key, Extra>::subtract_id(Id id, std::uint64_t weight) {
  Value& value = table_[id];
  CHECK(value.count >= weight);
  total_ -= weight;
  value.count -= weight;
  if (value.place != kOutside) {
    const bool all = top_.size() == table_.size();
    const Rank now{value.count, id};
    auto node = top_.extract(places_[value.place]);
    // Behind the last there may be keys that we do not have in the top.
    const bool stays =
        value.count > 0 && (all || (!top_.empty() && top_.key_comp()(now, *std::prev(top_.end()))));
    if (stays) {
      node.value() = now;
      places_[value.place] = top_.insert(std::move(node)).position;
    } else {
      free_places_.push_back(value.place);
      value.place = kOutside;
    }
  }
  if (value.count == 0) table_.erase(id);
}

template <class Key, class Extra>
void ExactTopK<Key, Extra>::enter(Id id) {
  std::uint32_t place;
  if (free_places_.empty()) {
    place = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  places_[place] = top_.insert(Rank{table_[id].count, id}).first;
  table_[id].place = place;
}

template <class Key, class Extra>
void ExactTopK<Key, Extra>::leave(Id id) {
  top_.erase(places_[table_[id].place]);
  free_places_.push_back(table_[id].place);
  table_[id].place = kOutside;
}

template <class Key, class Extra>
void ExactTopK<Key, Extra>::choose() {
  std::vector<Rank> ranks;
  ranks.reserve(table_.size());
  table_.for_each([&](Id id) {
    table_[id].place = kOutside;
    ranks.push_back(Rank{table_[id].count, id});
  });
  top_.clear();
  places_.clear();
  free_places_.clear();
  if (ranks.size() > most()) {
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(most());
    std::nth_element(ranks.begin(), end, ranks.end(), Before{&table_});
    ranks.erase(end, ranks.end());
  }
  for (const Rank& rank : ranks) enter(rank.id);
}

template <class Key, class Extra>
std::vector<typename ExactTopK<Key, Extra>::Id> ExactTopK<Key, Extra>::top_ids(std::size_t k) {
  k = std::min(k, table_.size());
  std::vector<Id> ids;
  ids.reserve(k);
  if (k > max_k_) {
    table_.for_each([&](Id id) { ids.push_back(id); });
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(k);
    const auto before = [&](Id a, Id b) {
      return Before{&table_}(Rank{table_[a].count, a}, Rank{table_[b].count, b});
    };
    if (end != ids.end()) std::nth_element(ids.begin(), end, ids.end(), before);
    std::sort(ids.begin(), end, before);
    ids.erase(end, ids.end());
    return ids;
  }
  if (top_.size() < k) choose();
  for (auto rank = top_.begin(); ids.size() < k; ++rank) ids.push_back(rank->id);
  return ids;
}

}  // namespace ashlar::kit

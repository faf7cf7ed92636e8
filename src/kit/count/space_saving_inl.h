// The longer functions of SpaceSaving; included by space_saving.h alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "kit/count/space_saving.h"

namespace ashlar::kit {

template <class Key>
bool SpaceSaving<Key>::merge(const SpaceSaving& other) {
  if (other.total_ > kMaxTotalWeight - total_) return false;
  std::vector<Row> rows;
  rows.reserve(table_.size() + other.table_.size());
  for_each([&](Row row) {
    const Id id = other.table_.find(row.key);
    const bool there = id != Table::kNone;
    row.count += there ? other.table_[id].count : other.floor_;
    row.error += there ? other.table_[id].error : other.floor_;
    rows.push_back(row);
  });
  other.for_each([&](Row row) {
    if (table_.find(row.key) != Table::kNone) return;
    row.count += floor_;
    row.error += floor_;
    rows.push_back(row);
  });
  replace(rows, floor_ + other.floor_, total_ + other.total_, counters_);
  return true;
}

template <class Key>
bool SpaceSaving<Key>::restore(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total) {
  if (total > kMaxTotalWeight || floor > total) return false;
  KeyTable<Key, char> seen(table_.hasher().seed());
  for (const Row& row : rows) {
    if (!StoredKey<Key>::fits(row.key) || row.count == 0 || row.count > total ||
        row.count < floor || row.error > floor) {
      return false;
    }
    const std::uint64_t key_hash = seen.hash(row.key);
    if (seen.find(row.key, key_hash) != seen.kNone) return false;
    seen.insert(row.key, key_hash);
  }
  replace(rows, floor, total, counters_);
  return true;
}

template <class Key>
bool SpaceSaving<Key>::add_unknown(View key, std::uint64_t key_hash, std::uint64_t weight) {
  if (!StoredKey<Key>::fits(key)) return false;
  if (weight == 0) return true;
  total_ += weight;
  Id id;
  if (table_.size() < counters_) {
    id = table_.insert(key, key_hash);
    table_[id] = Counter{floor_ + weight, floor_};
  } else {
    id = take_least();
    const std::uint64_t least = table_[id].count;
    floor_ = least;
    table_.rename(id, key, key_hash);
    table_[id] = Counter{least + weight, least};
  }
  await(id);
  if (max_bytes_ != 0 && bytes() > max_bytes_) [[unlikely]]
    give_up_counters();
  return true;
}

template <class Key>
void SpaceSaving<Key>::await(Id id) {
  if (table_[id].count >= run_end_) return;
  risen_.push_back(Rank{table_[id].count, id});
  std::push_heap(risen_.begin(), risen_.end(), std::greater<>());
}

template <class Key>
typename SpaceSaving<Key>::Id SpaceSaving<Key>::take_least() {
  for (;;) {  // ends: each round uses one rank up, and a rank that comes back is up to date
    if (run_.empty() && risen_.empty()) make_run();
    Rank least;
    if (risen_.empty() || (!run_.empty() && risen_.front() > run_.back())) {
      least = run_.back();
      run_.pop_back();
    } else {
      std::pop_heap(risen_.begin(), risen_.end(), std::greater<>());
      least = risen_.back();
      risen_.pop_back();
    }
    if (table_[least.id].count == least.count) return least.id;
    await(least.id);
  }
}

template <class Key>
void SpaceSaving<Key>::make_run() {
  run_.reserve(counters_);
  table_.for_each([&](Id id) { run_.push_back(Rank{table_[id].count, id}); });
  const std::size_t length = run_.size() / 8;
  const auto end = run_.begin() + static_cast<std::ptrdiff_t>(length);
  std::nth_element(run_.begin(), end, run_.end(),
                   [](const Rank& a, const Rank& b) { return b > a; });
  run_end_ = end->count + 1;
  std::erase_if(run_, [&](const Rank& rank) { return rank.count >= run_end_; });
  std::sort(run_.begin(), run_.end(), std::greater<>());
}

// Keeps the heaviest `counters` rows (of equals the first by key); the others raise the floor.
template <class Key>
void SpaceSaving<Key>::replace(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total,
                               std::size_t counters) {
  if (rows.size() > counters) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(counters);
    std::nth_element(rows.begin(), end, rows.end(), [](const Row& a, const Row& b) {
      return a.count != b.count ? a.count > b.count : a.key < b.key;
    });
    floor = std::max(floor, end->count);
    rows.resize(counters);
  }
  Table table(table_.hasher().seed(), counters);
  for (const Row& row : rows) {
    const Id id = table.insert(row.key, table.hash(row.key));
    table[id] = Counter{row.count, row.error};
  }
  table_ = std::move(table);
  run_ = {};
  risen_ = {};
  run_end_ = 0;
  floor_ = floor;
  total_ = total;
  counters_ = counters;
}

template <class Key>
void SpaceSaving<Key>::give_up_counters() {
  std::vector<Row> rows;
  rows.reserve(table_.size());
  for_each([&](const Row& row) { rows.push_back(row); });
  replace(rows, floor_, total_, std::max<std::size_t>(1, std::min(counters_, rows.size()) * 3 / 4));
}

}  // namespace ashlar::kit

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
  give_up_counters();
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
  give_up_counters();
  return true;
}

template <class Key>
bool SpaceSaving<Key>::add_unknown(View key, std::uint64_t key_hash, std::uint64_t weight) {
  if (!StoredKey<Key>::fits(key)) return false;
  if (weight == 0) return true;
  total_ += weight;
  table_[table_.insert(key, key_hash)] = Counter{floor_ + weight, floor_};
  if (table_.size() > 2 * counters_) [[unlikely]]
    evict();
  give_up_counters();
  return true;
}

template <class Key>
void SpaceSaving<Key>::evict() {
  std::vector<std::uint64_t> counts;
  counts.reserve(table_.size());
  table_.for_each([&](Id id) { counts.push_back(table_[id].count); });
  const auto nth = counts.begin() + static_cast<std::ptrdiff_t>(counters_ - 1);
  std::nth_element(counts.begin(), nth, counts.end(), std::greater<>());
  floor_ = *nth;
  table_.retain([&](Id id) { return table_[id].count > floor_; });
}

// Keeps the heaviest 2 * `counters` rows (of equals the first by key); the others raise the floor.
template <class Key>
void SpaceSaving<Key>::replace(std::vector<Row>& rows, std::uint64_t floor, std::uint64_t total,
                               std::size_t counters) {
  if (rows.size() > 2 * counters) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(2 * counters);
    std::nth_element(rows.begin(), end, rows.end(), [](const Row& a, const Row& b) {
      return a.count != b.count ? a.count > b.count : a.key < b.key;
    });
    floor = std::max(floor, end->count);
    rows.resize(2 * counters);
  }
  Table table(table_.hasher().seed(), 2 * counters + 1);
  for (const Row& row : rows) {
    const Id id = table.insert(row.key, table.hash(row.key));
    table[id] = Counter{row.count, row.error};
  }
  table_ = std::move(table);
  floor_ = floor;
  total_ = total;
  counters_ = counters;
}

// Ends within max_bytes: one counter's keys take less than kLeastBytes.
template <class Key>
void SpaceSaving<Key>::give_up_counters() {
  while (max_bytes_ != 0 && bytes() > max_bytes_) [[unlikely]] {
    CHECK(counters_ > 1);
    std::vector<Row> rows;
    rows.reserve(table_.size());
    for_each([&](const Row& row) { rows.push_back(row); });
    replace(rows, floor_, total_,
            std::max<std::size_t>(1, std::min(counters_, rows.size() / 2) * 3 / 4));
  }
}

}  // namespace ashlar::kit

// IndexedHeap: a binary heap of small numbers (ids) that knows where each id is, so that an id
// whose rank has changed is put right in O(log n), and any id can be taken out.
//
// Before is the order (a strict weak order on ids, by whatever the caller keeps for them): front()
// is an id that none comes before. The caller tells changed(id) after what the order looks at has
// changed; between the change of one id and that call nothing else may be called.
//
// Cost: push, pop, erase, changed O(log n); front, contains O(1); first(k) O(k log k) without
// changing the heap (best-first walk; RankedHeap answers in O(k)). Memory: 8 bytes an id up to the
// greatest, and as much again for vectors' growth. One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ashlar::kit {

template <class Before>
class IndexedHeap {
 public:
  using Id = std::uint32_t;

  explicit IndexedHeap(Before before = Before()) : before_(std::move(before)) {}

  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] bool contains(Id id) const { return id < where_.size() && where_[id] != kNowhere; }

  // REQUIRES: !empty().
  [[nodiscard]] Id front() const {
    CHECK(!heap_.empty());
    return heap_.front();
  }

  // REQUIRES: !contains(id), id < 2^32 - 1.
  void push(Id id) {
    CHECK(!contains(id) && id != kNowhere);
    if (id >= where_.size()) where_.resize(std::size_t{id} + 1, kNowhere);
    heap_.push_back(id);
    where_[id] = static_cast<std::uint32_t>(heap_.size() - 1);
    rise(heap_.size() - 1);
  }

  // REQUIRES: !empty().
  Id pop() {
    const Id id = front();
    erase(id);
    return id;
  }

  // REQUIRES: contains(id).
  void erase(Id id) {
    CHECK(contains(id));
    const std::size_t hole = where_[id];
    where_[id] = kNowhere;
    const Id last = heap_.back();
    heap_.pop_back();
    if (last == id) return;
    put(hole, last);
    settle(hole);
  }

  // REQUIRES: contains(id).
  void changed(Id id) {
    CHECK(contains(id));
    settle(where_[id]);
  }

  // The first k ids in order.
  [[nodiscard]] std::vector<Id> first(std::size_t k) const {
    k = std::min(k, heap_.size());
    std::vector<Id> ids;
    ids.reserve(k);
    std::vector<std::uint32_t> open;  // a heap of positions whose parents have been taken
    const auto after = [&](std::uint32_t a, std::uint32_t b) {
      return before_(heap_[b], heap_[a]);
    };
    if (k > 0) open.push_back(0);
    while (ids.size() < k) {
      std::pop_heap(open.begin(), open.end(), after);
      const std::uint32_t at = open.back();
      open.pop_back();
      ids.push_back(heap_[at]);
      for (std::uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
        open.push_back(child);
        std::push_heap(open.begin(), open.end(), after);
      }
    }
    return ids;
  }

 private:
  static constexpr std::uint32_t kNowhere = 0xffffffff;

  void put(std::size_t at, Id id) {
    heap_[at] = id;
    where_[id] = static_cast<std::uint32_t>(at);
  }
  void settle(std::size_t at) {
    if (!rise(at)) sink(at);
  }
  bool rise(std::size_t at) {
    const Id id = heap_[at];
    const std::size_t start = at;
    while (at > 0 && before_(id, heap_[(at - 1) / 2])) {
      put(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    put(at, id);
    return at != start;
  }
  void sink(std::size_t at) {
    const Id id = heap_[at];
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && before_(heap_[child + 1], heap_[child])) ++child;
      if (!before_(heap_[child], id)) break;
      put(at, heap_[child]);
      at = child;
    }
    put(at, id);
  }

  Before before_;
  std::vector<Id> heap_;
  std::vector<std::uint32_t> where_;  // by id: its place in heap_
};

}  // namespace ashlar::kit

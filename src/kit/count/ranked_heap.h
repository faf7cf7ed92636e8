// RankedHeap: ids with weights that change either way, and the k heaviest in order at any moment;
// every bound is a worst case, none is amortised (ExactTopK is faster on the average and may choose
// its top anew in O(n)).
//
// Two parts: the first `limit` ids of the order lie in an ordered set, the others in an IndexedHeap
// with the best in front; an index knows where each id is. Invariants: 1. no id of the rest comes
// before one of the top. 2. The rest is empty unless the top holds `limit`.
// Order: the greater weight first, of equals the smaller id.
//
// Cost: set, erase O(log n); top(k) O(k) for k <= limit. Memory: 24 bytes an id up to the greatest
// (twice that while vectors grow) and some 64 bytes an id of the top.
// One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kit/count/indexed_heap.h"

namespace ashlar::kit {

class RankedHeap {
 public:
  using Id = std::uint32_t;

  // REQUIRES: limit >= 1.
  explicit RankedHeap(std::size_t limit) : limit_(limit), rest_(Heavier{&weights_}) {
    CHECK(limit >= 1);
  }
  RankedHeap(const RankedHeap&) = delete;  // the rest's order refers to the weights
  RankedHeap& operator=(const RankedHeap&) = delete;

  [[nodiscard]] std::size_t size() const { return top_.size() + rest_.size(); }
  [[nodiscard]] bool contains(Id id) const {
    return rest_.contains(id) || (id < places_.size() && places_[id] != top_.end());
  }
  // REQUIRES: contains(id).
  [[nodiscard]] std::uint64_t weight(Id id) const {
    CHECK(contains(id));
    return weights_[id];
  }

  // Adds the id, or changes its weight.
  void set(Id id, std::uint64_t weight) {
    if (id >= weights_.size()) {
      weights_.resize(std::size_t{id} + 1);
      places_.resize(std::size_t{id} + 1, top_.end());
    }
    if (places_[id] != top_.end()) {
      auto node = top_.extract(places_[id]);
      weights_[id] = weight;
      node.value() = Rank{weight, id};
      places_[id] = top_.insert(std::move(node)).position;
    } else if (rest_.contains(id)) {
      weights_[id] = weight;
      rest_.changed(id);
    } else {
      weights_[id] = weight;
      if (top_.size() < limit_) {
        enter_top(id);
        return;
      }
      rest_.push(id);
    }
    if (!rest_.empty() && rank(rest_.front()) < *std::prev(top_.end())) exchange();
  }

  // REQUIRES: contains(id).
  void erase(Id id) {
    CHECK(contains(id));
    if (rest_.contains(id)) {
      rest_.erase(id);
      return;
    }
    top_.erase(places_[id]);
    places_[id] = top_.end();
    if (!rest_.empty()) enter_top(rest_.pop());
  }

  // visit(id, weight) for the first k in order. REQUIRES: k <= limit.
  template <class Visit>
  void top(std::size_t k, Visit visit) const {
    CHECK(k <= limit_);
    for (auto rank = top_.begin(); k > 0 && rank != top_.end(); ++rank, --k) {
      visit(rank->id, rank->weight);
    }
  }

 private:
  struct Rank {
    std::uint64_t weight;
    Id id;
    bool operator<(const Rank& other) const {
      return weight != other.weight ? weight > other.weight : id < other.id;
    }
  };
  struct Heavier {
    const std::vector<std::uint64_t>* weights;
    bool operator()(Id a, Id b) const { return Rank{(*weights)[a], a} < Rank{(*weights)[b], b}; }
  };
  using Top = std::set<Rank>;

  [[nodiscard]] Rank rank(Id id) const { return Rank{weights_[id], id}; }
  void enter_top(Id id) { places_[id] = top_.insert(rank(id)).first; }
  // The last of the top and the first of the rest change places.
  void exchange() {
    const Id up = rest_.pop();
    const auto last = std::prev(top_.end());
    const Id down = last->id;
    places_[down] = top_.end();
    auto node = top_.extract(last);
    node.value() = rank(up);
    places_[up] = top_.insert(std::move(node)).position;
    rest_.push(down);
  }

  std::size_t limit_;
  std::vector<std::uint64_t> weights_;  // by id
  Top top_;
  std::vector<Top::iterator> places_;  // by id; end(): not in the top
  IndexedHeap<Heavier> rest_;
};

}  // namespace ashlar::kit

#include "modules/links/analytics/visitor_sketch.h"

#include <algorithm>
#include <cmath>

#include "base/varint.h"
#include "kit/count/hll_estimate.h"

namespace ashlar::links::analytics {
namespace {

constexpr std::uint32_t kRankBits = 6;
constexpr std::uint32_t kRankMask = (1U << kRankBits) - 1;
constexpr std::uint32_t kMaxRank = 64 - VisitorSketch::kPrecision + 1;
constexpr std::size_t kDenseBytes = VisitorSketch::kRegisters * kRankBits / 8;

}  // namespace

void VisitorSketch::put(std::uint32_t index, std::uint8_t rank) {
  if (!dense_.empty()) {
    dense_[index] = std::max(dense_[index], rank);
    return;
  }
  const auto at = std::lower_bound(sparse_.begin(), sparse_.end(), index << kRankBits);
  const std::uint32_t entry = index << kRankBits | rank;
  if (at != sparse_.end() && *at >> kRankBits == index) {
    *at = std::max(*at, entry);
    return;
  }
  sparse_.insert(at, entry);
  if (sparse_.size() > kMaxSparse) make_dense();
}

void VisitorSketch::make_dense() {
  dense_.assign(kRegisters, 0);
  for (const std::uint32_t entry : sparse_) {
    dense_[entry >> kRankBits] = static_cast<std::uint8_t>(entry & kRankMask);
  }
  sparse_.clear();
  sparse_.shrink_to_fit();
}

void VisitorSketch::add(std::uint64_t hash) {
  const kit::HllHit hit = kit::hll_hit(hash, kPrecision);
  put(hit.index, hit.rank);
}

void VisitorSketch::merge(const VisitorSketch& other) {
  if (!other.dense_.empty()) {
    if (dense_.empty()) make_dense();
    for (std::size_t i = 0; i < kRegisters; ++i) dense_[i] = std::max(dense_[i], other.dense_[i]);
    return;
  }
  for (const std::uint32_t entry : other.sparse_) {
    put(entry >> kRankBits, static_cast<std::uint8_t>(entry & kRankMask));
  }
}

std::int64_t VisitorSketch::estimate() const {
  if (empty()) return 0;
  kit::HllHistogram with{};
  if (dense_.empty()) {
    with[0] = static_cast<std::uint32_t>(kRegisters - sparse_.size());
    for (const std::uint32_t entry : sparse_) ++with[entry & kRankMask];
  } else {
    for (const std::uint8_t rank : dense_) ++with[rank];
  }
  return std::llround(kit::hll_estimate(with, kPrecision));
}

void VisitorSketch::append_to(std::string& out) const {
  if (dense_.empty()) {
    base::append_varint(out, 0);
    base::append_varint(out, sparse_.size());
    std::uint32_t last = 0;
    for (const std::uint32_t entry : sparse_) {
      base::append_varint(out, entry - last);
      last = entry;
    }
    return;
  }
  base::append_varint(out, 1);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t rank : dense_) {
    bits |= std::uint32_t{rank} << held;
    for (held += kRankBits; held >= 8; held -= 8, bits >>= 8) out += static_cast<char>(bits & 0xff);
  }
}

bool VisitorSketch::read(std::string_view& rest, VisitorSketch& sketch) {
  sketch = {};
  std::uint64_t form = 0;
  if (!base::read_varint(rest, form) || form > 1) return false;
  return form == 0 ? read_sparse(rest, sketch) : read_dense(rest, sketch);
}

bool VisitorSketch::read_sparse(std::string_view& rest, VisitorSketch& sketch) {
  std::uint64_t size = 0;
  if (!base::read_varint(rest, size) || size > kMaxSparse) return false;
  sketch.sparse_.reserve(size);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    std::uint64_t growth = 0;
    if (!base::read_varint(rest, growth) || growth > kRegisters << kRankBits) return false;
    const std::uint64_t entry = last + growth;
    const std::uint64_t rank = entry & kRankMask;
    if (entry >> kRankBits >= kRegisters || rank == 0 || rank > kMaxRank) return false;
    if (i > 0 && entry >> kRankBits <= last >> kRankBits) return false;
    sketch.sparse_.push_back(static_cast<std::uint32_t>(entry));
    last = entry;
  }
  return true;
}

bool VisitorSketch::read_dense(std::string_view& rest, VisitorSketch& sketch) {
  if (rest.size() < kDenseBytes) return false;
  sketch.dense_.reserve(kRegisters);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < kDenseBytes; ++i) {
    bits |= std::uint32_t{static_cast<unsigned char>(rest[i])} << held;
    for (held += 8; held >= kRankBits; held -= kRankBits, bits >>= kRankBits) {
      if ((bits & kRankMask) > kMaxRank) return false;
      sketch.dense_.push_back(static_cast<std::uint8_t>(bits & kRankMask));
    }
  }
  rest.remove_prefix(kDenseBytes);
  return true;
}

}  // namespace ashlar::links::analytics

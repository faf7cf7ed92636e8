#include "modules/activity/tally.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "base/varint.h"

namespace ashlar::activity {
namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kMaxSecond = std::uint64_t{1} << 33;  // as nanoseconds within 63 bits

base::Error damaged() {
  return base::fail(base::Code::kInternal, "activity_batch_damaged",
                    "a row of activity_batches is not in a form that this version reads");
}

void append_text(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}

bool read_text(std::string_view& rest, std::size_t limit, std::string_view& text) {
  std::uint64_t size = 0;
  if (!base::read_varint(rest, size) || size == 0 || size > limit || size > rest.size()) {
    return false;
  }
  text = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool read_entry(std::string_view& rest, std::int64_t last_second, Tally::Entry& entry) {
  std::uint64_t step = 0;
  std::string_view key;
  if (!base::read_varint(rest, step) || step > kMaxSecond) return false;
  if (!read_text(rest, Tally::kMaxKeyBytes, key)) return false;
  if (!base::read_varint(rest, entry.count)) return false;
  entry.second = last_second + static_cast<std::int64_t>(step);
  entry.key = key;
  return entry.count > 0 && entry.count <= Tally::kMaxCount &&
         entry.second <= static_cast<std::int64_t>(kMaxSecond);
}

void settle_entries(Tally::Entries& entries) {
  std::ranges::sort(entries, [](const Tally::Entry& a, const Tally::Entry& b) {
    return std::tie(a.second, a.key) < std::tie(b.second, b.key);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    Tally::Entry& last = entries[kept];
    if (entries[i].second == last.second && entries[i].key == last.key) {
      last.count = std::min(last.count + entries[i].count, Tally::kMaxCount);
    } else if (++kept != i) {
      entries[kept] = std::move(entries[i]);
    }
  }
  entries.resize(kept + 1);
}

}  // namespace

void Tally::add(std::string_view dimension, std::int64_t second, std::string_view key,
                std::uint64_t count) {
  CHECK(!dimension.empty() && dimension.size() <= kMaxDimensionBytes);
  CHECK(!key.empty() && key.size() <= kMaxKeyBytes);
  CHECK(second >= 0 && count > 0 && count <= kMaxCount);
  auto at = dimensions_.find(dimension);
  if (at == dimensions_.end()) at = dimensions_.emplace(std::string(dimension), Entries{}).first;
  at->second.push_back({second, std::string(key), count});
}

void Tally::add(const Tally& other) {
  for (const auto& [dimension, entries] : other.dimensions_) {
    Entries& own = dimensions_[dimension];
    own.insert(own.end(), entries.begin(), entries.end());
  }
}

void Tally::coarsen(std::int64_t seconds) {
  CHECK(seconds > 0);
  for (auto& [dimension, entries] : dimensions_) {
    for (Entry& entry : entries) entry.second -= entry.second % seconds;
  }
}

void Tally::settle() {
  for (auto& [dimension, entries] : dimensions_) settle_entries(entries);
}

std::size_t Tally::entries() const {
  std::size_t sum = 0;
  for (const auto& [dimension, entries] : dimensions_) sum += entries.size();
  return sum;
}

std::int64_t Tally::newest_second() const {
  CHECK(!empty());
  std::int64_t newest = 0;
  for (const auto& [dimension, entries] : dimensions_) {
    for (const Entry& entry : entries) newest = std::max(newest, entry.second);
  }
  return newest;
}

std::string Tally::encode() {
  settle();
  std::string out(1, kVersion);
  for (const auto& [dimension, entries] : dimensions_) {
    append_text(out, dimension);
    base::append_varint(out, entries.size());
    std::int64_t last = 0;
    for (const Entry& entry : entries) {
      base::append_varint(out, static_cast<std::uint64_t>(entry.second - last));
      append_text(out, entry.key);
      base::append_varint(out, entry.count);
      last = entry.second;
    }
  }
  return out;
}

base::Result<Tally> Tally::decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return damaged();
  bytes.remove_prefix(1);
  Tally tally;
  std::string_view name;
  while (!bytes.empty()) {
    std::uint64_t count = 0;
    if (!read_text(bytes, kMaxDimensionBytes, name) || !base::read_varint(bytes, count)) {
      return damaged();
    }
    if (count == 0 || count > bytes.size()) return damaged();  // an entry takes three bytes or more
    Entries& entries = tally.dimensions_[std::string(name)];
    std::int64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      Entry entry;
      if (!read_entry(bytes, last, entry)) return damaged();
      last = entry.second;
      entries.push_back(std::move(entry));
    }
  }
  return tally;
}

}  // namespace ashlar::activity

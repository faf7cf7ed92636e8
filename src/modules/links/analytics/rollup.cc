#include "modules/links/analytics/rollup.h"

#include <algorithm>
#include <bitset>
#include <utility>
#include <vector>

#include "base/varint.h"

namespace ashlar::links::analytics {
namespace {

constexpr char kVersion = 2;
constexpr char kVersionWithoutMissed = 1;
// Sums of as many as there may be stay far from the end of int64.
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 48;
constexpr std::size_t kMaxStoredValues = 100'000;

void append(std::string& out, std::int64_t value) {
  base::append_varint(out, static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
}

bool take(std::string_view& rest, std::int64_t& value) {
  std::uint64_t read = 0;
  if (!base::read_varint(rest, read) || read > kMaxCount) return false;
  value = static_cast<std::int64_t>(read);
  return true;
}

bool take(std::string_view& rest, Tally& tally) {
  return take(rest, tally.clicks) && take(rest, tally.bots);
}

// Not within a character of UTF-8.
std::string_view cut(std::string_view value) {
  if (value.size() <= Rollup::kMaxValueBytes) return value;
  std::size_t size = Rollup::kMaxValueBytes;
  while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xc0) == 0x80) --size;
  return value.substr(0, size);
}

struct StoredValue {
  std::string_view text;
  Tally tally;
  std::int64_t missed = 0;
};

class Reader {
 public:
  Reader(std::string_view data, RollupParts& parts) : rest_(data), parts_(parts) {}

  bool read() {
    if (rest_.empty()) return false;
    version_ = rest_.front();
    if (version_ != kVersion && version_ != kVersionWithoutMissed) return false;
    rest_.remove_prefix(1);
    std::int64_t kept = 0;
    Tally all;
    VisitorSketch visitors;
    std::int64_t dimensions = 0;
    if (!take(rest_, kept) || !take(rest_, all) || !VisitorSketch::read(rest_, visitors) ||
        !take(rest_, dimensions)) {
      return false;
    }
    parts_.head(kept, all, std::move(visitors));
    for (std::int64_t i = 0; i < dimensions; ++i) {
      if (!read_values()) return false;
    }
    return rest_.empty();
  }

 private:
  bool read_value(StoredValue& value) {
    std::int64_t bytes = 0;
    if (!take(rest_, bytes) || bytes > static_cast<std::int64_t>(Rollup::kMaxValueBytes) ||
        bytes > static_cast<std::int64_t>(rest_.size())) {
      return false;
    }
    value.text = rest_.substr(0, static_cast<std::size_t>(bytes));
    rest_.remove_prefix(static_cast<std::size_t>(bytes));
    return take(rest_, value.tally) && (version_ != kVersion || take(rest_, value.missed));
  }

  // What the smallest of the next `size` values had. Nothing is said of what is damaged: it is read
  // again.
  std::int64_t smallest(std::int64_t size) {
    const std::string_view begin = rest_;
    std::int64_t least = static_cast<std::int64_t>(kMaxCount);
    StoredValue value;
    for (std::int64_t i = 0; i < size && read_value(value); ++i) {
      least = std::min(least, value.tally.clicks);
    }
    rest_ = begin;
    return least;
  }

  bool read_values() {
    if (rest_.empty()) return false;
    const auto index = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    Tally tally;
    std::int64_t missed = 0;
    std::int64_t size = 0;
    if (index >= kDimensions || seen_[index] || !take(rest_, tally) ||
        (version_ == kVersion && !take(rest_, missed)) || !take(rest_, size) ||
        size > static_cast<std::int64_t>(kMaxStoredValues)) {
      return false;
    }
    seen_.set(index);
    const auto dimension = static_cast<Dimension>(index);
    if (version_ != kVersion && tally.clicks > 0) missed = std::min(tally.clicks, smallest(size));
    parts_.rest(dimension, tally, missed);
    std::string_view last;
    for (std::int64_t i = 0; i < size; ++i) {
      StoredValue value;
      if (!read_value(value) || (i > 0 && value.text <= last) || value.missed > missed ||
          value.tally.clicks + value.missed < missed) {
        return false;
      }
      parts_.value(dimension, value.text, value.tally, value.missed);
      last = value.text;
    }
    return true;
  }

  std::string_view rest_;
  RollupParts& parts_;
  char version_ = kVersion;
  std::bitset<kDimensions> seen_;
};

}  // namespace

void Rollup::add_value(Dimension dimension, std::string_view value, const Tally& tally) {
  Values& values = values_.at(index_of(dimension));
  const std::string_view key = cut(value);
  auto at = values.find(key);
  if (at == values.end()) at = values.emplace(std::string(key), Counter{}).first;
  at->second.tally += tally;
  at->second.above += tally.clicks;
}

void Rollup::add(const VisitFacts& visit) {
  const Tally tally{visit.weight, visit.bot ? visit.weight : 0};
  kept_ += 1;
  all_ += tally;
  if (visit.visitor && !visit.bot) visitors_.add(*visit.visitor);
  for (const Dimension dimension : all_dimensions()) {
    const std::string_view value = visit.values.at(index_of(dimension));
    if (!value.empty()) add_value(dimension, value, tally);
  }
}

void Rollup::merge(const Rollup& other) {
  kept_ += other.kept_;
  all_ += other.all_;
  visitors_.merge(other.visitors_);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    rest_.at(i) += other.rest_.at(i);
    missed_.at(i) += other.missed_.at(i);
    Values& mine = values_.at(i);
    auto at = mine.begin();
    for (const auto& [value, counter] : other.values_.at(i)) {
      at = mine.try_emplace(at, value);
      at->second.tally += counter.tally;
      at->second.above += counter.above;
    }
  }
}

void Rollup::trim(const RollupRoom& room) {
  for (const Dimension dimension : all_dimensions()) trim(index_of(dimension), room.of(dimension));
}

void Rollup::trim(std::size_t dimension, std::size_t room) {
  Values& values = values_.at(dimension);
  if (values.size() <= room) return;
  std::vector<Values::iterator> order;
  order.reserve(values.size());
  for (auto at = values.begin(); at != values.end(); ++at) order.push_back(at);
  const auto dropped = order.begin() + static_cast<std::ptrdiff_t>(room);
  std::nth_element(order.begin(), dropped, order.end(), [](const auto& a, const auto& b) {
    if (a->second.above != b->second.above) return a->second.above > b->second.above;
    const std::int64_t mine = a->second.tally.clicks;
    const std::int64_t others = b->second.tally.clicks;
    return mine != others ? mine > others : a->first < b->first;
  });
  // nth_element has put the largest of those that go first.
  const std::int64_t largest = (*dropped)->second.above;
  for (auto at = dropped; at != order.end(); ++at) {
    rest_.at(dimension) += (*at)->second.tally;
    values.erase(*at);
  }
  missed_.at(dimension) += largest;
  for (auto& [value, counter] : values) counter.above -= largest;
}

void Rollup::each_value(Dimension dimension,
                        const std::function<void(std::string_view, const Tally&)>& sink) const {
  for (const auto& [value, counter] : values_.at(index_of(dimension))) sink(value, counter.tally);
}

std::string Rollup::encode() const {
  std::string out;
  out += kVersion;
  append(out, kept_);
  append(out, all_.clicks);
  append(out, all_.bots);
  visitors_.append_to(out);
  const auto used = [this](std::size_t i) {
    return !values_.at(i).empty() || rest_.at(i) != Tally{} || missed_.at(i) != 0;
  };
  std::int64_t dimensions = 0;
  for (std::size_t i = 0; i < kDimensions; ++i) dimensions += used(i) ? 1 : 0;
  append(out, dimensions);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    if (!used(i)) continue;
    out += static_cast<char>(i);
    append(out, rest_.at(i).clicks);
    append(out, rest_.at(i).bots);
    append(out, missed_.at(i));
    append(out, static_cast<std::int64_t>(values_.at(i).size()));
    for (const auto& [value, counter] : values_.at(i)) {
      append(out, static_cast<std::int64_t>(value.size()));
      out += value;
      append(out, counter.tally.clicks);
      append(out, counter.tally.bots);
      append(out, missed_.at(i) + counter.above - counter.tally.clicks);
    }
  }
  return out;
}

class Rollup::Builder final : public RollupParts {
 public:
  explicit Builder(Rollup& rollup) : rollup_(rollup) {}

  void head(std::int64_t kept, const Tally& all, VisitorSketch visitors) override {
    rollup_.kept_ = kept;
    rollup_.all_ = all;
    rollup_.visitors_ = std::move(visitors);
  }
  void rest(Dimension dimension, const Tally& tally, std::int64_t missed) override {
    rollup_.rest_.at(index_of(dimension)) = tally;
    missed_ = rollup_.missed_.at(index_of(dimension)) = missed;
  }
  void value(Dimension dimension, std::string_view value, const Tally& tally,
             std::int64_t missed) override {
    Values& values = rollup_.values_.at(index_of(dimension));
    values.emplace_hint(values.end(), std::string(value),
                        Counter{tally, tally.clicks + missed - missed_});
  }

 private:
  Rollup& rollup_;
  std::int64_t missed_ = 0;  // of the dimension that is read
};

base::Status Rollup::read(std::string_view data, RollupParts& parts) {
  if (Reader(data, parts).read()) return base::ok_status();
  return base::fail(base::Code::kInternal, "rollup_damaged",
                    "a row of links_analytics is not in a form that this version reads");
}

base::Result<Rollup> Rollup::decode(std::string_view data) {
  Rollup rollup;
  Builder builder(rollup);
  ASHLAR_TRY(read(data, builder));
  return rollup;
}

}  // namespace ashlar::links::analytics

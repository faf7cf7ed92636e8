#include "modules/links/analytics/rollup.h"

#include <algorithm>
#include <bitset>
#include <utility>
#include <vector>

#include "base/varint.h"

namespace ashlar::links::analytics {
namespace {

constexpr char kVersion = 1;
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

bool read_value(std::string_view& rest, std::string_view& value, Tally& tally) {
  std::int64_t bytes = 0;
  if (!take(rest, bytes) || bytes > static_cast<std::int64_t>(Rollup::kMaxValueBytes) ||
      bytes > static_cast<std::int64_t>(rest.size())) {
    return false;
  }
  value = rest.substr(0, static_cast<std::size_t>(bytes));
  rest.remove_prefix(static_cast<std::size_t>(bytes));
  return take(rest, tally);
}

bool read_values(std::string_view& rest, std::bitset<kDimensions>& seen, RollupParts& parts) {
  if (rest.empty()) return false;
  const auto index = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  Tally tally;
  std::int64_t size = 0;
  if (index >= kDimensions || seen[index] || !take(rest, tally) || !take(rest, size) ||
      size > static_cast<std::int64_t>(kMaxStoredValues)) {
    return false;
  }
  seen.set(index);
  const auto dimension = static_cast<Dimension>(index);
  parts.rest(dimension, tally);
  std::string_view last;
  for (std::int64_t i = 0; i < size; ++i) {
    std::string_view value;
    if (!read_value(rest, value, tally) || (i > 0 && value <= last)) return false;
    parts.value(dimension, value, tally);
    last = value;
  }
  return true;
}

bool read_parts(std::string_view rest, RollupParts& parts) {
  if (rest.empty() || rest.front() != kVersion) return false;
  rest.remove_prefix(1);
  std::int64_t kept = 0;
  Tally all;
  VisitorSketch visitors;
  std::int64_t dimensions = 0;
  if (!take(rest, kept) || !take(rest, all) || !VisitorSketch::read(rest, visitors) ||
      !take(rest, dimensions)) {
    return false;
  }
  parts.head(kept, all, std::move(visitors));
  std::bitset<kDimensions> seen;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    if (!read_values(rest, seen, parts)) return false;
  }
  return rest.empty();
}

}  // namespace

void Rollup::add_value(Dimension dimension, std::string_view value, const Tally& tally) {
  Values& values = values_.at(index_of(dimension));
  const std::string_view key = cut(value);
  auto at = values.find(key);
  if (at == values.end()) at = values.emplace(std::string(key), Tally{}).first;
  at->second += tally;
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
    Values& mine = values_.at(i);
    auto at = mine.begin();
    for (const auto& [value, tally] : other.values_.at(i)) {
      at = mine.try_emplace(at, value);
      at->second += tally;
    }
  }
}

void Rollup::trim(std::size_t max_values) {
  for (std::size_t i = 0; i < kDimensions; ++i) {
    Values& values = values_.at(i);
    if (values.size() <= max_values) continue;
    std::vector<Values::iterator> order;
    order.reserve(values.size());
    for (auto at = values.begin(); at != values.end(); ++at) order.push_back(at);
    const auto kept = order.begin() + static_cast<std::ptrdiff_t>(max_values);
    std::nth_element(order.begin(), kept, order.end(), [](const auto& a, const auto& b) {
      if (a->second.clicks != b->second.clicks) return a->second.clicks > b->second.clicks;
      return a->first < b->first;
    });
    for (auto at = kept; at != order.end(); ++at) {
      rest_.at(i) += (*at)->second;
      values.erase(*at);
    }
  }
}

void Rollup::each_value(Dimension dimension,
                        const std::function<void(std::string_view, const Tally&)>& sink) const {
  for (const auto& [value, tally] : values_.at(index_of(dimension))) sink(value, tally);
}

std::string Rollup::encode() const {
  std::string out;
  out += kVersion;
  append(out, kept_);
  append(out, all_.clicks);
  append(out, all_.bots);
  visitors_.append_to(out);
  const auto used = [this](std::size_t i) {
    return !values_.at(i).empty() || rest_.at(i) != Tally{};
  };
  std::int64_t dimensions = 0;
  for (std::size_t i = 0; i < kDimensions; ++i) dimensions += used(i) ? 1 : 0;
  append(out, dimensions);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    if (!used(i)) continue;
    out += static_cast<char>(i);
    append(out, rest_.at(i).clicks);
    append(out, rest_.at(i).bots);
    append(out, static_cast<std::int64_t>(values_.at(i).size()));
    for (const auto& [value, tally] : values_.at(i)) {
      append(out, static_cast<std::int64_t>(value.size()));
      out += value;
      append(out, tally.clicks);
      append(out, tally.bots);
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
  void rest(Dimension dimension, const Tally& tally) override {
    rollup_.rest_.at(index_of(dimension)) = tally;
  }
  void value(Dimension dimension, std::string_view value, const Tally& tally) override {
    Values& values = rollup_.values_.at(index_of(dimension));
    values.emplace_hint(values.end(), std::string(value), tally);
  }

 private:
  Rollup& rollup_;
};

base::Status Rollup::read(std::string_view data, RollupParts& parts) {
  if (read_parts(data, parts)) return base::ok_status();
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

#include "platform/zone/time_zone.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace ashlar::zone {
namespace {

using base::Seconds;
using base::Time;

// Beyond these no date of ours lies; changes of a file that do are as good as none.
constexpr std::int64_t kFirstUnixS = -62'135'596'800;  // 0001-01-01
constexpr std::int64_t kEndUnixS = 253'402'300'800;    // 10000-01-01

constexpr std::size_t kHeaderBytes = 44;

Time from_unix_s(std::int64_t seconds) { return Time{Seconds{seconds}}; }

int year_of(Time t) {
  const Time within = std::clamp(t, from_unix_s(kFirstUnixS), from_unix_s(kEndUnixS));
  return static_cast<int>(
      std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(within)}.year());
}

base::Error invalid(const std::string& zone, const char* what) {
  return base::fail(base::Code::kInvalid, "zone_file_invalid",
                    "the time zone file of " + zone + " " + what);
}

// Big-endian numbers from the front of a block whose size was checked before.
class Block {
 public:
  explicit Block(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t bytes) {
    CHECK(bytes <= rest_.size());
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::int64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes);
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Header {
  char version = 0;
  std::size_t isut = 0, isstd = 0, leaps = 0, times = 0, types = 0, chars = 0;

  [[nodiscard]] std::size_t data_bytes(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + isstd + isut;
  }
};

// nullopt: not a header. Counts are at most kMaxFileBytes, so that sums of them do not overflow.
std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with("TZif")) return std::nullopt;
  Block block(bytes.substr(4, kHeaderBytes - 4));
  Header header;
  header.version = block.take(16)[0];
  for (std::size_t* count :
       {&header.isut, &header.isstd, &header.leaps, &header.times, &header.types, &header.chars}) {
    const std::int64_t value = block.number(4);
    if (value < 0 || value > static_cast<std::int64_t>(TimeZone::kMaxFileBytes)) {
      return std::nullopt;
    }
    *count = static_cast<std::size_t>(value);
  }
  return header;
}

}  // namespace

TimeZone TimeZone::utc() {
  TimeZone zone;
  zone.name_ = "UTC";
  zone.types_.push_back({0, false, "UTC"});
  return zone;
}

base::Result<TimeZone> TimeZone::from_rule(std::string name, std::string_view posix_rule) {
  TimeZone zone;
  zone.name_ = std::move(name);
  ASHLAR_ASSIGN(zone.rule_, PosixRule::parse(posix_rule));
  zone.types_.push_back(zone.rule_->standard);
  return zone;
}

base::Result<TimeZone> TimeZone::from_tzif(std::string name, std::string_view bytes) {
  TimeZone zone;
  zone.name_ = std::move(name);
  if (bytes.size() > kMaxFileBytes) return invalid(zone.name_, "is too large");
  // The first block, of 32-bit times, is for readers of old.
  const std::optional<Header> old = read_header(bytes);
  if (!old || old->version < '2') return invalid(zone.name_, "is no TZif file of version 2");
  const std::size_t skip = kHeaderBytes + old->data_bytes(4);
  if (bytes.size() < skip) return invalid(zone.name_, "is cut off");
  bytes.remove_prefix(skip);
  const std::optional<Header> header = read_header(bytes);
  if (!header || bytes.size() < kHeaderBytes + header->data_bytes(8)) {
    return invalid(zone.name_, "is cut off");
  }
  if (header->leaps != 0) return invalid(zone.name_, "counts leap seconds; this reader does not");
  if (header->types == 0 || header->types > 256) return invalid(zone.name_, "has no types of time");

  Block block(bytes.substr(kHeaderBytes));
  Block times(block.take(header->times * 8));
  Block indices(block.take(header->times));
  Block types(block.take(header->types * 6));
  const std::string_view chars = block.take(header->chars);
  (void)block.take(header->isstd + header->isut);
  ASHLAR_TRY(zone.read_types(types.rest(), chars));
  ASHLAR_TRY(zone.read_changes(times.rest(), indices.rest()));
  ASHLAR_TRY(zone.read_footer(block.rest()));
  return zone;
}

base::Status TimeZone::read_types(std::string_view bytes, std::string_view chars) {
  Block block(bytes);
  while (!block.rest().empty()) {
    const std::int64_t offset_s = block.number(4);
    const bool daylight = block.byte() != 0;
    const std::size_t begin = block.byte();
    const std::size_t end = begin < chars.size() ? chars.find('\0', begin) : chars.npos;
    if (end == chars.npos) return invalid(name_, "has an abbreviation without an end");
    if (offset_s <= -kMaxOffset.count() || offset_s >= kMaxOffset.count()) {
      return invalid(name_, "has an offset of more than 26 hours");
    }
    types_.push_back({static_cast<std::int32_t>(offset_s), daylight,
                      std::string(chars.substr(begin, end - begin))});
  }
  return base::ok_status();
}

base::Status TimeZone::read_changes(std::string_view times, std::string_view indices) {
  Block block(times);
  std::optional<std::int64_t> before;
  for (const char index : indices) {
    const std::int64_t at = block.number(8);
    const auto type = static_cast<std::uint8_t>(index);
    if (before && at <= *before) return invalid(name_, "has changes out of order");
    if (type >= types_.size()) return invalid(name_, "names a type of time that is not there");
    before = at;
    if (at >= kEndUnixS) continue;
    changes_.push_back({from_unix_s(std::max(at, kFirstUnixS)), type});
    // Several before the year 1: the last of them is what holds there.
    if (changes_.size() > 1 && changes_[changes_.size() - 2].at == changes_.back().at) {
      changes_.erase(changes_.end() - 2);
    }
  }
  return base::ok_status();
}

base::Status TimeZone::read_footer(std::string_view footer) {
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') {
    return invalid(name_, "has no last line");
  }
  const std::string_view text = footer.substr(1, footer.size() - 2);
  if (text.empty()) return base::ok_status();
  ASHLAR_ASSIGN(rule_, PosixRule::parse(text));
  if (changes_.empty()) return base::ok_status();
  const LocalType& last = types_[changes_.back().type];
  if (by_rule(changes_.back().at, changes_.back().at).type->offset_s != last.offset_s) {
    return invalid(name_, "ends with a rule that contradicts its last change");
  }
  return base::ok_status();
}

TimeZone::Period TimeZone::at(Time t) const {
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), t,
                       [](Time time, const Change& change) { return time < change.at; });
  if (next == changes_.end() && rule_) {
    return by_rule(t, changes_.empty() ? Time::min() : changes_.back().at);
  }
  Period period;
  period.from = next == changes_.begin() ? Time::min() : std::prev(next)->at;
  period.until = next == changes_.end() ? Time::max() : next->at;
  period.type = &types_[next == changes_.begin() ? 0 : std::prev(next)->type];
  return period;
}

TimeZone::Period TimeZone::by_rule(Time t, Time not_before) const {
  if (!rule_->changes) return {not_before, Time::max(), &rule_->standard};
  const std::vector<RuleChange> changes = rule_->around(year_of(t));
  // Of those around a year some lie before its beginning and some after its end; only for times
  // before the year 1 or after 9999 that is not so.
  const auto next = std::upper_bound(
      changes.begin(), changes.end(), t,
      [](Time time, const RuleChange& change) { return time < from_unix_s(change.at_unix_s); });
  Period period{not_before, Time::max(), &rule_->standard};
  if (next != changes.begin()) {
    period.from = std::max(not_before, from_unix_s(std::prev(next)->at_unix_s));
    if (std::prev(next)->daylight) period.type = &rule_->daylight;
  }
  if (next != changes.end()) period.until = from_unix_s(next->at_unix_s);
  return period;
}

LocalTime TimeZone::local(Time t) const { return LocalTime{t.time_since_epoch() + at(t).offset()}; }

Time TimeZone::first_reaching(LocalTime local) const {
  Time cursor = Time{local.time_since_epoch()} - kMaxOffset;
  while (true) {
    const Period period = at(cursor);
    const Time reached = Time{local.time_since_epoch()} - period.offset();
    if (reached < period.until) return std::max(reached, cursor);
    cursor = period.until;
  }
}

LocalTime TimeZone::furthest(Time t) const {
  Period period = at(t);
  auto latest = t.time_since_epoch() + period.offset();
  // What ended longer ago showed less than even the smallest offset shows now.
  while (period.from > t - 2 * kMaxOffset) {
    const Time last = period.from - base::Micros{1};
    period = at(last);
    latest = std::max(latest, last.time_since_epoch() + period.offset());
  }
  return LocalTime{latest};
}

}  // namespace ashlar::zone

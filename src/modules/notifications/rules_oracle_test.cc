// decide() against a second reading of the same rules that shares no code with it: it goes from
// minute to minute by the C library's clock, asks each rule in its plainest form, and stops at the
// first minute at which none forbids. Over every zone of IANA's, around the changes of their
// clocks. ASHLAR_TEST_ROUNDS asks for more cases than a unit test's few.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "base/random.h"
#include "modules/notifications/rules.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

using base::Micros;
using base::Time;
using Act = Decision::Act;
using Excess = FrequencyCap::Excess;
using Minute = std::int64_t;  // since 1970

constexpr const char* kFolder = "/usr/share/zoneinfo";
constexpr Minute kDays = kDayMinutes;

Time time_of(Minute minute) { return Time{std::chrono::minutes{minute}}; }
Minute minute_of(Time t) {
  return std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
}

// A zone's clock as the C library has it, minute by minute, kept as far as it was asked.
class Wall {
 public:
  struct Shown {
    std::int8_t weekday = -1;  // 0 is Monday
    std::int16_t minute = 0;   // of the day
    std::int32_t local = 0;    // minutes since 1970 as the clock has them
  };

  explicit Wall(const std::string& zone) {
    setenv("TZ", (":" + zone).c_str(), 1);
    tzset();
  }
  ~Wall() {
    unsetenv("TZ");
    tzset();
  }
  Wall(const Wall&) = delete;
  Wall& operator=(const Wall&) = delete;

  void look_around(Minute centre) {
    first_ = centre - 7 * kDays;
    shown_.assign(static_cast<std::size_t>(28 * kDays), {});
  }
  const Shown& at(Minute minute) {
    Shown& shown = shown_.at(static_cast<std::size_t>(minute - first_));
    if (shown.weekday < 0) shown = look(minute);
    return shown;
  }
  static std::vector<Minute> changes_in(int year) {
    const auto begin = std::chrono::sys_days{std::chrono::year{year} / 1 / 1};
    const Minute from = begin.time_since_epoch().count() * kDays;
    std::vector<Minute> changes;
    Minute offset_before = offset(from);
    for (Minute day = from; day < from + 366 * kDays; day += kDays) {
      const Minute offset_after = offset(day + kDays);
      if (std::exchange(offset_before, offset_after) == offset_after) continue;
      Minute before = day;
      Minute after = day + kDays;
      while (after - before > 1) {
        const Minute middle = (before + after) / 2;
        (offset(middle) == offset_after ? after : before) = middle;
      }
      changes.push_back(after);
    }
    return changes;
  }

 private:
  static tm broken(Minute minute) {
    const time_t seconds = minute * 60;
    tm out{};
    localtime_r(&seconds, &out);
    return out;
  }
  static Minute offset(Minute minute) { return broken(minute).tm_gmtoff / 60; }
  static Shown look(Minute minute) {
    const tm t = broken(minute);
    return {static_cast<std::int8_t>((t.tm_wday + 6) % 7),
            static_cast<std::int16_t>(t.tm_hour * 60 + t.tm_min),
            static_cast<std::int32_t>(minute + t.tm_gmtoff / 60)};
  }

  Minute first_ = 0;
  std::vector<Shown> shown_;
};

struct Hours {
  std::vector<WeekSpan> spans;

  [[nodiscard]] bool has(int weekday, int minute) const {
    return std::any_of(spans.begin(), spans.end(), [&](const WeekSpan& span) {
      const auto on = [&](int day) { return (span.days >> ((day + 7) % 7) & 1) != 0; };
      const int until = span.until == 0 ? kDayMinutes : span.until;
      if (until > span.from) return on(weekday) && minute >= span.from && minute < until;
      return (on(weekday) && minute >= span.from) || (on(weekday - 1) && minute < until);
    });
  }
};

struct Cap {
  std::uint32_t limit = 0;
  Minute window = 0;
  bool skips = false;
  std::vector<Minute> sent;

  [[nodiscard]] bool allows(Minute t) const {
    const auto counted =
        std::count_if(sent.begin(), sent.end(), [&](Minute s) { return s > t - window && s <= t; });
    return static_cast<std::uint32_t>(counted) < limit;
  }
};

struct Case {
  Time now{};
  Channel channel = Channel::kPush;
  bool critical = false;
  bool has_quiet = false;
  Hours quiet;
  std::uint8_t quiet_channels = 0;
  bool has_window = false;
  Hours window;
  bool window_in_tokyo = false;
  std::vector<Cap> caps;
  std::optional<Time> expires_at{};
  bool suppressed = false;
  std::vector<ChannelChoices::Row> choices;
  bool wanted_by_default = true;
  bool has_digest = false;
  DigestTime digest;
};

// --- The plain reading ---------------------------------------------------------------------------

class Oracle {
 public:
  Oracle(Wall& wall, const Case& c) : wall_(wall), c_(c) {}

  Decision decide() {
    if (c_.expires_at && c_.now >= *c_.expires_at) return {Act::kSkip, Reason::kExpired};
    if (c_.suppressed) return {Act::kSkip, Reason::kSuppressed};
    if (!c_.critical && !wanted()) return {Act::kSkip, Reason::kOptedOut};
    if (c_.has_digest && !c_.critical) {
      const Time until = digest();
      if (c_.expires_at && until >= *c_.expires_at) {
        return {Act::kSkip, Reason::kExpired, until, -1, Reason::kDigest};
      }
      return {Act::kDigest, Reason::kDigest, until};
    }
    return first_open();
  }

 private:
  // Wanted as the last row says that is about both, else about the category, and so on.
  [[nodiscard]] bool wanted() const {
    for (const bool exact_category : {true, false}) {
      for (const bool exact_channel : {true, false}) {
        Choice said = Choice::kUnset;
        for (const auto& row : c_.choices) {
          if (row.category != (exact_category ? "offers" : "")) continue;
          const Choice here =
              exact_channel ? row.by_channel[static_cast<std::size_t>(c_.channel)] : row.all;
          if (here != Choice::kUnset) said = here;
        }
        if (said != Choice::kUnset) return said == Choice::kYes;
      }
    }
    return c_.wanted_by_default;
  }

  [[nodiscard]] bool is_quiet(Minute t) {
    if (c_.critical || !c_.has_quiet) return false;
    if ((c_.quiet_channels >> static_cast<int>(c_.channel) & 1) == 0) return false;
    return c_.quiet.has(wall_.at(t).weekday, wall_.at(t).minute);
  }
  [[nodiscard]] bool is_open(Minute t) {
    if (!c_.has_window) return true;
    if (!c_.window_in_tokyo) return c_.window.has(wall_.at(t).weekday, wall_.at(t).minute);
    const Minute there = t + 9 * 60;
    return c_.window.has(static_cast<int>((there / kDays + 3) % 7),
                         static_cast<int>(there % kDays));
  }
  [[nodiscard]] int full(Minute t, bool skips) const {
    for (std::size_t i = 0; !c_.critical && i < c_.caps.size(); ++i) {
      if (c_.caps[i].skips == skips && !c_.caps[i].allows(t)) return static_cast<int>(i);
    }
    return -1;
  }

  Decision first_open() {
    for (std::size_t i = 0; !c_.critical && i < c_.caps.size(); ++i) {
      if (c_.caps[i].limit == 0)
        return {Act::kSkip, Reason::kFrequencyCap, {}, static_cast<int>(i)};
    }
    Time t = c_.now;
    const auto step = [&] { t = time_of(minute_of(t) + 1); };
    while (full(minute_of(t), false) >= 0) step();
    const Time end = t + std::chrono::days{8};
    while (t < end &&
           (is_quiet(minute_of(t)) || !is_open(minute_of(t)) || full(minute_of(t), false) >= 0)) {
      step();
    }
    if (t >= end) return {Act::kSkip, Reason::kNoWindow};
    if (const int cap = full(minute_of(t), true); cap >= 0) {
      return {Act::kSkip, Reason::kFrequencyCap, {}, cap};
    }
    if (t == c_.now) return {};
    const Minute before = minute_of(t - Micros{1});
    Decision held{Act::kDefer, Reason::kSendWindow, t, 0};
    if (is_quiet(before)) held = {Act::kDefer, Reason::kQuietHours, t};
    if (const int cap = full(before, false); cap >= 0) {
      held = {Act::kDefer, Reason::kFrequencyCap, t, cap};
    }
    if (!c_.expires_at || t < *c_.expires_at) return held;
    return {Act::kSkip, Reason::kExpired, t, held.which, held.reason};
  }

  // The first minute after now at which the clock, as far as it has ever got, reaches the time.
  Time digest() {
    if (!c_.digest.at_minute) return c_.now + c_.digest.after;
    Minute furthest = 0;
    for (Minute t = minute_of(c_.now) - 3 * kDays;; ++t) {
      const Minute local = wall_.at(t).local;
      for (Minute reached = std::max(furthest + 1, local - 2 * kDays); reached <= local;
           ++reached) {
        const auto weekday = (reached / kDays + 3) % 7;
        const bool fits =
            reached % kDays == *c_.digest.at_minute && (c_.digest.days >> weekday & 1) != 0;
        if (fits && furthest > 0 && time_of(t) > c_.now) return time_of(t);
      }
      furthest = std::max(furthest, local);
    }
  }

  Wall& wall_;
  const Case& c_;
};

// --- The cases -----------------------------------------------------------------------------------

class Cases {
 public:
  explicit Cases(std::uint64_t seed) : random_(seed) {}

  Case around(Wall& wall, Minute centre) {
    Case c;
    const Minute off = static_cast<Minute>(below(one_in(2) ? 240 : 3 * kDayMinutes));
    c.now = time_of(centre + (one_in(2) ? off : -off));
    if (!one_in(3)) c.now += Micros{below(60'000'000)};
    c.channel = static_cast<Channel>(below(4));
    c.critical = one_in(10);
    wall_minute_ = wall.at(minute_of(c.now)).minute;
    c.has_quiet = !one_in(4);
    c.quiet = hours();
    c.quiet_channels = one_in(8) ? static_cast<std::uint8_t>(below(16)) : QuietHours::kNoisy;
    c.has_window = one_in(3);
    c.window = hours();
    c.window_in_tokyo = one_in(4);
    for (std::size_t i = 0, n = one_in(3) ? 1 + below(2) : 0; i < n; ++i) c.caps.push_back(cap(c));
    if (one_in(5)) c.expires_at = c.now + std::chrono::minutes{below(2 * kDayMinutes)};
    c.suppressed = one_in(40);
    if (one_in(4)) add_choices(c);
    c.has_digest = one_in(8);
    c.digest.after = std::chrono::minutes{1 + below(3 * kDayMinutes)};
    if (one_in(2)) c.digest.at_minute = near_minute();
    c.digest.days = days();
    return c;
  }
  int any_year() { return 1980 + static_cast<int>(below(81)); }
  Minute any_minute_of(int year) {
    const auto begin = std::chrono::sys_days{std::chrono::year{year} / 1 / 1};
    return begin.time_since_epoch().count() * kDays + static_cast<Minute>(below(365 * 1440));
  }

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(n)));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  std::uint8_t days() {
    return one_in(2) ? kEveryDay : static_cast<std::uint8_t>(1 + below(kEveryDay));
  }
  // Mostly near to what the clock shows, in quarters of an hour.
  int near_minute() {
    if (one_in(3)) return static_cast<int>(below(kDayMinutes));
    const auto quarter = (wall_minute_ / 15 + below(33) - 16) * 15;
    return static_cast<int>((quarter + kDayMinutes) % kDayMinutes);
  }
  Hours hours() {
    Hours hours;
    const auto n = one_in(30) ? 0 : 1 + below(4) * below(2);
    while (static_cast<std::int64_t>(hours.spans.size()) < n) {
      const WeekSpan span{days(), near_minute(), near_minute()};
      if (span.from != span.until) hours.spans.push_back(span);
    }
    if (one_in(20)) hours.spans.push_back({days(), 0, kDayMinutes});
    return hours;
  }
  Cap cap(const Case& c) {
    Cap cap;
    cap.limit = one_in(40) ? 0 : static_cast<std::uint32_t>(1 + below(4));
    cap.window = 1 + below(one_in(2) ? 180 : 7 * kDayMinutes);
    cap.skips = one_in(3);
    for (std::int64_t i = 0, n = below(9); i < n; ++i) {
      cap.sent.push_back(minute_of(c.now) - below(one_in(2) ? 240 : 8 * kDayMinutes));
    }
    std::sort(cap.sent.begin(), cap.sent.end());
    return cap;
  }
  void add_choices(Case& c) {
    for (std::int64_t i = 0, n = 1 + below(3); i < n; ++i) {
      ChannelChoices::Row row;
      row.category = std::vector<const char*>{"", "offers", "news"}[random_.below(3)];
      row.all = static_cast<Choice>(below(3));
      for (Choice& choice : row.by_channel) choice = static_cast<Choice>(below(3));
      c.choices.push_back(row);
    }
    c.wanted_by_default = one_in(2);
  }

  base::Random random_;
  int wall_minute_ = 0;
};

Decision ours(const zone::TimeZone& zone, const Case& c) {
  static const auto tokyo = *zone::TimeZone::from_rule("Asia/Tokyo", "JST-9");
  const QuietHours quiet{*WeekHours::of(c.quiet.spans), c.quiet_channels};
  const SendWindow window{*WeekHours::of(c.window.spans), c.window_in_tokyo ? &tokyo : nullptr, ""};
  const ChannelChoices choices(c.choices);
  std::vector<std::vector<Time>> sent;
  std::vector<FrequencyCap> caps;
  for (const Cap& cap : c.caps) {
    std::vector<Time>& times = sent.emplace_back();
    for (const Minute s : cap.sent) times.push_back(time_of(s));
    caps.push_back({cap.limit, std::chrono::minutes{cap.window},
                    cap.skips ? Excess::kSkip : Excess::kDefer, "", times});
  }
  RuleFacts facts;
  facts.now = c.now;
  facts.channel = c.channel;
  facts.category = "offers";
  facts.critical = c.critical;
  facts.wanted_by_default = c.wanted_by_default;
  facts.expires_at = c.expires_at;
  facts.suppression = c.suppressed ? "complaint" : "";
  facts.choices = c.choices.empty() ? nullptr : &choices;
  facts.zone = &zone;
  facts.quiet = c.has_quiet ? &quiet : nullptr;
  if (c.has_window) facts.windows = {&window, 1};
  facts.caps = caps;
  facts.digest = c.has_digest ? &c.digest : nullptr;
  const Decision decision = decide(facts);
  EXPECT_FALSE(explain(facts, decision).empty());
  if (decision.act == Act::kDefer) {
    facts.now = decision.until;
    EXPECT_EQ(decide(facts).act, Act::kSend)
        << "asked again at " << base::format_rfc3339(facts.now);
  }
  return decision;
}

std::string text(const Decision& d) {
  return std::string(name_of(d.act)) + " " + std::string(name_of(d.reason)) + " " +
         base::format_rfc3339(d.until) + " " + std::to_string(d.which) + " " +
         std::string(name_of(d.held_by));
}

std::vector<std::string> all_zones() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    const std::string name = entry.path().string().substr(std::string(kFolder).size() + 1);
    const bool beside = name.starts_with("posix") || name.starts_with("right") ||
                        (name[0] >= 'a' && name[0] <= 'z');
    if (entry.is_regular_file() && !beside) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : cases_(seed) {}

  // `rounds` cases around the changes of some years.
  void run(const std::string& name, std::int64_t rounds, std::optional<int> year = {}) {
    const auto zone = directory_.find(name);
    ASSERT_TRUE(zone.ok()) << name;
    Wall wall(name);
    while (rounds > 0 && !testing::Test::HasFailure()) {
      int chosen = year.value_or(cases_.any_year());
      std::vector<Minute> centres = Wall::changes_in(chosen);
      for (int tries = 0; centres.empty() && tries < 3; ++tries) {
        chosen = cases_.any_year();
        centres = Wall::changes_in(chosen);
      }
      with_change_ += centres.empty() ? 0 : 1;
      if (centres.empty()) centres.push_back(cases_.any_minute_of(chosen));
      for (const Minute centre : centres) {
        wall.look_around(centre);
        for (int i = 0; i < 16 && rounds > 0; ++i, --rounds) compare(name, **zone, wall, centre);
      }
    }
  }
  // What was seen, for --gtest_output=json.
  void record() const {
    const auto note = [](std::string what, long count) {
      std::replace(what.begin(), what.end(), ' ', '_');
      testing::Test::RecordProperty(what, std::to_string(count));
    };
    for (const auto& [what, count] : seen_) note(what, count);
    note("cases", all_);
    note("years with changes", with_change_);
  }
  [[nodiscard]] const std::map<std::string, long>& seen() const { return seen_; }

 private:
  void compare(const std::string& name, const zone::TimeZone& zone, Wall& wall, Minute centre) {
    const Case c = cases_.around(wall, centre);
    const Decision theirs = Oracle(wall, c).decide();
    const Decision answer = ours(zone, c);
    ++all_;
    ++seen_[std::string(name_of(theirs.act)) + " " + std::string(name_of(theirs.reason))];
    ASSERT_EQ(answer, theirs) << name << " at " << base::format_rfc3339(c.now) << "\nours   "
                              << text(answer) << "\noracle " << text(theirs);
  }

  zone::ZoneDirectory directory_;
  Cases cases_;
  std::map<std::string, long> seen_;
  long all_ = 0;
  long with_change_ = 0;
};

TEST(RulesOracle, AgreesInEveryZoneAroundEveryChange) {
  if (!std::filesystem::exists(kFolder)) {
    GTEST_SKIP() << "Debian's package tzdata is not installed";
  }
  const char* asked = std::getenv("ASHLAR_TEST_ROUNDS");  // NOLINT(concurrency-mt-unsafe)
  const std::int64_t rounds = asked == nullptr ? 20'000 : std::atoll(asked);
  const auto seed = base::SystemEntropy().u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Comparison comparison(seed);
  const std::vector<std::string> zones = all_zones();
  ASSERT_GT(zones.size(), 300U);
  // A day left out; changes of half an hour, of two; four changes a year; by the moon.
  const std::vector<std::pair<const char*, int>> odd = {
      {"Pacific/Apia", 2011},        {"Pacific/Kwajalein", 1993}, {"Australia/Lord_Howe", 2026},
      {"Antarctica/Troll", 2026},    {"Africa/Casablanca", 2026}, {"Africa/Cairo", 2014},
      {"America/Caracas", 2007},     {"Asia/Pyongyang", 2018},    {"America/St_Johns", 1988},
      {"Asia/Kathmandu", 1986},      {"Asia/Gaza", 2041},         {"Africa/El_Aaiun", 2060},
      {"America/Scoresbysund", 2024}};
  const std::int64_t for_odd = rounds / 10;
  for (const auto& [name, year] : odd) {
    comparison.run(name, for_odd / static_cast<std::int64_t>(odd.size()), year);
  }
  const std::int64_t each = (rounds - for_odd) / static_cast<std::int64_t>(zones.size()) + 1;
  for (const std::string& name : zones) comparison.run(name, each);
  RecordProperty("seed", std::to_string(seed));
  RecordProperty("zones", std::to_string(zones.size()));
  comparison.record();
  for (const char* what :
       {"send ", "defer quiet_hours", "defer send_window", "defer frequency_cap", "digest digest",
        "skip expired", "skip no_window", "skip opted_out", "skip frequency_cap"}) {
    EXPECT_GT(comparison.seen().count(what), 0U) << what << " never came";
  }
}

}  // namespace
}  // namespace ashlar::notifications

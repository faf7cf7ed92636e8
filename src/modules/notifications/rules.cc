#include "modules/notifications/rules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace ashlar::notifications {
namespace {

using base::Micros;
using base::Time;
using Act = Decision::Act;

constexpr std::array<std::string_view, 11> kReasons = {
    "",          "duplicate",     "expired",     "suppressed",  "no_address",
    "opted_out", "frequency_cap", "quiet_hours", "send_window", "no_window",
    "digest"};

Decision skip(Reason reason, int which = -1) { return {Act::kSkip, reason, {}, which}; }

const zone::TimeZone& zone_of(const RuleFacts& facts, const SendWindow& window) {
  return window.zone != nullptr ? *window.zone : *facts.zone;
}

const WeekHours* quiet_hours_of(const RuleFacts& facts) {
  if (facts.critical || facts.quiet == nullptr) return nullptr;
  if ((facts.quiet->channels >> static_cast<int>(facts.channel) & 1) == 0) return nullptr;
  return &facts.quiet->hours;
}

// What says no whatever the time is.
std::optional<Decision> refused(const RuleFacts& facts) {
  if (!facts.duplicate_of.empty()) return skip(Reason::kDuplicate);
  if (facts.expires_at && *facts.expires_at <= facts.now) return skip(Reason::kExpired);
  if (!facts.suppression.empty()) return skip(Reason::kSuppressed);
  if (!facts.has_address) return skip(Reason::kNoAddress);
  if (facts.critical) return std::nullopt;
  const bool wanted =
      facts.choices == nullptr
          ? facts.wanted_by_default
          : facts.choices->of(facts.category, facts.channel, facts.wanted_by_default).wanted;
  if (!wanted) return skip(Reason::kOptedOut);
  return std::nullopt;
}

// The first moment at or after `from` that quiet hours and windows allow.
std::optional<Time> open_from(const RuleFacts& facts, Time from) {
  const Time until = from + kSearchSpan;
  const WeekHours* const quiet = quiet_hours_of(facts);
  Time t = from;
  // Each turn passes an edge of some hours; it ends where nothing moves it any more.
  for (bool moved = true; moved;) {
    const Time before = t;
    const auto move_to = [&t](std::optional<Time> next) {
      if (next) t = *next;
      return next.has_value();
    };
    if (quiet != nullptr && !move_to(quiet->first(false, *facts.zone, t, until))) {
      return std::nullopt;
    }
    for (const SendWindow& window : facts.windows) {
      if (!move_to(window.hours.first(true, zone_of(facts, window), t, until))) {
        return std::nullopt;
      }
    }
    moved = t != before;
  }
  return t;
}

// The rule that forbids `t`, and which of its kind. REQUIRES: one does.
std::pair<Reason, int> forbidding(const RuleFacts& facts, Time t) {
  if (!facts.critical) {
    for (std::size_t i = 0; i < facts.caps.size(); ++i) {
      if (facts.caps[i].excess == FrequencyCap::Excess::kDefer &&
          earliest_under(facts.caps[i], t) != t) {
        return {Reason::kFrequencyCap, static_cast<int>(i)};
      }
    }
  }
  const WeekHours* const quiet = quiet_hours_of(facts);
  if (quiet != nullptr && quiet->inside(*facts.zone, t)) return {Reason::kQuietHours, -1};
  for (std::size_t i = 0; i < facts.windows.size(); ++i) {
    if (!facts.windows[i].hours.inside(zone_of(facts, facts.windows[i]), t)) {
      return {Reason::kSendWindow, static_cast<int>(i)};
    }
  }
  CHECK(false);
  return {};
}

Decision when_open(const RuleFacts& facts) {
  Time earliest = facts.now;
  for (std::size_t i = 0; !facts.critical && i < facts.caps.size(); ++i) {
    const auto t = earliest_under(facts.caps[i], facts.now);
    if (!t) return skip(Reason::kFrequencyCap, static_cast<int>(i));
    if (facts.caps[i].excess == FrequencyCap::Excess::kDefer) earliest = std::max(earliest, *t);
  }
  const std::optional<Time> open = open_from(facts, earliest);
  if (!open) return skip(Reason::kNoWindow);
  for (std::size_t i = 0; !facts.critical && i < facts.caps.size(); ++i) {
    if (facts.caps[i].excess == FrequencyCap::Excess::kSkip &&
        earliest_under(facts.caps[i], *open) != *open) {
      return skip(Reason::kFrequencyCap, static_cast<int>(i));
    }
  }
  if (*open == facts.now) return {};
  const auto [reason, which] = forbidding(facts, *open - Micros{1});
  if (facts.expires_at && *facts.expires_at <= *open) {
    return {Act::kSkip, Reason::kExpired, *open, which, reason};
  }
  return {Act::kDefer, reason, *open, which};
}

}  // namespace

std::string_view name_of(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

std::optional<Reason> reason_of(std::string_view name) {
  const auto* const found = std::find(kReasons.begin(), kReasons.end(), name);
  if (found == kReasons.end()) return std::nullopt;
  return static_cast<Reason>(found - kReasons.begin());
}

std::string_view name_of(Act act) {
  constexpr std::array<std::string_view, 4> kNames = {"send", "skip", "defer", "digest"};
  return kNames[static_cast<std::size_t>(act)];
}

std::optional<Time> earliest_under(const FrequencyCap& cap, Time t) {
  if (cap.limit == 0) return std::nullopt;
  if (cap.sent.size() < cap.limit) return t;
  // Of what was sent after this one there are fewer than `limit`: with one more a span that does
  // not reach back to it holds `limit` at most, in whatever order they were sent.
  return std::max(t, cap.sent[cap.sent.size() - cap.limit] + cap.window);
}

Time digest_at(const DigestTime& when, const zone::TimeZone& zone, Time t) {
  if (!when.at_minute) return t + when.after;
  CHECK((when.days & kEveryDay) != 0);
  // From the day before: after a change backward over midnight today's date may come again.
  auto day = std::chrono::floor<std::chrono::days>(zone.local(t)) - std::chrono::days{1};
  while (true) {
    const auto weekday = std::chrono::weekday{day}.iso_encoding() - 1;
    if ((when.days >> weekday & 1) != 0) {
      const Time at = zone.first_reaching(day + std::chrono::minutes{*when.at_minute});
      if (at > t) return at;
    }
    day += std::chrono::days{1};
  }
}

Decision decide(const RuleFacts& facts) {
  CHECK(facts.zone != nullptr);
  if (const std::optional<Decision> no = refused(facts)) return *no;
  if (facts.digest == nullptr || facts.critical) return when_open(facts);
  const Time until = facts.digest_open_until && *facts.digest_open_until > facts.now
                         ? *facts.digest_open_until
                         : digest_at(*facts.digest, *facts.zone, facts.now);
  if (facts.expires_at && *facts.expires_at <= until) {
    return {Act::kSkip, Reason::kExpired, until, -1, Reason::kDigest};
  }
  return {Act::kDigest, Reason::kDigest, until};
}

}  // namespace ashlar::notifications

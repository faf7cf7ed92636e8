#include <chrono>
#include <string>

#include "base/check.h"
#include "modules/notifications/rules.h"

namespace ashlar::notifications {
namespace {

using base::Micros;
using base::Time;

// "2026-11-23T07:00:00Z (Mon 08:00 in Europe/Berlin)"
std::string moment(Time t, const zone::TimeZone& zone) {
  const zone::LocalTime local = zone.local(t);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minute = std::chrono::floor<std::chrono::minutes>(local - day).count();
  std::string weekday(weekday_name(static_cast<int>(std::chrono::weekday{day}.iso_encoding()) - 1));
  weekday[0] = static_cast<char>(weekday[0] - 'a' + 'A');
  return base::format_rfc3339(t) + " (" + weekday + " " +
         clock_of_minute(static_cast<int>(minute)) + " in " + zone.name() + ")";
}

// The largest unit that divides it: "1 day", "90 minutes".
std::string span_of(Micros length) {
  using Unit = std::pair<std::int64_t, const char*>;
  const auto seconds = std::chrono::ceil<base::Seconds>(length).count();
  for (const auto& [unit, name] :
       {Unit{86'400, "day"}, Unit{3600, "hour"}, Unit{60, "minute"}, Unit{1, "second"}}) {
    if (seconds % unit != 0) continue;
    const auto count = seconds / unit;
    return std::to_string(count) + " " + name + (count == 1 ? "" : "s");
  }
  return "";
}

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string cap_text(const RuleFacts& facts, int which) {
  const FrequencyCap& cap = facts.caps[static_cast<std::size_t>(which)];
  std::string text =
      "the frequency cap of " + std::to_string(cap.limit) + " in " + span_of(cap.window);
  return cap.name.empty() ? text : text + " for " + std::string(cap.name);
}

std::string window_text(const RuleFacts& facts, int which) {
  const std::string_view name = facts.windows[static_cast<std::size_t>(which)].name;
  return name.empty() ? "the send window" : "the send window of " + std::string(name);
}

// What holds it back, at the moment before `until`.
std::string holder(const RuleFacts& facts, Reason reason, int which, Time until) {
  switch (reason) {
    case Reason::kFrequencyCap:
      return cap_text(facts, which) + " is full";
    case Reason::kQuietHours:
      return "the recipient's quiet hours are " +
             facts.quiet->hours.name_of_span(facts.zone->local(until - Micros{1}));
    case Reason::kSendWindow:
      return window_text(facts, which) + " is closed";
    case Reason::kDigest:
      return "it is collected in the digest " + in_quotes(facts.digest_key);
    default:
      return "";
  }
}

std::string opted_out(const RuleFacts& facts) {
  using Level = ChannelChoices::Level;
  const std::string channel(name_of(facts.channel));
  const std::string category = "category " + in_quotes(facts.category);
  const Level level =
      facts.choices == nullptr
          ? Level::kDefault
          : facts.choices->of(facts.category, facts.channel, facts.wanted_by_default).level;
  switch (level) {
    case Level::kCategoryChannel:
      return "The recipient has turned off " + category + " by " + channel + ".";
    case Level::kCategory:
      return "The recipient has turned off " + category + " on every channel.";
    case Level::kChannel:
      return "The recipient has turned off " + channel + " for every category.";
    case Level::kEverything:
      return "The recipient has turned off everything.";
    case Level::kDefault:
      break;
  }
  return "Of " + category + " a recipient gets nothing without asking for it, and has not.";
}

std::string skipped(const RuleFacts& facts, const Decision& decision) {
  switch (decision.reason) {
    case Reason::kDuplicate:
      return "The same dedupe key came before, with notification " +
             std::string(facts.duplicate_of) + ".";
    case Reason::kSuppressed:
      return "The address is suppressed: " + std::string(facts.suppression) + ".";
    case Reason::kNoAddress:
      return "The recipient has no address for " + std::string(name_of(facts.channel)) + ".";
    case Reason::kOptedOut:
      return opted_out(facts);
    case Reason::kFrequencyCap: {
      const std::string text = cap_text(facts, decision.which);
      return "T" + text.substr(1) + " is full, and what is over it is not sent.";
    }
    case Reason::kNoWindow:
      return "Within " + span_of(kSearchSpan) +
             " there is no moment outside quiet hours and inside every send window.";
    default:
      break;
  }
  const std::string end = moment(*facts.expires_at, *facts.zone);
  if (decision.held_by == Reason::kNone) return "It expired at " + end + ".";
  return "It expires at " + end + ", and until " + moment(decision.until, *facts.zone) + " " +
         holder(facts, decision.held_by, decision.which, decision.until) + ".";
}

}  // namespace

std::string explain(const RuleFacts& facts, const Decision& decision) {
  switch (decision.act) {
    case Decision::Act::kSend:
      return "Nothing holds it back.";
    case Decision::Act::kSkip:
      return skipped(facts, decision);
    case Decision::Act::kDefer:
    case Decision::Act::kDigest:
      break;
  }
  return "Until " + moment(decision.until, *facts.zone) + " " +
         holder(facts, decision.reason, decision.which, decision.until) + ".";
}

}  // namespace ashlar::notifications

#include "modules/notifications/rules.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "kit/rate/sliding_log.h"
#include "modules/notifications/week_hours.h"

namespace ashlar::notifications {
namespace {

using base::Micros;
using base::Time;
using Act = Decision::Act;
using Excess = FrequencyCap::Excess;

Time at(const char* rfc3339) { return *base::parse_rfc3339(rfc3339); }
std::string text(Time t) { return base::format_rfc3339(t); }
std::string outcome(const Decision& decision) {
  std::string out(name_of(decision.act));
  if (decision.reason != Reason::kNone) out += " " + std::string(name_of(decision.reason));
  if (decision.until != Time{}) out += " " + text(decision.until);
  return out;
}

WeekHours hours(const char* from, const char* until, std::uint8_t days = kEveryDay) {
  const WeekSpan span{days, *minute_of_clock(from), *minute_of_clock(until)};
  return *WeekHours::of({&span, 1});
}

const zone::TimeZone& berlin() {
  static const auto zone =
      *zone::TimeZone::from_rule("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
  return zone;
}

RuleFacts facts(const char* now) {
  RuleFacts facts;
  facts.now = at(now);
  facts.channel = Channel::kPush;
  facts.category = "offers";
  facts.zone = &berlin();
  return facts;
}

std::string told(const RuleFacts& facts) { return explain(facts, decide(facts)); }

TEST(Rules, NothingForbidsNothing) {
  const RuleFacts plain = facts("2026-11-22T12:00:00Z");
  EXPECT_EQ(decide(plain), Decision{});
  EXPECT_EQ(told(plain), "Nothing holds it back.");
}

TEST(Rules, QuietHoursDeferToTheirEnd) {
  RuleFacts night = facts("2026-11-22T22:30:00Z");  // 23:30
  const QuietHours quiet{hours("22:00", "08:00")};
  night.quiet = &quiet;
  EXPECT_EQ(outcome(decide(night)), "defer quiet_hours 2026-11-23T07:00:00Z");
  EXPECT_EQ(told(night),
            "Until 2026-11-23T07:00:00Z (Mon 08:00 in Europe/Berlin) the recipient's quiet hours "
            "are 22:00–08:00.");
  night.channel = Channel::kInbox;
  EXPECT_EQ(decide(night).act, Act::kSend) << "an inbox makes no noise";
  night.channel = Channel::kSms;
  night.critical = true;
  EXPECT_EQ(decide(night).act, Act::kSend);
  night.critical = false;
  night.now = at("2026-11-23T07:00:00Z");
  EXPECT_EQ(decide(night).act, Act::kSend) << "the end is outside";
}

// 29 March: 02:00–03:00 is not. 25 October: it is twice.
TEST(Rules, QuietHoursGoByTheClockOnTheWall) {
  const QuietHours gap{hours("02:00", "03:00")};
  RuleFacts spring = facts("2026-03-29T00:59:59Z");
  spring.quiet = &gap;
  EXPECT_EQ(decide(spring).act, Act::kSend);
  spring.now = at("2026-03-29T01:00:00Z");
  EXPECT_EQ(decide(spring).act, Act::kSend);

  const QuietHours around{hours("01:00", "02:30")};
  spring.quiet = &around;
  spring.now = at("2026-03-29T00:30:00Z");
  EXPECT_EQ(outcome(decide(spring)), "defer quiet_hours 2026-03-29T01:00:00Z") << "03:00 follows";

  const QuietHours twice{hours("02:15", "02:30")};
  RuleFacts autumn = facts("2026-10-25T00:20:00Z");
  autumn.quiet = &twice;
  EXPECT_EQ(outcome(decide(autumn)), "defer quiet_hours 2026-10-25T00:30:00Z");
  autumn.now = at("2026-10-25T01:20:00Z");
  EXPECT_EQ(outcome(decide(autumn)), "defer quiet_hours 2026-10-25T01:30:00Z");

  const QuietHours long_night{hours("22:00", "07:00")};
  autumn.quiet = &long_night;
  autumn.now = at("2026-10-24T20:00:00Z");
  EXPECT_EQ(outcome(decide(autumn)), "defer quiet_hours 2026-10-25T06:00:00Z") << "ten hours";
}

TEST(Rules, WindowsAndQuietHoursMustBothAllow) {
  constexpr std::uint8_t kWeekdays = 0x1f;
  RuleFacts friday = facts("2026-11-20T18:00:00Z");  // Fri 19:00
  const QuietHours quiet{hours("20:00", "09:30")};
  const std::array<SendWindow, 2> windows = {
      SendWindow{hours("09:00", "17:00", kWeekdays), nullptr, "category offers"},
      SendWindow{hours("00:00", "24:00"), nullptr, "campaign"}};
  friday.quiet = &quiet;
  friday.windows = windows;
  // Monday 09:00 is still quiet.
  EXPECT_EQ(outcome(decide(friday)), "defer quiet_hours 2026-11-23T08:30:00Z");
  friday.critical = true;
  EXPECT_EQ(outcome(decide(friday)), "defer send_window 2026-11-23T08:00:00Z")
      << "critical beats what the recipient prefers, not what the sender has set";
  EXPECT_EQ(told(friday),
            "Until 2026-11-23T08:00:00Z (Mon 09:00 in Europe/Berlin) the send window of category "
            "offers is closed.");

  const QuietHours all_but_night{hours("05:00", "23:00")};
  friday.critical = false;
  friday.quiet = &all_but_night;
  EXPECT_EQ(outcome(decide(friday)), "skip no_window");
  EXPECT_EQ(told(friday),
            "Within 8 days there is no moment outside quiet hours and inside every send window.");
  const SendWindow never{};
  friday.quiet = nullptr;
  friday.windows = {&never, 1};
  EXPECT_EQ(outcome(decide(friday)), "skip no_window");
}

TEST(Rules, AWindowMayKeepToItsOwnClock) {
  const auto tokyo = *zone::TimeZone::from_rule("Asia/Tokyo", "JST-9");
  const SendWindow window{hours("09:00", "17:00"), &tokyo, "campaign"};
  RuleFacts facts_here = facts("2026-11-22T12:00:00Z");
  facts_here.windows = {&window, 1};
  EXPECT_EQ(outcome(decide(facts_here)), "defer send_window 2026-11-23T00:00:00Z");
}

TEST(Rules, CapsDeferUntilOneMoreFits) {
  const std::array sent = {at("2026-11-20T10:00:00Z"), at("2026-11-22T08:00:00Z"),
                           at("2026-11-22T09:00:00Z")};
  std::array<FrequencyCap, 2> caps = {
      FrequencyCap{2, std::chrono::hours{24}, Excess::kDefer, "category offers", sent},
      FrequencyCap{3, std::chrono::days{7}, Excess::kDefer, "everything", sent}};
  RuleFacts facts_here = facts("2026-11-22T12:00:00Z");
  facts_here.caps = {caps.data(), 1};
  EXPECT_EQ(outcome(decide(facts_here)), "defer frequency_cap 2026-11-23T08:00:00Z");
  facts_here.caps = caps;
  EXPECT_EQ(outcome(decide(facts_here)), "defer frequency_cap 2026-11-27T10:00:00Z");
  EXPECT_EQ(decide(facts_here).which, 1);
  EXPECT_EQ(told(facts_here),
            "Until 2026-11-27T10:00:00Z (Fri 11:00 in Europe/Berlin) the frequency cap of 3 in 7 "
            "days for everything is full.");
  const QuietHours quiet{hours("11:00", "12:00")};
  facts_here.quiet = &quiet;
  EXPECT_EQ(outcome(decide(facts_here)), "defer quiet_hours 2026-11-27T11:00:00Z");
  facts_here.critical = true;
  EXPECT_EQ(decide(facts_here).act, Act::kSend);
  facts_here.critical = false;
  caps[1].limit = 0;
  EXPECT_EQ(outcome(decide(facts_here)), "skip frequency_cap");
}

TEST(Rules, ACapThatSkipsIsAskedForTheMomentOfSending) {
  const std::array sent = {at("2026-11-22T22:00:00Z")};
  const FrequencyCap cap{1, std::chrono::hours{2}, Excess::kSkip, "", sent};
  RuleFacts night = facts("2026-11-22T23:00:00Z");
  night.caps = {&cap, 1};
  EXPECT_EQ(outcome(decide(night)), "skip frequency_cap");
  EXPECT_EQ(told(night),
            "The frequency cap of 1 in 2 hours is full, and what is over it is not sent.");
  const QuietHours quiet{hours("22:00", "08:00")};
  night.quiet = &quiet;
  EXPECT_EQ(outcome(decide(night)), "defer quiet_hours 2026-11-23T07:00:00Z");
}

TEST(Rules, WhatExpiresMeanwhileIsExpired) {
  RuleFacts night = facts("2026-11-22T22:30:00Z");
  night.expires_at = night.now;
  EXPECT_EQ(outcome(decide(night)), "skip expired");
  EXPECT_EQ(told(night), "It expired at 2026-11-22T22:30:00Z (Sun 23:30 in Europe/Berlin).");
  night.expires_at = at("2026-11-23T07:00:00Z");
  EXPECT_EQ(decide(night).act, Act::kSend);
  const QuietHours quiet{hours("22:00", "08:00")};
  night.quiet = &quiet;
  EXPECT_EQ(outcome(decide(night)), "skip expired 2026-11-23T07:00:00Z");
  EXPECT_EQ(decide(night).held_by, Reason::kQuietHours);
  EXPECT_EQ(told(night),
            "It expires at 2026-11-23T07:00:00Z (Mon 08:00 in Europe/Berlin), and until "
            "2026-11-23T07:00:00Z (Mon 08:00 in Europe/Berlin) the recipient's quiet hours are "
            "22:00–08:00.");
  night.expires_at = at("2026-11-23T07:00:00.000001Z");
  EXPECT_EQ(decide(night).act, Act::kDefer);
}

TEST(Rules, SuppressionBeatsCriticalAndOptOutDoesNot) {
  RuleFacts asked = facts("2026-11-22T12:00:00Z");
  const ChannelChoices none({{"", Choice::kNo, {}}});
  asked.choices = &none;
  EXPECT_EQ(outcome(decide(asked)), "skip opted_out");
  EXPECT_EQ(told(asked), "The recipient has turned off everything.");
  asked.critical = true;
  EXPECT_EQ(decide(asked).act, Act::kSend);
  asked.has_address = false;
  EXPECT_EQ(outcome(decide(asked)), "skip no_address");
  asked.suppression = "hard_bounce";
  EXPECT_EQ(outcome(decide(asked)), "skip suppressed");
  EXPECT_EQ(told(asked), "The address is suppressed: hard_bounce.");
  asked.duplicate_of = "ntf_7";
  EXPECT_EQ(outcome(decide(asked)), "skip duplicate");
  EXPECT_EQ(told(asked), "The same dedupe key came before, with notification ntf_7.");
}

TEST(Rules, TheMostExactChoiceWins) {
  using Level = ChannelChoices::Level;
  ChannelChoices::Row every{"", Choice::kNo, {}};
  every.by_channel[static_cast<std::size_t>(Channel::kEmail)] = Choice::kYes;
  ChannelChoices::Row offers{"offers", Choice::kYes, {}};
  offers.by_channel[static_cast<std::size_t>(Channel::kSms)] = Choice::kNo;
  const ChannelChoices choices({offers, every});
  const auto of = [&](std::string_view category, Channel channel) {
    const auto answer = choices.of(category, channel, true);
    return std::pair(answer.wanted, answer.level);
  };
  EXPECT_EQ(of("offers", Channel::kSms), std::pair(false, Level::kCategoryChannel));
  EXPECT_EQ(of("offers", Channel::kPush), std::pair(true, Level::kCategory));
  EXPECT_EQ(of("news", Channel::kEmail), std::pair(true, Level::kChannel));
  EXPECT_EQ(of("news", Channel::kPush), std::pair(false, Level::kEverything));
  EXPECT_EQ(of("", Channel::kPush), std::pair(false, Level::kEverything));
  EXPECT_EQ(ChannelChoices().of("news", Channel::kPush, false).wanted, false);
  EXPECT_EQ(ChannelChoices().of("news", Channel::kPush, true).level, Level::kDefault);

  ChannelChoices::Row later{"offers", Choice::kUnset, {}};
  later.by_channel[static_cast<std::size_t>(Channel::kSms)] = Choice::kYes;
  const ChannelChoices joined({offers, later});
  EXPECT_EQ(joined.rows().size(), 1U);
  EXPECT_TRUE(joined.of("offers", Channel::kSms, false).wanted);
  EXPECT_TRUE(joined.of("offers", Channel::kPush, false).wanted);
}

TEST(Rules, DigestsCollectForATimeOrUntilATimeOfDay) {
  RuleFacts asked = facts("2026-11-22T12:00:00Z");
  DigestTime when{std::chrono::minutes{30}, {}, kEveryDay};
  asked.digest = &when;
  asked.digest_key = "comments:7";
  EXPECT_EQ(outcome(decide(asked)), "digest digest 2026-11-22T12:30:00Z");
  EXPECT_EQ(told(asked),
            "Until 2026-11-22T12:30:00Z (Sun 13:30 in Europe/Berlin) it is collected in the digest "
            "\"comments:7\".");
  asked.digest_open_until = at("2026-11-22T12:10:00Z");
  EXPECT_EQ(outcome(decide(asked)), "digest digest 2026-11-22T12:10:00Z");
  asked.expires_at = at("2026-11-22T12:10:00Z");
  EXPECT_EQ(outcome(decide(asked)), "skip expired 2026-11-22T12:10:00Z");
  asked.expires_at = {};
  asked.critical = true;
  EXPECT_EQ(decide(asked).act, Act::kSend);

  when = {{}, 9 * 60, 0x11};  // Monday and Friday at 09:00
  const auto next = [&](const char* t) { return text(digest_at(when, berlin(), at(t))); };
  EXPECT_EQ(next("2026-11-22T12:00:00Z"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(next("2026-11-23T08:00:00Z"), "2026-11-27T08:00:00Z");
  when = {{}, 2 * 60 + 30, kEveryDay};
  EXPECT_EQ(next("2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z") << "02:30 is not: after the gap";
  EXPECT_EQ(next("2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z") << "the first of two";
  EXPECT_EQ(next("2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z") << "not the second as well";
}

// kit/rate's limiter, asked at one moment after the other, is the same rule.
TEST(Rules, ACapIsTheSlidingLogOfKit) {
  base::Random random(8);
  for (int round = 0; round < 200; ++round) {
    const auto limit = static_cast<std::uint32_t>(1 + random.below(6));
    const Micros window{1'000 * (1 + static_cast<std::int64_t>(random.below(50)))};
    const auto rule = *kit::SlidingLogRule::make(limit, window, 16);
    kit::SlidingLogState<16> log;
    std::vector<Time> sent;
    Time now = at("2026-11-22T12:00:00Z");
    for (int i = 0; i < 60; ++i) {
      now += Micros{1'000 * static_cast<std::int64_t>(random.below(20))};
      const FrequencyCap cap{limit, window, Excess::kDefer, "", sent};
      const base::Mono mono{std::chrono::nanoseconds{base::to_micros(now) * 1000}};
      const kit::Decision theirs = kit::take(rule, log, mono, 1);
      const Time ours = *earliest_under(cap, now);
      ASSERT_EQ(ours == now, theirs.allowed);
      if (theirs.allowed) {
        sent.push_back(now);
      } else {
        ASSERT_EQ(ours - now, std::chrono::ceil<Micros>(theirs.retry_after));
      }
    }
  }
}

TEST(WeekHours, RefusesWhatNobodyCanMean) {
  const auto reason = [](WeekSpan span) {
    const auto made = WeekHours::of({&span, 1});
    return made.ok() ? std::string("taken") : made.error().detail;
  };
  EXPECT_EQ(reason({kEveryDay, 600, 600}), "begins when it ends; all day is 00:00 to 24:00");
  EXPECT_EQ(reason({kEveryDay, 0, 0}), "begins when it ends; all day is 00:00 to 24:00");
  EXPECT_EQ(reason({kEveryDay, 0, 1440}), "taken");
  EXPECT_EQ(reason({kEveryDay, 1440, 60}), "times are 00:00 to 24:00");
  EXPECT_EQ(reason({kEveryDay, -1, 60}), "times are 00:00 to 24:00");
  EXPECT_EQ(reason({0, 60, 120}), "names no day of the week");
  EXPECT_EQ(reason({0x80, 60, 120}), "names no day of the week");
  const std::vector<WeekSpan> many(WeekHours::kMaxSpans + 1, WeekSpan{1, 0, 60});
  EXPECT_FALSE(WeekHours::of(many).ok());
}

TEST(WeekHours, NamesTheSpanAroundAMoment) {
  const auto wall = [](const char* t) { return zone::LocalTime{at(t).time_since_epoch()}; };
  const WeekHours sunday_night = hours("22:00", "06:00", 0x40);
  EXPECT_EQ(sunday_night.name_of_span(wall("2026-11-22T23:00:00Z")), "22:00–06:00");
  EXPECT_EQ(sunday_night.name_of_span(wall("2026-11-23T05:59:00Z")), "22:00–06:00");
  EXPECT_EQ(sunday_night.name_of_span(wall("2026-11-23T06:00:00Z")), "");
  EXPECT_EQ(hours("00:00", "24:00").name_of_span(wall("2026-11-22T23:00:00Z")), "every hour");
}

TEST(WeekHours, ReadsClocksAndDays) {
  EXPECT_EQ(minute_of_clock("00:00"), 0);
  EXPECT_EQ(minute_of_clock("23:59"), 1439);
  EXPECT_EQ(minute_of_clock("24:00"), 1440);
  for (const char* wrong : {"24:01", "7:30", "07:60", "07.30", "0730", "", "07:3x", "-1:00"}) {
    EXPECT_EQ(minute_of_clock(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(clock_of_minute(450), "07:30");
  EXPECT_EQ(weekday_of("mon"), 0);
  EXPECT_EQ(weekday_of("sun"), 6);
  EXPECT_EQ(weekday_of("Mon"), std::nullopt);
}

TEST(Rules, EveryReasonHasItsName) {
  for (int i = 0; i <= static_cast<int>(Reason::kDigest); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(reason_of(name_of(reason)), reason);
  }
  EXPECT_EQ(reason_of("no"), std::nullopt);
}

}  // namespace
}  // namespace ashlar::notifications

#include "modules/documents/session_inquiries.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::documents {
namespace {

// What was reported is a line: "100.1 101.5 | answered 100 101 | missing 102", and flags.
class SessionInquiriesTest : public testing::Test {
 protected:
  static InstanceId id(int i) { return InstanceId(i); }
  static base::Mono at(int ms) { return base::Mono{base::Millis{ms}}; }

  std::uint64_t ask(std::vector<InstanceId> of, bool and_others = false) {
    const auto number = inquiries_.ask({std::move(of), and_others, at(1'000)},
                                       [this](const auto& report) { told_ += line(report); });
    return number.value_or(0);
  }
  static std::string line(const SessionInquiries::Report& report) {
    std::string out;
    for (const auto& [instance, session] : report.sessions) {
      out += instance.to_string() + "." + session.id.to_string() + " ";
    }
    out += "|";
    for (const InstanceId one : report.answered) out += " " + one.to_string();
    out += " |";
    for (const InstanceId one : report.missing) out += " " + one.to_string();
    if (report.ended) out += " ended";
    if (report.truncated) out += " truncated";
    return out + "\n";
  }
  static SessionAnswer answer(std::uint64_t number, std::vector<std::int64_t> sessions,
                              std::uint64_t part = 0, bool last = true) {
    SessionAnswer made{.to = id(1), .number = number, .part = part, .last = last, .sessions = {}};
    for (const std::int64_t one : sessions) made.sessions.push_back({.id = SessionId(one)});
    return made;
  }
  std::string take() { return std::exchange(told_, {}); }

  SessionInquiries inquiries_;
  std::string told_;
};

TEST_F(SessionInquiriesTest, IsDoneWhenEachHasSaidAll) {
  const std::uint64_t one = ask({id(100), id(101)});
  const std::uint64_t two = ask({id(101)});
  inquiries_.hear(id(101), answer(one, {5}));
  EXPECT_EQ(take(), "");
  inquiries_.hear(id(100), answer(one, {1}, 0, false));
  EXPECT_EQ(take(), "");
  inquiries_.hear(id(100), answer(one, {2}, 1));
  EXPECT_EQ(take(), "101.5 100.1 100.2 | 100 101 |\n");
  inquiries_.hear(id(101), answer(two, {}));
  EXPECT_EQ(take(), "| 101 |\n");
  inquiries_.hear(id(101), answer(two, {9}));
  inquiries_.expire(at(2'000));
  EXPECT_EQ(take(), "") << "once";
  EXPECT_EQ(inquiries_.open(), 0U);
}

TEST_F(SessionInquiriesTest, WhoHasNotSaidAllInTimeIsNamed) {
  const std::uint64_t one = ask({id(100), id(101), id(102)});
  inquiries_.hear(id(100), answer(one, {1}));
  inquiries_.hear(id(101), answer(one, {2}, 0, false));
  inquiries_.expire(at(999));
  EXPECT_EQ(take(), "");
  inquiries_.expire(at(1'000));
  EXPECT_EQ(take(), "100.1 101.2 | 100 | 101 102\n");
}

TEST_F(SessionInquiriesTest, APartThatWasLostMakesItsInstanceAMissingOne) {
  const std::uint64_t one = ask({id(100)});
  inquiries_.hear(id(100), answer(one, {1}, 0, false));
  inquiries_.hear(id(100), answer(one, {3}, 2, true));
  inquiries_.expire(at(1'000));
  EXPECT_EQ(take(), "100.1 | | 100\n");
}

TEST_F(SessionInquiriesTest, WhatComesTwiceCountsOnce) {
  const std::uint64_t one = ask({id(100), id(101)});
  inquiries_.hear(id(100), answer(one, {1}, 0, false));
  inquiries_.hear(id(100), answer(one, {1}, 0, false));
  inquiries_.hear(id(100), answer(one, {2}, 1));
  inquiries_.hear(id(100), answer(one, {2}, 1));
  inquiries_.hear(id(101), answer(one, {}));
  EXPECT_EQ(take(), "100.1 100.2 | 100 101 |\n");
}

TEST_F(SessionInquiriesTest, WhoIsNoMoreHasNoSessions) {
  const std::uint64_t one = ask({id(100), id(101)});
  const std::uint64_t two = ask({id(100)});
  ask({id(102)});
  inquiries_.hear(id(100), answer(one, {1}, 0, false));
  inquiries_.hear(id(101), answer(one, {7}));
  inquiries_.gone(id(100));
  EXPECT_EQ(take(), "101.7 | 101 |\n| |\n");
  EXPECT_NE(two, one);
  inquiries_.gone(id(100));
  EXPECT_EQ(inquiries_.open(), 1U);
}

TEST_F(SessionInquiriesTest, WhereNotAllAreKnownItWaitsForWhoeverAnswers) {
  const std::uint64_t one = ask({id(100)}, true);
  inquiries_.hear(id(100), answer(one, {1}));
  inquiries_.hear(id(101), answer(one, {2}));
  EXPECT_EQ(take(), "");
  inquiries_.expire(at(1'000));
  EXPECT_EQ(take(), "100.1 101.2 | 100 101 |\n");
}

TEST_F(SessionInquiriesTest, FlagsAreAnyones) {
  const std::uint64_t one = ask({id(100), id(101)});
  SessionAnswer ended = answer(one, {});
  ended.ended = true;
  inquiries_.hear(id(100), ended);
  SessionAnswer more = answer(one, {4});
  more.truncated = true;
  inquiries_.hear(id(101), more);
  EXPECT_EQ(take(), "101.4 | 100 101 | ended truncated\n");
}

TEST_F(SessionInquiriesTest, IsBounded) {
  for (std::size_t i = 0; i < SessionInquiries::kMaxOpen; ++i) EXPECT_NE(ask({id(100)}), 0U);
  EXPECT_EQ(ask({id(100)}), 0U);
  inquiries_.expire(base::Mono::max());
  EXPECT_EQ(inquiries_.open(), 0U);
  std::size_t sessions = 0;
  bool truncated = false;
  const auto one = inquiries_.ask({{id(100), id(101)}, false, at(1'000)}, [&](const auto& report) {
    sessions = report.sessions.size();
    truncated = report.truncated;
  });
  const std::vector<std::int64_t> many(SessionInquiries::kMaxSessions - 1, 1);
  inquiries_.hear(id(100), answer(*one, many));
  inquiries_.hear(id(101), answer(*one, {2, 3}));
  EXPECT_EQ(sessions, SessionInquiries::kMaxSessions);
  EXPECT_TRUE(truncated);
}

// Who is told may ask again there and then.
TEST_F(SessionInquiriesTest, MayBeAskedFromWithinAnAnswer) {
  std::uint64_t second = 0;
  const auto first =
      inquiries_.ask({{id(100)}, false, at(1'000)}, [&](const auto&) { second = ask({id(101)}); });
  inquiries_.hear(id(100), answer(*first, {}));
  ASSERT_NE(second, 0U);
  inquiries_.hear(id(101), answer(second, {1}));
  EXPECT_EQ(take(), "101.1 | 101 |\n");
}

}  // namespace
}  // namespace ashlar::documents

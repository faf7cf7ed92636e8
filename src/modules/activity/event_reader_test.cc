#include "modules/activity/event_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/activity/board.h"

namespace ashlar::activity {
namespace {

const base::Time kNow = *base::parse_rfc3339("2026-11-22T10:00:00Z");
constexpr std::int64_t kNowSeconds = 1'795'341'600;

std::string at(std::int64_t offset) { return std::to_string(kNowSeconds + offset); }

std::string event(const std::string& when, const std::string& user) {
  return R"({"at":)" + when + R"(,"user":")" + user + R"(","action":"login"})";
}

std::uint64_t count_of(const Tally& tally, std::string_view dimension, std::int64_t second,
                       std::string_view key) {
  std::uint64_t sum = 0;
  const auto found = tally.dimensions().find(dimension);
  if (found == tally.dimensions().end()) return 0;
  for (const Tally::Entry& entry : found->second) {
    if (entry.second == second && entry.key == key) sum += entry.count;
  }
  return sum;
}

TEST(EventReader, CountsEveryDimensionInItsSecond) {
  const std::string body =
      event(at(-1), "alice") + "\n" + event("\"2026-11-22T09:59:59.999Z\"", "alice") + "\r\n\n" +
      R"({"at":)" + at(-2) +
      R"(.25,"user":"bob","action":"buy","endpoint":"POST /cart","tags":{"region":"eu","plan":"pro"}})";
  const auto batch = read_events(body, kNow);
  ASSERT_TRUE(batch.ok()) << batch.error().detail;
  EXPECT_EQ(batch->accepted, 3);
  EXPECT_EQ(count_of(batch->tally, "user", kNowSeconds - 1, "alice"), 2U);
  EXPECT_EQ(count_of(batch->tally, "user", kNowSeconds - 2, "bob"), 1U);
  EXPECT_EQ(count_of(batch->tally, "action", kNowSeconds - 1, "login"), 2U);
  EXPECT_EQ(count_of(batch->tally, "endpoint", kNowSeconds - 2, "POST /cart"), 1U);
  EXPECT_EQ(count_of(batch->tally, "region", kNowSeconds - 2, "eu"), 1U);
  EXPECT_EQ(count_of(batch->tally, "plan", kNowSeconds - 2, "pro"), 1U);
}

TEST(EventReader, TakesAListAsWell) {
  const auto batch =
      read_events(" {\"events\": [" + event(at(0), "a") + "," + event(at(-5), "b") + "]} ", kNow);
  ASSERT_TRUE(batch.ok()) << batch.error().detail;
  EXPECT_EQ(batch->accepted, 2);
}

TEST(EventReader, KeepsThePolicyForTime) {
  const auto batch = read_events(event(at(60), "fast") + "\n" + event(at(61), "ahead") + "\n" +
                                     event(at(-86'399), "old") + "\n" + event(at(-86'400), "late"),
                                 kNow);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->accepted, 2);
  EXPECT_EQ(batch->ahead, 1);
  EXPECT_EQ(batch->late, 1);
  EXPECT_EQ(count_of(batch->tally, "user", kNowSeconds, "fast"), 1U) << "counted as of now";
  EXPECT_EQ(count_of(batch->tally, "user", kNowSeconds - 86'399, "old"), 1U);
}

struct Bad {
  std::string body;
  std::vector<std::string> faults;  // "field reason"
};

TEST(EventReader, NamesEveryFault) {
  const std::string good = event(at(0), "alice");
  const std::string long_text(257, 'x');
  const std::vector<Bad> table = {
      {good + "\n{", {"/1 invalid_json"}},
      {"[]", {"/0 wrong_type"}},
      {"{}", {"/0/at required", "/0/user required", "/0/action required"}},
      {R"({"at":0,"user":"","action":"x"})", {"/0/user too_short"}},
      {R"({"at":0,"user":")" + long_text + R"(","action":"x"})", {"/0/user too_long"}},
      {R"({"at":0,"user":7,"action":"x"})", {"/0/user wrong_type"}},
      {R"({"at":"yesterday","user":"a","action":"x"})", {"/0/at bad_timestamp"}},
      {R"({"at":-1,"user":"a","action":"x"})", {"/0/at bad_timestamp"}},
      {R"({"at":1e300,"user":"a","action":"x"})", {"/0/at bad_timestamp"}},
      {R"({"at":true,"user":"a","action":"x"})", {"/0/at wrong_type"}},
      {R"({"at":0,"user":"a","action":"x","colour":"red"})", {"/0/colour unknown_field"}},
      {R"({"at":0,"user":"a","action":"x","tags":[]})", {"/0/tags wrong_type"}},
      {R"({"at":0,"user":"a","action":"x","tags":{"user":"b"}})", {"/0/tags/user reserved"}},
      {R"({"at":0,"user":"a","action":"x","tags":{"Big":"b"}})", {"/0/tags/Big bad_format"}},
      {R"({"at":0,"user":"a","action":"x","tags":{"t":1}})", {"/0/tags/t wrong_type"}},
      {good + "\n" + good + R"(x)", {"/1 invalid_json"}},
      {R"({"at":0,"user":"a","user":"b","action":"x"})", {"/0 duplicate_key"}},
      {"{\"at\":0,\"user\":\"\xff\",\"action\":\"x\"}", {"/0 invalid_utf8"}},
      {R"({"events":7})", {"/events wrong_type"}},
      {R"({"events":[7]})", {"/events/0 wrong_type"}},
      {R"({"events":[],"more":1})", {"/more unknown_field"}},
  };
  for (const Bad& bad : table) {
    const auto batch = read_events(bad.body, kNow);
    ASSERT_FALSE(batch.ok()) << bad.body;
    EXPECT_EQ(std::string(batch.error().reason), "invalid_request") << bad.body;
    std::vector<std::string> faults;
    for (const base::FieldError& field : batch.error().fields) {
      faults.push_back(field.field + " " + field.reason);
    }
    EXPECT_EQ(faults, bad.faults) << bad.body;
  }
}

TEST(EventReader, IsBounded) {
  for (const char* empty : {"", "\n\n", "  \r\n", R"({"events":[]})"}) {
    const auto none = read_events(empty, kNow);
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(std::string(none.error().reason), "no_events");
  }
  std::string many;
  for (std::size_t i = 0; i <= kMaxEvents; ++i) many += event("0", "a") + "\n";
  EXPECT_FALSE(read_events(many, kNow).ok());
  std::string wrong;
  for (int i = 0; i < 1'000; ++i) wrong += "{}\n";
  const auto faults = read_events(wrong, kNow);
  ASSERT_FALSE(faults.ok());
  EXPECT_EQ(faults.error().fields.size(), kMaxErrors);
}

}  // namespace
}  // namespace ashlar::activity

#include "modules/documents/awareness.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "modules/documents/crdt/lib0.h"

namespace ashlar::documents {
namespace {

std::string entry(std::uint64_t client, std::uint64_t clock, std::string_view state) {
  std::string out;
  crdt::write_varuint(out, client);
  crdt::write_varuint(out, clock);
  crdt::write_var_bytes(out, state);
  return out;
}
std::string one(std::uint64_t client, std::uint64_t clock, std::string_view state) {
  return "\x01" + entry(client, clock, state);
}

// "7@3 {…}; 9@1 null"
std::string text(std::string_view update) {
  if (update.empty()) return "";
  crdt::Reader reader(update);
  std::string out;
  for (std::uint64_t n = reader.varuint(); n > 0; --n) {
    if (!out.empty()) out += "; ";
    out += std::to_string(reader.varuint()) + "@";
    out += std::to_string(reader.varuint()) + " ";
    out += reader.var_string();
  }
  EXPECT_TRUE(reader.ok() && reader.at_end());
  return out;
}

class AwarenessTest : public testing::Test {
 protected:
  std::string apply(const Awareness::Owner& owner, std::string_view update) {
    const auto out = awareness_.apply(owner, update, now_);
    return out.ok() ? text(*out) : std::string(out.error().reason);
  }
  Awareness awareness_;
  base::Mono now_{base::Millis{1'000'000}};
  const Awareness::Owner key_{.session = 1, .user = "key:1", .name = "", .info = ""};
  const Awareness::Owner alice_{.session = 2,
                                .user = "alice",
                                .name = "Alice",
                                .info = R"({"color":"#f00"})",
                                .vouched = true};
  const Awareness::Owner bob_{.session = 3, .user = "bob", .name = "", .info = "", .vouched = true};
};

TEST_F(AwarenessTest, NewerCountsAndSoDoesNullAtTheSameClock) {
  EXPECT_EQ(apply(key_, one(7, 1, "{\"a\":1}")), "7@1 {\"a\":1}");
  EXPECT_EQ(apply(key_, one(7, 1, "{\"a\":2}")), "");
  EXPECT_EQ(apply(key_, one(7, 5, "{\"a\":3}")), "7@5 {\"a\":3}");
  EXPECT_EQ(text(awareness_.states()), "7@5 {\"a\":3}");
  EXPECT_EQ(apply(key_, one(7, 5, "null")), "7@5 null");
  EXPECT_EQ(awareness_.states(), "");
  EXPECT_EQ(awareness_.present(), 0U);
}

TEST_F(AwarenessTest, StampsWhoItIs) {
  EXPECT_EQ(apply(alice_, one(7, 1, R"({"user":{"name":"Bob","color":"#0f0","x":1},"cursor":2})")),
            R"(7@1 {"user":{"name":"Alice","color":"#f00","x":1,"id":"alice"},"cursor":2})");
  EXPECT_EQ(apply(bob_, one(8, 1, "{}")), R"(8@1 {"user":{"id":"bob"}})");
  EXPECT_EQ(apply(bob_, one(8, 2, R"({"user":"alice"})")), R"(8@2 {"user":{"id":"bob"}})");
  // A program's key vouches for nobody, but may not name itself.
  EXPECT_EQ(apply(key_, one(9, 1, R"({"user":{"name":"A"}})")), R"(9@1 {"user":{"name":"A"}})");
  EXPECT_EQ(apply(key_, one(9, 2, R"({"user":{"id":"alice"}})")), R"(9@2 {"user":{"id":"key:1"}})");
}

TEST_F(AwarenessTest, ALeaversPresenceGoesWithHim) {
  apply(alice_, one(7, 3, "{}"));
  apply(bob_, one(8, 1, "{}"));
  EXPECT_EQ(awareness_.clients_of(2), std::vector<crdt::ClientId>{7});
  EXPECT_EQ(text(awareness_.remove(2)), "7@3 null");
  EXPECT_EQ(awareness_.remove(2), "");
  EXPECT_EQ(text(awareness_.states()), R"(8@1 {"user":{"id":"bob"}})");
  // A bystander who repeats what he has seen does not bring him back.
  EXPECT_EQ(apply(bob_, one(7, 3, "{}")), "");
  EXPECT_EQ(apply(bob_, one(7, 3, "null")), "");
}

TEST_F(AwarenessTest, WhoComesAgainWithAnOldClockIsSeenAtOnce) {
  apply(alice_, one(7, 3, "{\"a\":1}"));
  awareness_.remove(2);
  Awareness::Owner again = alice_;
  EXPECT_EQ(apply(again, one(7, 3, "{\"a\":1}")), "");  // no: she was there when it went
  again.session = 20;
  const std::string user = R"("user":{"color":"#f00","name":"Alice","id":"alice"}})";
  EXPECT_EQ(apply(again, one(7, 3, "{\"a\":1}")), "7@4 {\"a\":1," + user);
  // He changed it before he heard of clock 4.
  EXPECT_EQ(apply(again, one(7, 4, "{\"a\":2}")), "7@5 {\"a\":2," + user);
  EXPECT_EQ(apply(again, one(7, 9, "{\"a\":3}")), "7@9 {\"a\":3," + user);
}

TEST_F(AwarenessTest, WhatOthersSayOfAClientCountsForNothing) {
  apply(alice_, one(7, 3, "{}"));
  EXPECT_EQ(apply(bob_, one(7, 3, "{}")), "");    // repeats it
  EXPECT_EQ(apply(bob_, one(7, 3, "null")), "");  // took him for silent
  EXPECT_EQ(apply(bob_, one(7, 4, "{\"a\":1}")), "client_id_taken");
  EXPECT_EQ(apply(bob_, one(7, 4, "null")), "client_id_taken");
  EXPECT_EQ(apply(bob_, "\x02" + entry(7, 9, "{}") + entry(8, 1, "{}")),
            R"(8@1 {"user":{"id":"bob"}})");
  EXPECT_EQ(awareness_.present(), 2U);
}

TEST_F(AwarenessTest, AnotherSessionOfTheUserInherits) {
  apply(bob_, one(8, 3, "{\"a\":1}"));
  Awareness::Owner second = bob_;
  second.session = 30;
  EXPECT_EQ(apply(second, one(8, 4, "{\"a\":2}")), R"(8@4 {"a":2,"user":{"id":"bob"}})");
  EXPECT_EQ(awareness_.remove(3), "");
  EXPECT_EQ(awareness_.clients_of(30), std::vector<crdt::ClientId>{8});
  EXPECT_EQ(text(awareness_.remove(30)), "8@4 null");
}

TEST_F(AwarenessTest, TheSilentGo) {
  apply(alice_, one(7, 3, "{}"));
  now_ += base::Millis{30'000};
  apply(bob_, one(8, 1, "{}"));
  EXPECT_EQ(awareness_.expire(now_), "");
  now_ += base::Millis{10'000};
  EXPECT_EQ(text(awareness_.expire(now_)), "7@3 null");
  EXPECT_EQ(awareness_.present(), 1U);
}

TEST_F(AwarenessTest, RefusesWhatIsNone) {
  const std::string good = one(7, 1, "{}");
  for (const std::string& bad :
       {std::string(), std::string("\x01"), std::string("\x02") + good.substr(1), good + "x",
        std::string("\xff\xff\xff\xff\xff\xff\xff\x0f"), one(7, 1, "{"), one(7, 1, ""),
        one(7, 1, "\xff"), one(7, 1, "{\"a\":1}x"),
        one(7, 1, std::string(40, '[') + std::string(40, ']')), one(7, crdt::kMaxInteger, "{}")}) {
    EXPECT_EQ(apply(key_, bad), "awareness_malformed") << bad.size();
  }
  EXPECT_EQ(apply(key_, one(7, 1, "\"" + std::string(16 * 1024, 'x') + "\"")),
            "awareness_too_large");
  std::string many(1, '\x11');
  for (std::uint64_t client = 1; client <= 17; ++client) many += entry(client, 1, "{}");
  EXPECT_EQ(apply(key_, many), "awareness_too_large");
  EXPECT_EQ(awareness_.present(), 0U);
}

// One document's presence has a bound, whoever comes with whatever, here or elsewhere.
TEST_F(AwarenessTest, WhatHasNoRoomIsLeftOutAndTheRestStays) {
  const auto state_of = [](std::size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; };
  Awareness::Owner owner = key_;
  std::uint64_t client = 0;
  std::uint64_t refused = 0;
  for (; refused == 0 && client < 1'000; refused += awareness_.take_refused()) {
    ++owner.session;
    ASSERT_TRUE(awareness_.apply(owner, one(++client, 1, state_of(15'000)), now_).ok());
  }
  EXPECT_EQ(refused, 1U);
  EXPECT_LE(awareness_.states().size(), Awareness::kMaxBytes);
  EXPECT_GT(awareness_.states().size(), Awareness::kMaxBytes - 16'000);
  EXPECT_EQ(awareness_.present(), client - 1);
  // Those who are there may move, and become less, and leave; nobody is made to go.
  Awareness::Owner first = key_;
  ++first.session;
  EXPECT_NE(apply(first, one(1, 2, state_of(15'000))), "");
  EXPECT_NE(apply(first, one(1, 3, state_of(500))), "");
  EXPECT_EQ(awareness_.take_refused(), 0U);
  EXPECT_NE(apply(first, one(1, 4, state_of(16'000))), "") << "there is room again";
  EXPECT_EQ(apply(owner, one(client, 2, state_of(15'000))), "");
  const std::string news = "\x01" + entry(client, 3, state_of(15'000)) + "\x05" + "alice";
  const auto merged = awareness_.merge(99'999, news, now_);
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(*merged, "");
  EXPECT_EQ(awareness_.take_refused(), 2U);
  for (std::uint64_t session = 1; session <= owner.session; ++session) awareness_.remove(session);
  EXPECT_NE(apply(owner, one(client, 5, state_of(15'000))), "");
}

TEST_F(AwarenessTest, OfWhatAnotherInstanceSaysTheBadStateAloneIsLeftOut) {
  std::string news = "\x04";
  const auto add = [&](std::uint64_t client, std::string_view state) {
    news += entry(client, 1, state) + "\x05" + "alice";
  };
  add(7, "{\"a\":1}");
  add(8, "{\"broken\":");
  add(9, "\"" + std::string(2 * Awareness::kMaxStateBytes, 'x') + "\"");
  add(10, "{\"b\":1}");
  const auto merged = awareness_.merge(99, news, now_);
  ASSERT_TRUE(merged.ok()) << merged.error().reason;
  EXPECT_EQ(text(*merged), "7@1 {\"a\":1}; 10@1 {\"b\":1}");
  EXPECT_EQ(text(awareness_.states()), "7@1 {\"a\":1}; 10@1 {\"b\":1}");
}

}  // namespace
}  // namespace ashlar::documents

#include "modules/documents/document_presence.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "modules/documents/crdt/lib0.h"

namespace ashlar::documents {
namespace {

std::string state(std::uint64_t client, std::uint64_t clock, std::string_view text) {
  std::string out("\x01");
  crdt::write_varuint(out, client);
  crdt::write_varuint(out, clock);
  crdt::write_var_bytes(out, text);
  return out;
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

// Three instances that have the same document, and what lies on the wire between them.
class DocumentPresenceTest : public testing::Test {
 protected:
  static InstanceId id(std::size_t i) { return InstanceId(static_cast<std::int64_t>(i) + 100); }

  std::string apply(std::size_t i, std::uint64_t session, std::string_view user,
                    std::string_view update) {
    const Awareness::Owner owner{.session = session, .user = user, .name = {}, .info = {}};
    const auto out = at_[i].awareness().apply(owner, update, now_);
    return out.ok() ? text(*out) : std::string(out.error().reason);
  }
  // Until nobody has anything to say; how many records that were.
  std::size_t talk(std::size_t most = 1 << 20) {
    std::size_t said = 0;
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < at_.size(); ++i) {
        if (!at_[i].has_news()) continue;
        std::string packet;
        at_[i].take_news("1 a", most, packet);
        more = true;
        ++said;
        EXPECT_LT(said, 1'000U) << "they go on for ever";
        if (said >= 1'000) return said;
        for (std::size_t j = 0; j < at_.size(); ++j) {
          if (j == i) continue;
          for (const PresenceRecord& record : read_records(packet)) {
            told_[j] += text(at_[j].hear(id(i), record, ++session_, now_)) + "|";
          }
        }
      }
    }
    return said;
  }
  std::string states(std::size_t i) { return text(at_[i].awareness().states()); }

  std::array<DocumentPresence, 3> at_;
  std::array<std::string, 3> told_;
  std::uint64_t session_ = 1'000;
  base::Mono now_{base::Millis{1'000'000}};
};

TEST_F(DocumentPresenceTest, NobodyElseIsThereSoNothingMoreIsSaid) {
  at_[0].open();
  EXPECT_EQ(talk(), 1U);
  apply(0, 1, "alice", state(7, 1, "{\"a\":1}"));
  EXPECT_FALSE(at_[0].has_news());
}

TEST_F(DocumentPresenceTest, WhoComesLaterLearnsWhoIsThereAndTheOthersOfHim) {
  at_[0].open();
  apply(0, 1, "alice", state(7, 4, "{\"a\":1}"));
  talk();
  at_[1].open();
  apply(1, 2, "bob", state(9, 2, "{\"b\":1}"));
  talk();
  EXPECT_EQ(states(0), "7@4 {\"a\":1}; 9@2 {\"b\":1}");
  EXPECT_EQ(states(1), states(0));
  EXPECT_EQ(states(2), "") << "nobody has it open there";
  EXPECT_EQ(at_[0].others(), 1U);
  EXPECT_EQ(at_[1].others(), 1U);
  apply(0, 1, "alice", state(7, 5, "{\"a\":2}"));
  EXPECT_EQ(talk(), 1U);
  EXPECT_EQ(states(1), "7@5 {\"a\":2}; 9@2 {\"b\":1}");
}

TEST_F(DocumentPresenceTest, ThreeWhoHaveNothingToShowStopTalking) {
  for (DocumentPresence& one : at_) one.open();
  EXPECT_LT(talk(), 12U);
  for (const DocumentPresence& one : at_) EXPECT_EQ(one.others(), 2U);
  apply(2, 1, "alice", state(7, 1, "{}"));
  EXPECT_EQ(talk(), 1U);
  EXPECT_EQ(states(0), "7@1 {}");
  EXPECT_EQ(states(1), "7@1 {}");
}

TEST_F(DocumentPresenceTest, WhoLeavesIsGoneEverywhere) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "alice", state(7, 1, "{}"));
  apply(0, 2, "bob", state(8, 1, "{}"));
  talk();
  at_[0].awareness().remove(1);
  talk();
  EXPECT_EQ(states(1), "8@1 {}");
  at_[0].awareness().remove(2);
  at_[0].close();
  EXPECT_EQ(talk(), 1U);
  EXPECT_EQ(states(1), "");
  EXPECT_EQ(at_[1].others(), 0U);
}

TEST_F(DocumentPresenceTest, TheLastOneWhoLeavesForgetsTheOthers) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "alice", state(7, 1, "{}"));
  talk();
  EXPECT_EQ(states(1), "7@1 {}");
  at_[1].close();
  EXPECT_EQ(states(1), "");
  talk();
  EXPECT_EQ(at_[0].others(), 0U);
  at_[1].open();
  talk();
  EXPECT_EQ(states(1), "7@2 {}") << "clocks that are given out rise";
}

TEST_F(DocumentPresenceTest, AnInstanceThatIsNoMoreTakesItsVisitorsWithIt) {
  for (DocumentPresence& one : at_) one.open();
  apply(0, 1, "alice", state(7, 3, "{}"));
  apply(2, 2, "bob", state(8, 1, "{}"));
  talk();
  EXPECT_EQ(text(at_[1].gone(id(0))), "7@3 null");
  EXPECT_EQ(states(1), "8@1 {}");
  EXPECT_EQ(text(at_[1].gone(id(0))), "");
  // It had only been slow.
  at_[0].again();
  talk();
  EXPECT_EQ(states(1), "7@4 {}; 8@1 {}") << "clocks that are given out rise";
}

TEST_F(DocumentPresenceTest, SomebodyMovesToAnotherInstance) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "alice", state(7, 3, "{\"at\":0}"));
  talk();
  // The old connection is not known to be dead yet; he repeats what he has said, then moves on.
  EXPECT_EQ(apply(1, 2, "alice", state(7, 3, "{\"at\":0}")), "");
  EXPECT_EQ(apply(1, 2, "alice", state(7, 4, "{\"at\":1}")), "7@4 {\"at\":1}");
  talk();
  EXPECT_EQ(states(0), "7@4 {\"at\":1}");
  at_[0].awareness().remove(1);
  talk();
  EXPECT_EQ(states(0), "7@4 {\"at\":1}") << "it is the other instance's by now";
  EXPECT_EQ(states(1), "7@4 {\"at\":1}");
}

TEST_F(DocumentPresenceTest, NobodyTakesTheClientOfAnotherUserElsewhere) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "alice", state(7, 3, "{}"));
  talk();
  EXPECT_EQ(apply(1, 2, "eve", state(7, 9, "{\"evil\":1}")), "client_id_taken");
  EXPECT_EQ(states(1), "7@3 {}");
  // Both at once, before they have heard of each other: each keeps its own.
  at_[2].open();
  apply(2, 3, "eve", state(7, 99, "{\"evil\":1}"));
  talk();
  EXPECT_EQ(states(0), "7@3 {}");
}

TEST_F(DocumentPresenceTest, AnEchoOfWhatOthersSaidChangesNothing) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "key:1", state(7, 3, "{}"));
  talk();
  // Providers repeat all that they hear, here by somebody with the same key.
  EXPECT_EQ(apply(1, 2, "key:1", state(7, 3, "{}")), "");
  EXPECT_EQ(talk(), 0U);
}

TEST_F(DocumentPresenceTest, WhatIsManyIsToldInParts) {
  at_[0].open();
  at_[1].open();
  talk();
  for (std::uint64_t client = 1; client <= 60; ++client) {
    apply(0, client, "u", state(client, 1, "\"" + std::string(100, 'x') + "\""));
  }
  EXPECT_GE(talk(1'000), 6U);
  EXPECT_EQ(states(1), states(0));
}

TEST_F(DocumentPresenceTest, RenewalsKeepHimThereAndSilenceDoesNot) {
  at_[0].open();
  at_[1].open();
  apply(0, 1, "alice", state(7, 1, "{}"));
  talk();
  for (std::uint64_t clock = 2; clock < 6; ++clock) {
    now_ += base::Millis{15'000};
    apply(0, 1, "alice", state(7, clock, "{}"));
    talk();
    EXPECT_EQ(text(at_[1].awareness().expire(now_)), "");
  }
  now_ += Awareness::kSilence + base::Millis{1};
  EXPECT_EQ(text(at_[1].awareness().expire(now_)), "7@5 null");
}

TEST_F(DocumentPresenceTest, AClientIsItsUsersOnEveryInstance) {
  at_[0].open();
  at_[0].claims().claim(7, "alice");
  at_[1].open();
  talk();
  EXPECT_TRUE(at_[1].claims().is_taken_elsewhere(7, "eve"));
  EXPECT_FALSE(at_[1].claims().is_taken_elsewhere(7, "alice"));
  EXPECT_FALSE(at_[1].claims().is_taken_elsewhere(8, "eve"));
  EXPECT_FALSE(at_[0].claims().is_taken_elsewhere(7, "eve")) << "that is the sessions' to know";
  at_[0].claims().claim(8, "bob");
  EXPECT_EQ(talk(), 1U);
  EXPECT_TRUE(at_[1].claims().is_taken_elsewhere(8, "eve"));
  at_[0].claims().release(7);
  talk();
  EXPECT_FALSE(at_[1].claims().is_taken_elsewhere(7, "eve"));
  at_[2].open();
  talk();
  EXPECT_TRUE(at_[2].claims().is_taken_elsewhere(8, "eve"));
  EXPECT_FALSE(at_[2].claims().is_taken_elsewhere(7, "eve"));
  at_[1].gone(id(0));
  EXPECT_FALSE(at_[1].claims().is_taken_elsewhere(8, "eve")) << "nobody is there any more";
  at_[0].claims().release(8);
  at_[0].close();
  talk();
  EXPECT_FALSE(at_[2].claims().is_taken_elsewhere(8, "eve"));
}

TEST_F(DocumentPresenceTest, ClaimsAreToldInPartsAndBounded) {
  at_[0].open();
  at_[1].open();
  for (std::uint64_t client = 0; client < 500; ++client) at_[0].claims().claim(client, "alice");
  EXPECT_GE(talk(100), 20U);
  for (std::uint64_t client = 0; client < 500; ++client) {
    EXPECT_TRUE(at_[1].claims().is_taken_elsewhere(client, "eve")) << client;
  }
  ClientClaims claims;
  std::string news;
  crdt::write_varuint(news, ClientClaims::kMaxTheirs + 10);
  for (std::uint64_t client = 0; client < ClientClaims::kMaxTheirs + 10; ++client) {
    crdt::write_varuint(news, client);
    crdt::write_var_bytes(news, "alice");
  }
  claims.hear(id(0), news);
  EXPECT_TRUE(claims.is_taken_elsewhere(ClientClaims::kMaxTheirs - 1, "eve"));
  EXPECT_FALSE(claims.is_taken_elsewhere(ClientClaims::kMaxTheirs, "eve"));
  claims.hear(id(0), "\xff\xff");
  claims.gone(id(0));
  EXPECT_FALSE(claims.is_taken_elsewhere(1, "eve"));
}

TEST_F(DocumentPresenceTest, NewcomersAreGivenOneEncodingUntilSomebodyMoves) {
  EXPECT_EQ(at_[0].states(), nullptr);
  at_[0].open();
  apply(0, 1, "alice", state(7, 1, "{}"));
  const auto first = at_[0].states();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(at_[0].states(), first);
  apply(0, 1, "alice", state(7, 2, "{\"a\":1}"));
  const auto second = at_[0].states();
  EXPECT_EQ(text(second->bytes()), "7@2 {\"a\":1}");
  at_[0].awareness().remove(1);
  EXPECT_EQ(at_[0].states(), nullptr);
}

TEST_F(DocumentPresenceTest, WhatDoesNotReadChangesNothing) {
  at_[1].open();
  std::string news("\x01\x07\x03", 3);
  crdt::write_var_bytes(news, "{\"broken\":");
  crdt::write_var_bytes(news, "alice");
  EXPECT_EQ(at_[1].hear(id(0), {.kind = PresenceKind::kNews, .key = "1 a", .news = news}, 1, now_),
            "");
  EXPECT_EQ(
      at_[1].hear(id(0), {.kind = PresenceKind::kNews, .key = "1 a", .news = "\xff"}, 1, now_), "");
  EXPECT_EQ(states(1), "");
}

TEST(PresencePacketTest, RecordsAndNoticesComeOutAsTheyWentIn) {
  std::string packet;
  for (int i = 0; i < 400; ++i) {
    const std::string news(static_cast<std::size_t>(i), 'n');
    append_record(packet, {.kind = static_cast<PresenceKind>(i % 3), .key = "1 a", .news = news});
  }
  const auto notices = notices_of(InstanceId(-5), 9, true, packet);
  ASSERT_GT(notices.size(), 20U);
  PacketAssembler assembler;
  std::optional<PacketAssembler::Packet> whole;
  for (const std::string& notice : notices) {
    EXPECT_LE(notice.size(), kMaxNoticeText);
    EXPECT_FALSE(whole.has_value());
    // Another sender's come between.
    EXPECT_FALSE(assembler.take(notices_of(InstanceId(6), 1, false, packet).front()).has_value());
    whole = assembler.take(notice);
  }
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->from, InstanceId(-5));
  EXPECT_TRUE(whole->ends);
  EXPECT_EQ(whole->bytes, packet);
  const auto records = read_records(whole->bytes);
  ASSERT_EQ(records.size(), 400U);
  EXPECT_EQ(records[7].kind, PresenceKind::kHello);
  EXPECT_EQ(records[7].news, "nnnnnnn");
}

TEST(PresencePacketTest, AGapLosesThatPacketAlone) {
  const std::string packet(10'000, 'p');
  PacketAssembler assembler;
  auto notices = notices_of(InstanceId(1), 1, false, packet);
  notices.erase(notices.begin() + 1);
  for (const std::string& notice : notices) EXPECT_FALSE(assembler.take(notice).has_value());
  notices = notices_of(InstanceId(1), 2, false, "");
  ASSERT_EQ(notices.size(), 1U);
  const auto beat = assembler.take(notices[0]);
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->bytes, "");
  for (const char* bad :
       {"", "1", "1 2 3", "1 2 0 0 0 ", "1 2 0 999999 0 aa", "1 2 0 1 0 !", "x"}) {
    EXPECT_FALSE(assembler.take(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace ashlar::documents

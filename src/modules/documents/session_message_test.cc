#include "modules/documents/session_message.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/documents/crdt/lib0.h"
#include "modules/documents/presence_packet.h"

namespace ashlar::documents {
namespace {

constexpr std::int64_t kLarge = 0x7fff'ffff'ffff'fffd;  // more than lib0's numbers have

SessionView session(std::int64_t id, const std::string& user) {
  return {SessionId(id),    user,         "Ä " + user,
          Access::kComment, "hocuspocus", base::from_micros(1'700'000'000'000'000)};
}

TEST(SessionMessageTest, AQuestionComesOutAsItWentIn) {
  for (const SessionQuestion& one :
       {SessionQuestion{7, {}, {}}, SessionQuestion{1, InstanceId(kLarge), SessionId(12)}}) {
    const auto read = read_session_question(bytes_of(one));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->number, one.number);
    EXPECT_EQ(read->to, one.to);
    EXPECT_EQ(read->ends, one.ends);
    EXPECT_TRUE(read_session_question(bytes_of(one) + "of a later version").has_value());
    EXPECT_FALSE(read_session_question(bytes_of(one).substr(0, 2)).has_value());
  }
}

TEST(SessionMessageTest, AnAnswerComesOutAsItWentIn) {
  SessionAnswers answers(InstanceId(kLarge), 9);
  answers.add(session(3, "alice"));
  answers.add(session(4, ""));
  const auto parts = answers.finish(false);
  ASSERT_EQ(parts.size(), 1U);
  const auto read = read_session_answer(parts[0]);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->to, InstanceId(kLarge));
  EXPECT_EQ(read->number, 9U);
  EXPECT_EQ(read->part, 0U);
  EXPECT_TRUE(read->last);
  EXPECT_FALSE(read->ended);
  EXPECT_FALSE(read->truncated);
  ASSERT_EQ(read->sessions.size(), 2U);
  const SessionView& first = read->sessions[0];
  EXPECT_EQ(first.id, SessionId(3));
  EXPECT_EQ(first.user, "alice");
  EXPECT_EQ(first.name, "Ä alice");
  EXPECT_EQ(first.access, Access::kComment);
  EXPECT_EQ(first.wire, "hocuspocus");
  EXPECT_EQ(base::to_micros(first.since), 1'700'000'000'000'000);
  for (std::size_t cut = 0; cut < parts[0].size(); ++cut) {
    EXPECT_FALSE(read_session_answer(parts[0].substr(0, cut)).has_value()) << cut;
  }
}

TEST(SessionMessageTest, WhatDoesNotReadIsNone) {
  const auto answer = [](std::string_view to, std::uint64_t count, std::uint64_t access) {
    std::string out;
    crdt::write_var_bytes(out, to);
    for (const std::uint64_t number : {1, 0, 1}) crdt::write_varuint(out, number);
    crdt::write_varuint(out, count);
    crdt::write_varuint(out, 5);
    crdt::write_var_bytes(out, "u");
    crdt::write_var_bytes(out, "n");
    crdt::write_varuint(out, access);
    crdt::write_var_bytes(out, "w");
    crdt::write_varuint(out, 1);
    return out;
  };
  EXPECT_TRUE(read_session_answer(answer("5", 1, 3)).has_value());
  EXPECT_FALSE(read_session_answer(answer("x", 1, 3)).has_value());
  EXPECT_FALSE(read_session_answer(answer("5", 1, 4)).has_value());
  EXPECT_FALSE(read_session_answer(answer("5", 1'000'000, 3)).has_value());
}

TEST(SessionMessageTest, WhatIsManyIsToldInPartsAndBounded) {
  const std::string user(200, 'u');
  SessionAnswers answers(InstanceId(5), 1);
  for (std::int64_t i = 1; i <= 1'000; ++i) answers.add(session(i, user));
  const auto parts = answers.finish(true);
  ASSERT_EQ(parts.size(), SessionAnswers::kMaxParts);
  std::int64_t next = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_LT(parts[i].size(), SessionAnswers::kMaxPartBytes + 1'000);
    const auto read = read_session_answer(parts[i]);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->part, i);
    const bool last = i + 1 == parts.size();
    EXPECT_EQ(read->last, last);
    EXPECT_EQ(read->ended, last);
    EXPECT_EQ(read->truncated, last);
    for (const SessionView& one : read->sessions) EXPECT_EQ(one.id.value, ++next);
  }
  EXPECT_GT(next, 200);
  EXPECT_LT(next, 1'000);
}

TEST(PresencePacketTest, KindsOfALaterVersionAreLeftOutAndCounted) {
  std::string packet;
  const auto add = [&](int kind, std::string_view key) {
    append_record(packet, {.kind = static_cast<PresenceKind>(kind), .key = key, .news = "n"});
  };
  add(0, "1 a");
  add(6, "1 b");
  add(200, "1 c");
  add(5, "1 d");
  std::size_t unknown = 0;
  const auto records = read_records(packet, &unknown);
  EXPECT_EQ(unknown, 2U);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].key, "1 a");
  EXPECT_EQ(records[1].key, "1 d");
  EXPECT_EQ(records[1].kind, PresenceKind::kAnswer);
}

}  // namespace
}  // namespace ashlar::documents

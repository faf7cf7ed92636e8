#include "modules/documents/y_websocket_session.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/documents/sync_message.h"
#include "modules/documents/testing/fake_socket.h"
#include "modules/documents/testing/twin_document.h"

namespace ashlar::documents {
namespace {

// Client 1 inserts "hi" into the text "t", and client 2 "yo" (goldens of yjs, shortened).
const std::string kHi("\x01\x01\x01\x00\x04\x01\x01\x74\x02hi\x00", 12);
const std::string kYo("\x01\x01\x02\x00\x04\x01\x01\x74\x02yo\x00", 12);
const std::string kNothing("\x00\x00", 2);

std::string sync(int kind, std::string_view payload) {
  std::string out(1, '\0');
  write_sync(out, static_cast<SyncKind>(kind), payload);
  return out;
}
std::string awareness(std::string_view update) {
  std::string out(1, '\x01');
  crdt::write_var_bytes(out, update);
  return out;
}
const std::string kPresence("\x01\x07\x01\x02{}", 6);

class YWebSocketTest : public testing::Test {
 protected:
  struct Visit {
    std::shared_ptr<FakeSocket> socket;
    std::shared_ptr<YWebSocketSession> session;
    void say(std::string_view data) { session->on_message(http::MessageKind::kBinary, data); }
  };
  Visit visit(Access access = Access::kWrite, const char* user = "alice") {
    Visitor visitor;
    visitor.user = user;
    visitor.access = access;
    Visit out{std::make_shared<FakeSocket>(loop_),
              std::make_shared<YWebSocketSession>(host_, visitor, "doc")};
    out.session->on_open(out.socket);
    return out;
  }
  TwinDocument& document() { return *host_.at("doc"); }

  base::SystemClock clock_;
  runtime::EventLoop loop_{clock_, base::Millis{10}};
  TwinHost host_{loop_};
};

TEST_F(YWebSocketTest, ANewcomerIsAskedAndToldWhoIsThere) {
  Visit first = visit();
  EXPECT_EQ(first.socket->take(), std::vector{sync(0, std::string(1, '\0'))});
  first.say(awareness(kPresence));
  first.socket->take();
  first.say(sync(2, kHi));
  Visit second = visit();
  const auto told = second.socket->take();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0], sync(0, "\x01\x01\x02"));
  EXPECT_EQ(told[1][0], '\x01');
  second.say(sync(0, std::string(1, '\0')));
  EXPECT_EQ(second.socket->take(), std::vector{sync(1, kHi)});
  second.say(sync(0, "\x01\x01\x02"));
  EXPECT_EQ(second.socket->take(), std::vector{sync(1, kNothing)});
  second.say("\x03");
  EXPECT_EQ(second.socket->take(), std::vector{told[1]});
}

TEST_F(YWebSocketTest, WhileItOpensNothingIsRead) {
  host_.later = true;
  Visit early = visit();
  Visit gone = visit();
  EXPECT_TRUE(early.socket->held);
  gone.session->on_close(1006);
  host_.open_all();
  EXPECT_FALSE(early.socket->held);
  EXPECT_EQ(document().peers(), 1U);
  early.session->on_close(1000);
  EXPECT_EQ(document().peers(), 0U);
}

TEST_F(YWebSocketTest, ChangesGoToOthersWhenTheyAreDurablePresenceToAll) {
  Visit a = visit();
  Visit b = visit(Access::kWrite, "bob");
  a.socket->take();
  b.socket->take();
  document().durable = false;
  a.say(sync(2, kHi));
  EXPECT_TRUE(b.socket->take().empty());
  document().store();
  EXPECT_EQ(b.socket->take(), std::vector{sync(2, kHi)});
  EXPECT_TRUE(a.socket->take().empty());
  a.say(awareness(kPresence));
  EXPECT_EQ(a.socket->take(), b.socket->take());
  a.session->on_close(1006);
  const auto left = b.socket->take();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_TRUE(left[0].ends_with("null"));
}

TEST_F(YWebSocketTest, WhatGoesTogetherIsAFrameEach) {
  Visit a = visit();
  Visit b = visit();
  a.socket->take();
  b.socket->take();
  std::string large("\x01\x01\x03\x00\x04\x01\x01\x74", 8);
  crdt::write_var_bytes(large, std::string(70'000, 'x'));
  large += '\0';
  document().tell(run_of({kHi, large}, kPresence));
  const std::vector expected{sync(2, kHi), sync(2, large), awareness(kPresence)};
  EXPECT_EQ(a.socket->take(), expected);
  EXPECT_EQ(b.socket->take(), expected);
}

TEST_F(YWebSocketTest, WhoMayReadIsDeniedAndStays) {
  Visit reader = visit(Access::kRead);
  reader.socket->take();
  reader.say(sync(1, kNothing));  // what every provider answers: nothing new
  EXPECT_TRUE(reader.socket->take().empty());
  reader.say(sync(2, kHi));
  EXPECT_EQ(reader.socket->take(),
            std::vector<std::string>{std::string("\x02\x00\x10", 3) + "access_read_only"});
  EXPECT_EQ(reader.socket->code, 0);
  EXPECT_EQ(document().state, kNothing);
}

TEST_F(YWebSocketTest, WaitsWhileAMebibyteIsNotDurable) {
  Visit a = visit();
  document().durable = false;
  std::string large("\x01\x01\x01\x00\x04\x01\x01\x74", 8);
  crdt::write_var_bytes(large, std::string(600'000, 'x'));
  large += '\0';
  a.say(sync(2, large));
  EXPECT_FALSE(a.socket->held);
  large[2] = '\x02';
  a.say(sync(2, large));
  EXPECT_TRUE(a.socket->held);
  document().store();
  EXPECT_FALSE(a.socket->held);
}

TEST_F(YWebSocketTest, WhatCannotBeStoredSendsItAwayToComeAgain) {
  Visit a = visit();
  document().durable = false;
  a.say(sync(2, kHi));
  document().refuse(base::fail(base::Code::kTooMany, "document_busy", "Busy."));
  EXPECT_EQ(a.socket->code, 1013);
  EXPECT_EQ(document().peers(), 0U);
}

TEST_F(YWebSocketTest, EndsWithTheCodeThatTellsWhetherToComeAgain) {
  struct Row {
    EndReason why;
    int code;
    std::string_view reason;
  };
  const std::vector<Row> rows = {{EndReason::kExpired, 4401, "expired_document_token"},
                                 {EndReason::kKeyExpired, 4401, "expired_api_key"},
                                 {EndReason::kRevoked, 4403, "access_revoked"},
                                 {EndReason::kDeleted, 4404, "document_deleted"},
                                 {EndReason::kKicked, 4205, "kicked"},
                                 {EndReason::kReload, 1012, "document_reloads"},
                                 {EndReason::kStopping, 1001, "documents_stopping"}};
  for (const auto& [why, code, reason] : rows) {
    Visit a = visit();
    document().end(why);
    EXPECT_EQ(a.socket->code, code);
    EXPECT_EQ(a.socket->why, reason);
    a.say(sync(2, kHi));  // comes too late
    a.session->on_close(1006);
    EXPECT_EQ(document().state, kNothing);
  }
}

TEST_F(YWebSocketTest, EndsOnWhatIsNoneOfItsMessages) {
  for (const std::string& bad : {std::string(), std::string("\x80"), std::string("\0\x03\0", 3),
                                 std::string("\0\x02\x05x", 4), sync(2, "x"), sync(2, kHi + "x"),
                                 sync(0, "\x05"), std::string("\x01\x7f"), awareness("\x01"),
                                 awareness(std::string("\x01\x07\x01\x01{", 5))}) {
    Visit a = visit();
    a.say(bad);
    EXPECT_EQ(a.socket->code, 4400) << bad.size();
    EXPECT_EQ(document().peers(), 0U);
  }
  Visit a = visit();
  a.session->on_message(http::MessageKind::kText, "hello");
  EXPECT_EQ(a.socket->code, 1003);
  Visit b = visit();
  b.say("\x4d unknown");
  b.say(sync(2, kYo) + "what follows is not read");
  EXPECT_EQ(b.socket->code, 0);
  EXPECT_EQ(document().state, kYo);
}

}  // namespace
}  // namespace ashlar::documents

#include "modules/documents/hocuspocus_socket.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/documents/hocuspocus_message.h"
#include "modules/documents/testing/fake_socket.h"
#include "modules/documents/testing/twin_document.h"
#include "platform/net/loop_group.h"

namespace ashlar::documents {
namespace {

const std::string kHi("\x01\x01\x01\x00\x04\x01\x01\x74\x02hi\x00", 12);
const std::string kYo("\x01\x01\x02\x00\x04\x01\x01\x74\x02yo\x00", 12);
const std::string kNothing("\x00\x00", 2);
const std::string kPresence("\x01\x07\x01\x02{}", 6);
const std::string kEmptyVector(1, '\0');

std::string frame(std::string_view key, int type, std::string_view body = {}) {
  std::string out;
  crdt::write_var_bytes(out, key);
  return out + static_cast<char>(type) + std::string(body);
}
std::string auth(std::string_view key, std::string_view token) {
  std::string body(1, '\0');
  crdt::write_var_bytes(body, token);
  return frame(key, 2, body);
}
std::string sync(std::string_view key, int kind, std::string_view payload, int type = 0) {
  std::string body;
  write_sync(body, static_cast<SyncKind>(kind), payload);
  return frame(key, type, body);
}

// Who comes waits at the door while it is slow. The socket's loop alone.
class SlowHost final : public TwinHost {
 public:
  using TwinHost::TwinHost;

  void admit(std::string credential, std::string name, Admitted done) override {
    if (!slow) return TwinHost::admit(std::move(credential), std::move(name), std::move(done));
    admitting.emplace_back(std::move(credential), std::move(done));
  }
  void admit_next() {
    auto [credential, done] = std::move(admitting.front());
    admitting.pop_front();
    TwinHost::admit(std::move(credential), {}, std::move(done));
  }

  bool slow = false;
  std::deque<std::pair<std::string, Admitted>> admitting;
};

// The socket on loop 0, documents on loop 0 or 1.
class HocuspocusTest : public testing::TestWithParam<int> {
 protected:
  HocuspocusTest() { loops_.start(); }
  ~HocuspocusTest() override {
    at_socket([this] { session_->on_close(1006); });
    settle();
    loops_.stop();
  }

  void run_at(std::size_t loop, const std::function<void()>& run) {
    std::promise<void> done;
    loops_.loop(loop).post([&] {
      run();
      done.set_value();
    });
    done.get_future().wait();
  }
  void at_socket(const std::function<void()>& run) { run_at(0, run); }
  void at_document(const std::function<void()>& run) {
    run_at(static_cast<std::size_t>(GetParam()), run);
    settle();
  }
  void settle() {  // everything that was posted, and what that posted
    for (int i = 0; i < 4; ++i) {
      run_at(0, [] {});
      run_at(1, [] {});
    }
  }
  void open() {
    at_socket([this] { session_->on_open(socket_); });
  }
  std::vector<std::string> say(const std::vector<std::string>& frames) {
    at_socket([&] {
      for (const std::string& each : frames) {
        session_->on_message(http::MessageKind::kBinary, each);
      }
    });
    settle();
    return heard();
  }
  std::vector<std::string> heard() {
    std::vector<std::string> out;
    at_socket([&] { out = socket_->take(); });
    return out;
  }
  int code() {
    int out = 0;
    at_socket([&] { out = socket_->code; });
    return out;
  }

  base::SystemClock clock_;
  net::LoopGroup loops_{2, "wires", clock_};
  SlowHost host_{loops_.loop(static_cast<std::size_t>(GetParam()))};
  std::shared_ptr<FakeSocket> socket_ = std::make_shared<FakeSocket>(loops_.loop(0));
  std::shared_ptr<HocuspocusSocket> session_ =
      std::make_shared<HocuspocusSocket>(host_, "write:url", 3);
};

INSTANTIATE_TEST_SUITE_P(Loops, HocuspocusTest, testing::Values(0, 1));

TEST_P(HocuspocusTest, WhatComesWithTheAuthMessageIsAnsweredAfterIt) {
  open();
  EXPECT_EQ(say({auth("d", "write:a"), sync("d", 0, kEmptyVector)}),
            (std::vector{hocuspocus_authenticated("d", true), sync("d", 0, kEmptyVector),
                         sync("d", 1, kNothing)}));
  // A reply asks nothing back.
  EXPECT_EQ(say({sync("d", 0, kEmptyVector, 4)}), std::vector{sync("d", 1, kNothing)});
}

TEST_P(HocuspocusTest, OneStatusForEachChangeWhenItIsDurable) {
  open();
  say({auth("d", "write:a")});
  at_document([&] { host_.at("d")->durable = false; });
  EXPECT_TRUE(say({sync("d", 2, kHi), sync("d", 1, kYo)}).empty());
  at_document([&] { host_.at("d")->store(); });
  const std::string stored = hocuspocus_sync_status("d", true);
  EXPECT_EQ(heard(), (std::vector{stored, stored}));
  EXPECT_EQ(say({sync("d", 1, kNothing), sync("d", 2, kHi)}), (std::vector{stored, stored}));
}

TEST_P(HocuspocusTest, WhatGoesTogetherIsAFrameEachInTheNameOfEachVisit) {
  const std::string session = std::string("d\0second", 8);
  open();
  say({auth("d", "write:a"), auth(session, "write:a")});
  at_document([&] { host_.at("d")->tell(run_of({kHi, kYo}, kPresence)); });
  EXPECT_EQ(heard(),
            (std::vector{sync("d", 2, kHi), sync("d", 2, kYo), hocuspocus_awareness("d", kPresence),
                         sync(session, 2, kHi), sync(session, 2, kYo),
                         hocuspocus_awareness(session, kPresence)}));
}

TEST_P(HocuspocusTest, WhoMayReadIsToldThatNothingWasStored) {
  open();
  EXPECT_EQ(say({auth("d", "read:a")}), std::vector{hocuspocus_authenticated("d", false)});
  EXPECT_EQ(say({sync("d", 1, kNothing), sync("d", 2, kHi)}),
            (std::vector{hocuspocus_sync_status("d", true), hocuspocus_sync_status("d", false)}));
  EXPECT_EQ(code(), 0);
}

TEST_P(HocuspocusTest, DocumentsOfOneSocketAreApart) {
  open();
  const std::string with_session("d\0s2", 4);
  say({auth("d", "write:a"), auth(with_session, "write:a"), auth("e", "write:a")});
  EXPECT_EQ(say({auth("f", "write:a")}), std::vector{hocuspocus_denied("f", "too_many_documents")});
  // Two visits of one document hear of each other, each under its own key.
  EXPECT_EQ(say({sync("d", 2, kHi)}),
            (std::vector{sync(with_session, 2, kHi), hocuspocus_sync_status("d", true)}));
  EXPECT_EQ(say({sync(with_session, 2, kYo)}),
            (std::vector{sync("d", 2, kYo), hocuspocus_sync_status(with_session, true)}));
  say({frame(with_session, 7, std::string(1, '\0'))});  // leaves
  at_document([&] { EXPECT_EQ(host_.at("d")->peers(), 1U); });
  EXPECT_EQ(say({auth("f", "no")}), std::vector{hocuspocus_denied("f", "invalid_document_token")});
  EXPECT_EQ(say({auth("f", "")}), std::vector{hocuspocus_authenticated("f", true)});  // the URL's
  EXPECT_EQ(code(), 0);
}

TEST_P(HocuspocusTest, WhoLeavesWhileItOpensIsNotLetIn) {
  open();
  at_document([&] { host_.later = true; });
  EXPECT_TRUE(say({auth("d", "write:a"), sync("d", 2, kHi)}).empty());
  say({frame("d", 7, std::string(1, '\0'))});
  EXPECT_TRUE(say({auth("d", "write:a")}).empty());
  at_document([&] { host_.open_all(); });
  EXPECT_EQ(heard(), std::vector{hocuspocus_authenticated("d", true)});
  at_document([&] {
    EXPECT_EQ(host_.at("d")->peers(), 1U);
    EXPECT_EQ(host_.at("d")->state, kNothing);
  });
}

TEST_P(HocuspocusTest, EndsOneVisitOrTheSocket) {
  open();
  say({auth("d", "write:a"), auth("e", "write:a")});
  at_document([&] { host_.at("d")->end(EndReason::kRevoked); });
  EXPECT_EQ(heard(), (std::vector{hocuspocus_denied("d", "access_revoked"),
                                  hocuspocus_close("d", "access_revoked")}));
  EXPECT_EQ(say({sync("e", 2, kHi)}), std::vector{hocuspocus_sync_status("e", true)});
  EXPECT_EQ(code(), 0);
  at_document([&] { host_.at("e")->set_access(Access::kRead); });
  EXPECT_EQ(heard(), std::vector{hocuspocus_authenticated("e", false)});
  at_document([&] { host_.at("e")->end(EndReason::kReload); });
  EXPECT_EQ(code(), 4205);
}

TEST_P(HocuspocusTest, TheDoorIsAskedOnceAtATimeForEachVisitHoweverOftenItsClientAsks) {
  open();
  say({auth("d", "write:a")});
  at_socket([&] { host_.slow = true; });
  std::vector<std::string> flood;
  for (int i = 0; i < 1'000; ++i) flood.push_back(auth("d", "read:" + std::to_string(i)));
  flood.push_back(auth("d", "comment:last"));
  EXPECT_TRUE(say(flood).empty());
  at_socket([&] {
    ASSERT_EQ(host_.admitting.size(), 1U);
    EXPECT_EQ(host_.admitting[0].first, "read:0");
    host_.admit_next();
  });
  settle();
  EXPECT_EQ(heard(), std::vector{hocuspocus_authenticated("d", false)});
  at_socket([&] {
    ASSERT_EQ(host_.admitting.size(), 1U);
    EXPECT_EQ(host_.admitting[0].first, "comment:last");
    host_.admit_next();
  });
  settle();
  EXPECT_EQ(heard(), std::vector{hocuspocus_authenticated("d", false)});
  at_socket([&] { EXPECT_TRUE(host_.admitting.empty()); });
}

TEST_P(HocuspocusTest, WhoAsksAndClosesAgainAndAgainIsReadNoMoreUntilTheDoorHasAnswered) {
  open();
  at_socket([&] { host_.slow = true; });
  const auto is_held = [&] {
    bool held = false;
    at_socket([&] { held = socket_->held; });
    return held;
  };
  for (std::size_t i = 1; i <= HocuspocusSocket::kMaxAdmissions; ++i) {
    EXPECT_FALSE(is_held()) << i;
    say({auth("d", "write:a"), frame("d", 7)});
  }
  EXPECT_TRUE(is_held());
  at_socket([&] {
    EXPECT_EQ(host_.admitting.size(), HocuspocusSocket::kMaxAdmissions);
    host_.admit_next();
  });
  settle();
  EXPECT_FALSE(is_held());
  at_socket([&] {
    while (!host_.admitting.empty()) host_.admit_next();
  });
  settle();
  say({auth("d", "write:a")});
  at_socket([&] { host_.admit_next(); });
  settle();
  EXPECT_EQ(code(), 0);
}

TEST_P(HocuspocusTest, WaitsWhileAMebibyteIsNotDurable) {
  open();
  say({auth("d", "write:a")});
  at_document([&] { host_.at("d")->durable = false; });
  std::string large("\x01\x01\x01\x00\x04\x01\x01\x74", 8);
  crdt::write_var_bytes(large, std::string(1'100'000, 'x'));
  large += '\0';
  say({sync("d", 2, large)});
  at_socket([&] { EXPECT_TRUE(socket_->held); });
  at_document([&] { host_.at("d")->store(); });
  at_socket([&] { EXPECT_FALSE(socket_->held); });
}

TEST_P(HocuspocusTest, AnswersPingsAndEndsOnWhatIsNone) {
  open();
  EXPECT_EQ(say({frame("any", 9)}), std::vector{frame("any", 10)});
  const std::vector<std::pair<int, std::string>> rows = {
      {4400, ""},
      {4400,
       "\x05"
       "ab"},
      {4400, frame(std::string(600, 'k'), 0)},
      {4400, std::string("\x01\xff\x00", 3)},
      {4400, frame("d", 2, "\x07")},
      {4403, frame("d", 6)},
      {4400, sync("d", 2, "x")},
      {4400, frame("d", 1, "\x7f")},
  };
  for (const auto& [wanted, bytes] : rows) {
    at_socket([&] {
      session_->on_close(1006);
      socket_ = std::make_shared<FakeSocket>(loops_.loop(0));
      session_ = std::make_shared<HocuspocusSocket>(host_, "write:url", 3);
      session_->on_open(socket_);
    });
    say({auth("d", "write:a")});
    say({bytes});
    EXPECT_EQ(code(), wanted) << bytes.size();
  }
}

}  // namespace
}  // namespace ashlar::documents

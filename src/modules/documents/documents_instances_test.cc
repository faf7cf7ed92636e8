// Several processes on one database, each with visitors of the same document.
#include <thread>

#include "modules/documents/document_presence.h"
#include "modules/documents/documents.h"
#include "modules/documents/testing/documents_fixture.h"
#include "platform/storage/testing/forgetful_database.h"
#include "platform/storage/testing/gated_database.h"

namespace ashlar::documents {
namespace {

const std::string kNotices(Documents::kChannel);

// One server has a SQLite database: nobody else writes to it, and nobody is told.
class DocumentsInstancesTest : public DocumentsFixture {
 protected:
  void SetUp() override {
    DocumentsFixture::SetUp();
    if (GetParam() == storage::Dialect::kSqlite) GTEST_SKIP() << "several processes: PostgreSQL";
  }

  std::unique_ptr<Process> start_gated(storage::GatedDatabase*& gate) {
    return start([&](std::unique_ptr<storage::Database> inner) {
      auto made = std::make_unique<storage::GatedDatabase>(std::move(inner));
      gate = made.get();
      return made;
    });
  }
  // Leaves what it writes to others to announce.
  std::unique_ptr<Process> start_silent() {
    DocumentsModule::Options quiet = options();
    quiet.documents.live.announce_after = quiet.documents.live.announce_latest =
        base::Millis{600'000};
    return start({}, quiet);
  }
  // Until it has answered about all who are inside.
  static void wait_for_the_door(Process& process, const std::shared_ptr<Document>& document) {
    const auto is_asked = [&] {
      bool any = false;
      live(document).for_each_session([&](const DocumentSession& session) {
        any = any || session.question.asked || session.question.wanted;
      });
      return any;
    };
    while (process.on(document, is_asked)) std::this_thread::yield();
  }
  // "HOLDER.SESSION user", in order; how many instances answered, how many were silent.
  struct Seen {
    std::vector<std::string> users;
    std::vector<std::pair<InstanceId, SessionId>> ids;
    std::size_t answered = 0;
    std::size_t missing = 0;
  };
  static Seen sessions(Process& process, const std::string& name) {
    std::promise<base::Result<SessionInquiries::Report>> promise;
    process.module->documents.find_sessions(kAlice, name,
                                            [&](auto report) { promise.set_value(report); });
    const auto report = promise.get_future().get();
    Seen seen;
    if (!report.ok()) {
      seen.users = {report.error().reason};
      return seen;
    }
    for (const auto& [holder, session] : report->sessions) {
      seen.users.push_back(session.user);
      seen.ids.emplace_back(holder, session.id);
    }
    seen.answered = report->answered.size();
    seen.missing = report->missing.size();
    return seen;
  }
  static std::string end(Process& process, const std::string& name,
                         std::pair<InstanceId, SessionId> session) {
    std::promise<base::Status> promise;
    process.module->documents.end_session(kAlice, name, session.first, session.second,
                                          [&](auto status) { promise.set_value(status); });
    const base::Status status = promise.get_future().get();
    return status.ok() ? "ended" : status.error().reason;
  }
  static LiveDocument& live(const std::shared_ptr<Document>& document) {
    return static_cast<LiveDocument&>(*document);
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, DocumentsInstancesTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(DocumentsInstancesTest, WhatOthersWriteWhileThisOneAnnouncesIsShown) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start_silent();
  auto here = start_gated(gate);
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer(7);
  const auto document = there->visit("a", one, "alice");
  ASSERT_TRUE(there->push(document, one, writer.append("x")).ok());
  ASSERT_TRUE(one.wait("stored"));
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 1));
  const auto copy = here->visit("a", two, "bob");
  gate->close_writes();
  here->on(copy, [&] { live(copy).announce_now(); });
  ASSERT_TRUE(there->push(document, one, writer.append("y")).ok());
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 2));
  here->on(copy, [] {});  // it has heard
  gate->open_writes();
  ASSERT_TRUE(two.wait("update"));
  EXPECT_EQ(here->text("a"), "xy");
}

TEST_P(DocumentsInstancesTest, WhatOthersWriteWhileThisOneLoadsIsShown) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start();
  auto here = start_gated(gate);
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer(7);
  const auto document = there->visit("a", one, "alice");
  ASSERT_TRUE(there->push(document, one, writer.append("x")).ok());
  ASSERT_TRUE(one.wait("stored"));
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 1));
  gate->close_reads();
  auto visit = std::async(std::launch::async, [&] { here->visit("a", two, "bob"); });
  ASSERT_TRUE(gate->wait_for_waiting_read());
  ASSERT_TRUE(there->push(document, one, writer.append("y")).ok());
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 2));
  here->module->documents.loop_of(kAlice, "a").post([gate] { gate->open_reads(); });
  visit.get();
  ASSERT_TRUE(two.wait("update"));
  EXPECT_EQ(here->text("a"), "xy");
}

TEST_P(DocumentsInstancesTest, WhatWasReadWhileAnAnnouncementWentOutIsReadAgain) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start_silent();
  auto here = start_gated(gate);
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer(7);
  const auto document = there->visit("a", one, "alice");
  ASSERT_TRUE(there->push(document, one, writer.append("x")).ok());
  ASSERT_TRUE(one.wait("stored"));
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 1));
  const auto copy = here->visit("a", two, "bob");
  gate->close_writes();
  gate->close_reads();
  ASSERT_TRUE(there->push(document, one, writer.append("y")).ok());
  ASSERT_TRUE(gate->wait_for_notices(kNotices, 2));
  ASSERT_TRUE(gate->wait_for_waiting_read());
  here->on(copy, [&] { live(copy).announce_now(); });
  gate->open_reads();
  ASSERT_TRUE(gate->wait_until_reads_have_gone());
  here->on(copy, [] {});
  gate->open_writes();
  ASSERT_TRUE(two.wait("update"));
  EXPECT_EQ(here->text("a"), "xy");
}

TEST_P(DocumentsInstancesTest, NobodyWritesInTheNameOfWhoIsOnAnotherInstance) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start();
  auto here = start_gated(gate);
  Guest& alice = make_guest();
  Guest& mallory = make_guest();
  Writer writer(7);
  const auto document = there->visit("a", alice, "alice");
  const auto copy = here->visit("a", mallory, "mallory");
  ASSERT_TRUE(there->push(document, alice, writer.append("x")).ok());
  const auto is_taken = [&] {
    return live(copy).presence().claims().is_taken_elsewhere(7, "mallory");
  };
  const auto push = [&](const char* text) {
    const auto pushed = here->push(copy, mallory, writer.append(text));
    return pushed.ok() ? std::string("taken") : std::string(pushed.error().reason);
  };
  const std::string channel(PresenceRelay::kChannel);
  std::size_t heard = 0;
  while (!here->on(copy, is_taken)) {
    ASSERT_TRUE(gate->wait_for_notices(channel, ++heard));
  }
  EXPECT_EQ(push("y"), "client_id_taken");
  there->leave(document, alice);
  while (here->on(copy, is_taken)) {
    ASSERT_TRUE(gate->wait_for_notices(channel, ++heard));
  }
  EXPECT_EQ(push("z"), "taken") << "nobody's any more";
}

// Storage that does not answer for a moment ends nobody's visit, neither who wrote nor who looks
// on.
TEST_P(DocumentsInstancesTest, AReadThatFailsIsMadeAgain) {
  storage::ForgetfulDatabase* forgetful = nullptr;
  auto there = start();
  auto here = start([&](std::unique_ptr<storage::Database> inner) {
    auto made = std::make_unique<storage::ForgetfulDatabase>(std::move(inner));
    forgetful = made.get();
    return made;
  });
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer(7);
  Writer other(8);
  const auto document = there->visit("a", one, "alice");
  const auto copy = here->visit("a", two, "bob");
  forgetful->fail_reads(3);
  ASSERT_TRUE(there->push(document, one, writer.append("x")).ok());
  ASSERT_TRUE(two.wait("update"));
  EXPECT_EQ(two.count("end"), 0U);
  EXPECT_EQ(forgetful->reads_to_fail(), 0);
  forgetful->fail_reads(3);
  ASSERT_TRUE(there->push(document, one, writer.append("y"), 2).ok());
  ASSERT_TRUE(here->push(copy, two, other.append("z")).ok());
  ASSERT_TRUE(two.wait("stored"));
  ASSERT_TRUE(two.wait("update", 2));
  EXPECT_EQ(two.count("end"), 0U);
  ASSERT_TRUE(one.wait("update"));
  EXPECT_EQ(here->text("a"), there->text("a"));
}

// What waited for another one's update is not shown with it before it is durable itself.
TEST_P(DocumentsInstancesTest, WhatWaitedForOthersIsShownOnceItIsDurable) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start_silent();
  auto here = start_gated(gate);
  Guest& one = make_guest();
  Guest& two = make_guest();
  Guest& three = make_guest();
  Writer writer(7);
  const auto document = there->visit("a", one, "alice");
  const auto copy = here->visit("a", two, "alice");
  here->visit("a", three, "bob");
  const std::string first = writer.append("x");
  const std::string second = writer.append("y");
  wait_for_the_door(*here, copy);
  gate->close_writes();
  ASSERT_TRUE(here->push(copy, two, second).ok());  // it waits for the first
  ASSERT_TRUE(there->push(document, one, first).ok());
  ASSERT_TRUE(one.wait("stored"));
  gate->close_reads();
  gate->open_writes();  // it finds out that it is behind
  ASSERT_TRUE(gate->wait_for_waiting_read());
  gate->close_writes();
  gate->open_reads();
  ASSERT_TRUE(three.wait("update"));
  here->on(copy, [] {});
  EXPECT_EQ(three.text(), "x");
  gate->open_writes();
  ASSERT_TRUE(two.wait("stored"));
  ASSERT_TRUE(three.wait("update", 2));
  EXPECT_EQ(three.text(), "xy");
}

// Before either instance has heard of the other's visitor.
TEST_P(DocumentsInstancesTest, OfTwoUsersUnderOneClientIdTheLogKeepsTheFirst) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start_silent();
  auto here = start_gated(gate);
  Guest& alice = make_guest();
  Guest& mallory = make_guest();
  Writer writer(7);
  Writer forger(7);
  const auto document = there->visit("a", alice, "alice");
  const auto copy = here->visit("a", mallory, "mallory");
  gate->close_writes();
  ASSERT_TRUE(here->push(copy, mallory, forger.append("forged")).ok());
  ASSERT_TRUE(there->push(document, alice, writer.append("x")).ok());
  ASSERT_TRUE(alice.wait("stored"));
  gate->open_writes();
  ASSERT_TRUE(mallory.wait("end"));
  EXPECT_EQ(mallory.count("stored"), 0U);
  EXPECT_EQ(here->text("a"), "x");
  EXPECT_EQ(there->text("a"), "x");
  EXPECT_EQ(alice.count("end"), 0U);
}

TEST_P(DocumentsInstancesTest, WhatIsDeletedWhileItIsLoadedIsNotOpened) {
  storage::GatedDatabase* gate = nullptr;
  auto there = start();
  auto here = start_gated(gate);
  Guest& one = make_guest();
  there->visit("a", one, "alice");
  gate->close_reads();
  auto opened = std::async(std::launch::async, [&] { return here->open("a", Access::kRead); });
  ASSERT_TRUE(gate->wait_for_waiting_read());
  const std::size_t before = gate->notices(kNotices);
  ASSERT_TRUE(remove(*there, "a").ok());
  ASSERT_TRUE(gate->wait_for_notices(kNotices, before + 1));
  here->module->documents.loop_of(kAlice, "a").post([gate] { gate->open_reads(); });
  const auto first = opened.get();
  ASSERT_FALSE(first.ok());
  EXPECT_STREQ(first.error().reason, "document_reloading");
  const auto again = here->open("a", Access::kRead);
  ASSERT_FALSE(again.ok());
  EXPECT_STREQ(again.error().reason, "document_not_found");
}

TEST_P(DocumentsInstancesTest, SessionsOfAllInstancesAreSeenAndEnded) {
  auto here = start();
  auto there = start();
  Guest& alice = make_guest();
  Guest& bob = make_guest();
  Guest& carol = make_guest();
  here->visit("a", alice, "alice");
  there->visit("a", bob, "bob");
  there->visit("b", carol, "carol");
  using Users = std::vector<std::string>;
  // Just started, so neither need have heard of the other yet: then it waits.
  const Seen seen = sessions(*here, "a");
  EXPECT_EQ(seen.users, (Users{"alice", "bob"}));
  EXPECT_EQ(seen.answered, 2U);
  EXPECT_EQ(seen.missing, 0U);
  EXPECT_EQ(sessions(*there, "a").users, (Users{"bob", "alice"}));
  EXPECT_EQ(sessions(*here, "b").users, (Users{"carol"})) << "nobody has it open here";
  EXPECT_EQ(sessions(*here, "none").users, (Users{"document_not_found"}));
  const auto bobs = seen.ids.at(1);
  EXPECT_EQ(end(*here, "b", bobs), "document_session_not_found") << "it is another document's";
  EXPECT_EQ(bob.count("end"), 0U);
  EXPECT_EQ(end(*here, "a", bobs), "ended");
  EXPECT_EQ(bob.count("end"), 1U) << "before it is answered";
  EXPECT_EQ(end(*here, "a", bobs), "document_session_not_found");
  EXPECT_EQ(sessions(*here, "a").users, (Users{"alice"}));
  EXPECT_EQ(end(*there, "a", seen.ids.at(0)), "ended");
  EXPECT_EQ(alice.count("end"), 1U);
}

TEST_P(DocumentsInstancesTest, AnInstanceThatIsSilentIsNamedAndOneThatHasEndedIsNot) {
  storage::GatedDatabase* gate = nullptr;
  auto here = start();
  auto there = start_gated(gate);
  Guest& alice = make_guest();
  Guest& bob = make_guest();
  here->visit("a", alice, "alice");
  auto copy = there->visit("a", bob, "bob");
  const Seen before = sessions(*here, "a");
  ASSERT_EQ(before.missing, 0U);
  ASSERT_EQ(before.ids.size(), 2U);
  wait_for_the_door(*there, copy);
  gate->close_writes();
  const Seen seen = sessions(*here, "a");
  EXPECT_EQ(seen.users, std::vector<std::string>{"alice"});
  EXPECT_EQ(seen.answered, 1U);
  EXPECT_EQ(seen.missing, 1U);
  EXPECT_EQ(end(*here, "a", before.ids.at(1)), "document_instance_silent");
  gate->open_writes();
  EXPECT_TRUE(bob.wait("end")) << "it was told; what is late is its answer";
  copy.reset();
  there.reset();
  EXPECT_EQ(end(*here, "a", before.ids.at(1)), "document_session_not_found");
  EXPECT_EQ(sessions(*here, "a").missing, 0U);
}

}  // namespace
}  // namespace ashlar::documents

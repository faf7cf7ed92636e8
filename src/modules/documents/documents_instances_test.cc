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

}  // namespace
}  // namespace ashlar::documents

#include "modules/documents/documents.h"

#include <algorithm>
#include <thread>

#include "modules/documents/document_past.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/log_store.h"
#include "modules/documents/testing/documents_fixture.h"
#include "modules/documents/update_list.h"
#include "platform/storage/testing/forgetful_database.h"

namespace ashlar::documents {
namespace {

using storage::Transaction;

std::string number(EndReason reason) { return std::to_string(static_cast<int>(reason)); }

// Told of its end, with this reason.
bool ended(Guest& guest, EndReason reason) {
  if (!guest.wait("end")) return false;
  for (const Guest::Told& one : guest.told()) {
    if (one.first == "end") return one.second == number(reason);
  }
  return false;
}

class DocumentsTest : public DocumentsFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, DocumentsTest, storage::both_engines(), storage::engine_name);

TEST_P(DocumentsTest, WhatIsAcknowledgedIsThereAfterwards) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  for (Ticket ticket = 1; ticket <= 20; ++ticket) {
    const auto pushed = process->push(document, guest, writer.append("x"), ticket);
    ASSERT_TRUE(pushed.ok());
    EXPECT_EQ(*pushed, Pushed::kWaiting);
  }
  ASSERT_TRUE(guest.wait("stored", 20));
  EXPECT_EQ(guest.count("own"), 20u);
  // Another process reads what is on disk, while this one still has it open.
  auto other = start();
  EXPECT_EQ(other->text("a"), std::string(20, 'x'));
}

TEST_P(DocumentsTest, OthersSeeEachUpdateInOrder) {
  auto process = start();
  Guest& writer_guest = make_guest();
  Guest& reader = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", writer_guest, "alice");
  process->visit("a", reader, "bob", Access::kRead);
  std::vector<std::string> sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(writer.append("y"));
    ASSERT_TRUE(process->push(document, writer_guest, sent.back()).ok());
  }
  ASSERT_TRUE(reader.wait("update", 10));
  std::vector<std::string> got;
  for (const Guest::Told& one : reader.told()) got.push_back(one.second);
  EXPECT_EQ(got, sent);
}

TEST_P(DocumentsTest, ACrowdIsToldOnceInAWhileWhoWaitsIsNotKept) {
  constexpr std::size_t kCrowd = 80;
  constexpr base::Millis kGap{80};
  auto paced = options();
  paced.documents.live.pace = kGap;
  auto process = start({}, paced);
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  std::vector<Guest*> crowd;
  for (std::size_t i = 1; i < kCrowd; ++i) {
    process->visit("a", *crowd.emplace_back(&make_guest()), "bob", Access::kRead);
  }
  const base::Mono begin = process->clock.mono();
  std::vector<std::string> sent{writer.append("a")};
  ASSERT_TRUE(process->push(document, guest, sent.back()).ok());
  ASSERT_TRUE(crowd[0]->wait("update", 1));
  for (const char* letter : {"b", "c", "d"}) {
    ASSERT_TRUE(process->push(document, guest, sent.emplace_back(writer.append(letter))).ok());
  }
  for (Guest* one : crowd) {
    ASSERT_TRUE(one->wait("update", 4));
    std::vector<std::string> got;
    for (const Guest::Told& told : one->told()) got.push_back(told.second);
    EXPECT_EQ(got, sent);
  }
  EXPECT_GE(process->clock.mono() - begin, kGap);
  EXPECT_EQ(guest.count("own"), 4u);
  ASSERT_TRUE(guest.wait("stored", 4));
}

TEST_P(DocumentsTest, PresenceComesBehindWhatWasWrittenBeforeIt) {
  auto process = start();
  Guest& alice = make_guest();
  Guest& bob = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", alice, "alice");
  process->visit("a", bob, "bob");
  const std::string presence("\x01\x07\x01\x02{}", 6);
  process->on(document, [&] {
    EXPECT_TRUE(document->push(alice, writer.append("x"), 1).ok());
    EXPECT_TRUE(document->awareness(alice, presence).ok());
  });
  for (Guest* one : {&alice, &bob}) {
    ASSERT_TRUE(one->wait("awareness"));
    const auto told = one->told();
    ASSERT_GE(told.size(), 2u);
    EXPECT_EQ(told[0].first, one == &alice ? "own" : "update");
    EXPECT_EQ(told[1].first, "awareness");
  }
}

TEST_P(DocumentsTest, WhatIsThereAlreadyIsAcknowledgedAtOnce) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  const std::string update = writer.append("x");
  ASSERT_TRUE(process->push(document, guest, update).ok());
  ASSERT_TRUE(guest.wait("stored"));
  const auto again = process->push(document, guest, update);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, Pushed::kNothingNew);
}

TEST_P(DocumentsTest, SyncGivesWhatIsMissing) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("hello")).ok());
  Guest& late = make_guest();
  process->visit("a", late, "bob");
  process->on(document, [&] { document->sync(late, {}); });
  ASSERT_TRUE(late.wait("sync"));
  EXPECT_EQ(late.text(), "hello");
}

TEST_P(DocumentsTest, AReaderChangesNothing) {
  auto process = start();
  Guest& writer_guest = make_guest();
  Guest& reader = make_guest();
  Writer writer(7);
  Writer other(8);
  const auto document = process->visit("a", writer_guest, "alice");
  process->visit("a", reader, "bob", Access::kRead);
  const std::string update = writer.append("x");
  ASSERT_TRUE(process->push(document, writer_guest, update).ok());
  ASSERT_TRUE(writer_guest.wait("stored"));
  const auto refused = process->push(document, reader, other.append("no"));
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "access_read_only");
  const auto known = process->push(document, reader, update);
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(*known, Pushed::kNothingNew);
  EXPECT_EQ(process->text("a"), "x");
}

TEST_P(DocumentsTest, NobodyWritesInAnothersName) {
  auto process = start();
  Guest& alice = make_guest();
  Guest& mallory = make_guest();
  Guest& alice_again = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", alice, "alice");
  process->visit("a", mallory, "mallory");
  process->visit("a", alice_again, "alice");
  ASSERT_TRUE(process->push(document, alice, writer.append("x")).ok());
  const std::string forged = writer.append("y");
  const auto refused = process->push(document, mallory, forged);
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "client_id_taken");
  EXPECT_TRUE(process->push(document, alice_again, forged).ok());
  process->leave(document, alice);
  process->leave(document, alice_again);
  EXPECT_TRUE(process->push(document, mallory, writer.append("z")).ok());  // nobody's any more
}

TEST_P(DocumentsTest, AFailedWriteEndsAllAndNothingHalfStays) {
  storage::ForgetfulDatabase* forgetful = nullptr;
  auto process = start([&](std::unique_ptr<storage::Database> inner) {
    auto made = std::make_unique<storage::ForgetfulDatabase>(std::move(inner));
    forgetful = made.get();
    return made;
  });
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("x")).ok());
  ASSERT_TRUE(guest.wait("stored"));
  // It says once that it has visitors; that write is not the one that is to fail.
  const bool tells = process->db->dialect() == storage::Dialect::kPostgres;
  while (tells &&
         process->metrics.render().find("presence_packets_sent_total 1\n") == std::string::npos) {
    std::this_thread::yield();
  }
  forgetful->forget_next();
  ASSERT_TRUE(process->push(document, guest, writer.append("y")).ok());
  ASSERT_TRUE(ended(guest, EndReason::kReload));
  EXPECT_EQ(guest.count("stored"), 1u);
  Guest& back = make_guest();
  const auto again = process->visit("a", back, "alice");
  EXPECT_NE(again, document);
  // He syncs again, as his provider would: whatever became of it, it is there now.
  const std::string whole = writer.doc().encode();
  ASSERT_TRUE(process->push(again, back, whole).ok());
  EXPECT_EQ(process->text("a"), "xy");
}

TEST_P(DocumentsTest, TwoProcessesNumberNoUpdateAlike) {
  auto first = start();
  auto second = start();
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer_one(7);
  Writer writer_two(8);
  const auto here = first->visit("a", one, "alice");
  const auto there = second->visit("a", two, "bob");
  ASSERT_TRUE(first->push(here, one, writer_one.append("x")).ok());
  ASSERT_TRUE(one.wait("stored"));
  // Whether the second has heard of it or not: its write goes behind it, and nobody is shown out.
  ASSERT_TRUE(second->push(there, two, writer_two.append("y")).ok());
  ASSERT_TRUE(two.wait("stored"));
  ASSERT_TRUE(two.wait("update"));
  EXPECT_EQ(two.count("end"), 0u);
  const std::string text = second->text("a");
  EXPECT_EQ(text.size(), 2u);
  EXPECT_NE(text.find('x'), std::string::npos);
  EXPECT_NE(text.find('y'), std::string::npos);
  auto third = start();
  EXPECT_EQ(third->text("a"), text);
}

// A snapshot without it would lose what another process was told is durable.
TEST_P(DocumentsTest, WhatTheLogHasAndNobodyCanReadBreaksTheDocument) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("x")).ok());
  ASSERT_TRUE(guest.wait("stored"));
  UpdateRow bad{2, 1, process->clock.now(), "bob", {}};
  append_update(bad.bytes, "no update");
  ASSERT_TRUE(process->db
                  ->write(storage::Context::platform(storage::PlatformUse::kDocuments),
                          [&](Transaction& tx) -> base::Status {
                            ASHLAR_ASSIGN(const auto all, store::numbers_after(tx, {}, 1));
                            ASHLAR_TRY(store::advance(tx, all.at(0), 1, bad, 10));
                            return store::append(tx, kAlice, all.at(0), bad);
                          })
                  .ok());
  ASSERT_TRUE(process->push(document, guest, writer.append("y")).ok());
  EXPECT_TRUE(ended(guest, EndReason::kReload));
  EXPECT_EQ(guest.count("stored"), 1u);
  EXPECT_EQ(process->text("a"), "error: document_damaged");
}

TEST_P(DocumentsTest, TwoProcessesThatWriteAtOnceLoseNothing) {
  auto first = start();
  auto second = start();
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer_one(7);
  Writer writer_two(8);
  const auto here = first->visit("a", one, "alice");
  const auto there = second->visit("a", two, "bob");
  constexpr std::size_t kEach = 200;
  const auto write = [](Process& process, const std::shared_ptr<Document>& document, Guest& guest,
                        Writer& writer, const char* text) {
    for (std::size_t i = 1; i <= kEach; ++i) {
      ASSERT_TRUE(process.push(document, guest, writer.append(text), i).ok());
    }
    ASSERT_TRUE(guest.wait("stored", kEach));
  };
  std::thread other([&] { write(*second, there, two, writer_two, "y"); });
  write(*first, here, one, writer_one, "x");
  other.join();
  const std::string text = start()->text("a");
  EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), static_cast<long>(kEach));
  EXPECT_EQ(std::count(text.begin(), text.end(), 'y'), static_cast<long>(kEach));
  EXPECT_EQ(one.count("end") + two.count("end"), 0u);
}

TEST_P(DocumentsTest, WhatOneProcessWritesTheOthersShow) {
  if (GetParam() == storage::Dialect::kSqlite) {
    return;  // One server has a SQLite database: there is nobody to tell.
  }
  auto first = start();
  auto second = start();
  Guest& one = make_guest();
  Guest& two = make_guest();
  Writer writer(7);
  const auto here = first->visit("a", one, "alice");
  second->visit("a", two, "bob");
  for (Ticket i = 1; i <= 5; ++i) ASSERT_TRUE(first->push(here, one, writer.append("x"), i).ok());
  ASSERT_TRUE(two.wait("update", 5));
  EXPECT_EQ(two.text(), "xxxxx");
  EXPECT_EQ(second->text("a"), "xxxxx");
}

TEST_P(DocumentsTest, ManyWhoComeAtOnceLoadItOnce) {
  {
    auto process = start();
    Guest& guest = make_guest();
    Writer writer(7);
    const auto document = process->visit("a", guest, "alice");
    ASSERT_TRUE(process->push(document, guest, writer.append("x")).ok());
    ASSERT_TRUE(guest.wait("stored"));
  }
  auto process = start();
  std::vector<std::future<std::shared_ptr<Document>>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::async(std::launch::async, [&] { return *process->open("a"); }));
  }
  std::shared_ptr<Document> first = all.front().get();
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].get(), first);
  EXPECT_NE(process->metrics.render().find("ashlar_documents_loads_total 1\n"), std::string::npos);
}

TEST_P(DocumentsTest, WhoMayNotWriteMakesNone) {
  auto process = start();
  const auto missing = process->open("nobody", Access::kRead);
  ASSERT_FALSE(missing.ok());
  EXPECT_STREQ(missing.error().reason, "document_not_found");
  EXPECT_TRUE(process->open("nobody", Access::kWrite).ok());
  EXPECT_TRUE(process->open("nobody", Access::kRead).ok());
  EXPECT_FALSE(process->open("nobody", Access::kRead, kBob).ok());
}

TEST_P(DocumentsTest, TheStopTellsAllAndLosesNothing) {
  Writer writer(7);
  Guest& guest = make_guest();
  {
    auto process = start();
    const auto document = process->visit("a", guest, "alice");
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(process->push(document, guest, writer.append("z")).ok());
    }
  }
  EXPECT_TRUE(ended(guest, EndReason::kStopping));
  EXPECT_EQ(start()->text("a"), std::string(100, 'z'));
}

TEST_P(DocumentsTest, ALongLogIsCutBySnapshotsAndAllOfItStaysReadable) {
  Writer writer(7);
  Guest& guest = make_guest();
  std::vector<Seq> seqs;
  {
    auto process = start();
    const auto document = process->visit("a", guest, "alice");
    const std::string block(1'000, 'b');
    for (std::size_t i = 1; i <= 200; ++i) {
      ASSERT_TRUE(process->push(document, guest, writer.append(block), i).ok());
      if (i % 50 == 0) {
        ASSERT_TRUE(guest.wait("stored", i));
      }
    }
  }
  auto process = start();
  const auto row = process->db->read(storage::Context::tenant(kAlice),
                                     [&](Transaction& tx) { return store::find(tx, "a"); });
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_EQ((*row)->seq, 200);
  EXPECT_GT((*row)->snapshot_seq, 0);
  EXPECT_EQ(process->text("a").size(), 200'000u);
  const auto then = process->db->read(storage::Context::tenant(kAlice),
                                      [&](Transaction& tx) { return state_at(tx, **row, 50); });
  ASSERT_TRUE(then.ok()) << then.error().reason;
  crdt::Doc doc(crdt::Doc::Options{});
  ASSERT_TRUE(doc.apply(*then).ok());
  EXPECT_EQ(doc.text("content").size(), 50'000u);
}

TEST_P(DocumentsTest, ADeletedDocumentsNameIsAnotherOnes) {
  auto process = start();
  Guest& guest = make_guest();
  Writer writer(7);
  const auto document = process->visit("a", guest, "alice");
  ASSERT_TRUE(process->push(document, guest, writer.append("old")).ok());
  ASSERT_TRUE(guest.wait("stored"));
  ASSERT_TRUE(remove(*process, "a").ok());
  EXPECT_TRUE(ended(guest, EndReason::kDeleted));
  EXPECT_EQ(process->text("a"), "error: document_not_found");
  Guest& fresh = make_guest();
  process->visit("a", fresh, "alice");
  EXPECT_EQ(process->text("a"), "");
}

TEST(CutHistory, PausesAndNamesMakeVersions) {
  const auto at = [](int seconds) {
    return base::from_micros((1'800'000'000LL + seconds) * 1'000'000);
  };
  // Newest first.
  const std::vector<UpdateRow> rows{{40, 10, at(4000), "bob", {}},
                                    {30, 10, at(3990), "alice", {}},
                                    {20, 5, at(100), "alice", {}},
                                    {15, 15, at(0), "alice", {}}};
  const std::vector<VersionRow> named{{VersionNo(1), 15, at(1), "alice", "draft"}};
  const auto versions = cut_history(rows, named);
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_EQ(versions[0].seq, 40);
  EXPECT_EQ(versions[0].updates, 20);
  EXPECT_EQ(versions[0].authors, (std::vector<std::string>{"bob", "alice"}));
  EXPECT_EQ(versions[1].seq, 20);
  EXPECT_EQ(versions[1].updates, 5);
  EXPECT_FALSE(versions[1].label);
  EXPECT_EQ(versions[2].seq, 15);
  EXPECT_EQ(versions[2].label, "draft");
}

}  // namespace
}  // namespace ashlar::documents

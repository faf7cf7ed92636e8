#include "modules/documents/log_writer.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/log_store.h"
#include "modules/documents/update_list.h"
#include "platform/events/outbox.h"
#include "platform/runtime/event_loop.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::documents {
namespace {

using storage::Context;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

class LogWriterTest : public testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok());
    db_ = std::move(*opened);
    writer_ = std::make_unique<LogWriter>(*db_, outbox_, clock_, metrics_);
    writer_->start();
  }
  void TearDown() override {
    writer_.reset();
    db_.reset();
  }

  DocumentNo make(std::string_view name, base::TenantId tenant = kAlice) {
    const auto no = db_->write(Context::tenant(tenant), [&](Transaction& tx) {
      return store::insert(tx, name, "alice", clock_.now());
    });
    EXPECT_TRUE(no.ok() && no->has_value());
    return no.ok() && *no ? **no : DocumentNo();
  }

  std::future<base::Status> submit(LogWrite write) {
    auto done = std::make_shared<std::promise<base::Status>>();
    write.done = [done](base::Status status) { done->set_value(std::move(status)); };
    writer_->submit(std::move(write));
    return done->get_future();
  }

  LogWrite write_of(DocumentNo no, Seq from, const std::string& bytes,
                    base::TenantId tenant = kAlice) {
    LogWrite write;
    write.tenant = tenant;
    write.no = no;
    write.from = from;
    std::string list;
    append_update(list, bytes);
    write.updates = std::make_shared<const std::vector<UpdateRow>>(
        1, UpdateRow{from + 1, 1, clock_.now(), "alice", list});
    return write;
  }

  std::string tail(DocumentNo no, Seq after, base::TenantId tenant = kAlice) {
    std::string all;
    const auto rows = db_->read(Context::tenant(tenant), [&](Transaction& tx) {
      return store::updates(tx, no, after, INT64_MAX, [&](const UpdateRow& row) {
        std::string_view list = row.bytes;
        std::string_view update;
        while (take_update(list, update)) all += std::string(update) + " ";
      });
    });
    EXPECT_TRUE(rows.ok());
    return all;
  }
  DocumentRow row(std::string_view name, base::TenantId tenant = kAlice) {
    const auto found =
        db_->read(Context::tenant(tenant), [&](Transaction& tx) { return store::find(tx, name); });
    EXPECT_TRUE(found.ok() && found->has_value());
    return found.ok() && *found ? **found : DocumentRow();
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  obs::Registry metrics_;
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<LogWriter> writer_;
};

INSTANTIATE_TEST_SUITE_P(Storage, LogWriterTest, storage::both_engines(), storage::engine_name);

TEST_P(LogWriterTest, WhatIsDoneIsThere) {
  const DocumentNo no = make("a");
  EXPECT_TRUE(submit(write_of(no, 0, "one")).get().ok());
  EXPECT_TRUE(submit(write_of(no, 1, "two")).get().ok());
  EXPECT_EQ(tail(no, 0), "one two ");
  EXPECT_EQ(tail(no, 1), "two ");
  EXPECT_EQ(row("a").seq, 2);
  EXPECT_EQ(row("a").tail_bytes, 8);
  EXPECT_EQ(row("a").updated_by, "alice");
}

TEST_P(LogWriterTest, WhoIsBehindWritesNothing) {
  const DocumentNo no = make("a");
  ASSERT_TRUE(submit(write_of(no, 0, "one")).get().ok());
  const base::Status second = submit(write_of(no, 0, "other")).get();
  ASSERT_FALSE(second.ok());
  EXPECT_STREQ(second.error().reason, "document_moved");
  EXPECT_EQ(tail(no, 0), "one ");
}

TEST_P(LogWriterTest, ADeletedDocumentTakesNothing) {
  const DocumentNo no = make("a");
  ASSERT_TRUE(db_->write(Context::tenant(kAlice),
                         [&](Transaction& tx) { return store::remove(tx, no, clock_.now()); })
                  .ok());
  EXPECT_FALSE(submit(write_of(no, 0, "one")).get().ok());
  const DocumentNo again = make("a");
  EXPECT_GT(again.value, no.value);
}

// Nobody would sweep it.
TEST_P(LogWriterTest, AnErasedDocumentTakesNoSnapshot) {
  const DocumentNo no = make("a");
  ASSERT_TRUE(submit(write_of(no, 0, "one")).get().ok());
  ASSERT_TRUE(db_->write(Context::tenant(kAlice),
                         [&](Transaction& tx) { return store::remove(tx, no, clock_.now()); })
                  .ok());
  base::Result<std::int64_t> erased = 1;
  while (erased.ok() && *erased > 0) {
    erased = db_->write(Context::platform(storage::PlatformUse::kDocuments),
                        [&](Transaction& tx) { return store::erase_deleted(tx, no, 10); });
  }
  LogWrite write = write_of(no, 1, "");
  write.updates = nullptr;
  write.snapshot = SnapshotRow{1, clock_.now(), "all"};
  const base::Status refused = submit(std::move(write)).get();
  const auto there = db_->read(Context::tenant(kAlice),
                               [&](Transaction& tx) { return store::snapshot(tx, no, INT64_MAX); });
  ASSERT_TRUE(there.ok());
  EXPECT_FALSE(there->has_value());
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "document_moved");
}

// Many in one transaction: one that is behind, and one that the database refuses, harm nobody.
TEST_P(LogWriterTest, EachFailsAlone) {
  const DocumentNo first = make("a");
  const DocumentNo second = make("b", kBob);
  const DocumentNo third = make("c");
  LogWrite bad = write_of(second, 0, "bad", kBob);
  bad.updates = std::make_shared<const std::vector<UpdateRow>>(
      2, bad.updates->front());  // the same number twice
  auto behind = submit(write_of(third, 7, "behind"));
  auto failed = submit(std::move(bad));
  auto good = submit(write_of(first, 0, "good"));
  EXPECT_FALSE(behind.get().ok());
  EXPECT_FALSE(failed.get().ok());
  EXPECT_TRUE(good.get().ok());
  EXPECT_EQ(tail(first, 0), "good ");
  EXPECT_EQ(tail(second, 0, kBob), "");
  EXPECT_EQ(row("b", kBob).seq, 0);
}

TEST_P(LogWriterTest, ASnapshotCutsTheTail) {
  const DocumentNo no = make("a");
  for (Seq i = 0; i < 5; ++i) {
    ASSERT_TRUE(submit(write_of(no, i, "u" + std::to_string(i))).get().ok());
  }
  LogWrite write;
  write.tenant = kAlice;
  write.no = no;
  write.snapshot = SnapshotRow{4, clock_.now(), "all of it"};
  ASSERT_TRUE(submit(std::move(write)).get().ok());
  EXPECT_EQ(row("a").snapshot_seq, 4);
  EXPECT_EQ(row("a").tail_bytes, 3);
  const auto snapshot = db_->read(
      Context::tenant(kAlice), [&](Transaction& tx) { return store::snapshot(tx, no, INT64_MAX); });
  ASSERT_TRUE(snapshot.ok() && snapshot->has_value());
  EXPECT_EQ((*snapshot)->bytes, "all of it");
  EXPECT_EQ(tail(no, 0), "u0 u1 u2 u3 u4 ");  // kept for history …
  const auto trimmed = db_->write(
      Context::platform(storage::PlatformUse::kDocuments),
      [&](Transaction& tx) { return store::trim(tx, no, clock_.now() - base::Seconds{1}, 100); });
  ASSERT_TRUE(trimmed.ok());
  EXPECT_EQ(*trimmed, 0);
  const auto later =
      db_->write(Context::platform(storage::PlatformUse::kDocuments),
                 [&](Transaction& tx) { return store::trim(tx, no, clock_.now(), 100); });
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(*later, 4);
  EXPECT_EQ(tail(no, 0), "u4 ");  // … until nobody can ask for it
}

// With a pace of a minute only the first, what is urgent, and what came before it are written.
TEST_P(LogWriterTest, WhatIsNotUrgentWaitsForOthers) {
  writer_.reset();
  writer_ = std::make_unique<LogWriter>(*db_, outbox_, clock_, metrics_, base::Millis{60'000});
  writer_->start();
  const DocumentNo a = make("a");
  const DocumentNo b = make("b");
  clock_.advance(base::Millis{1});
  ASSERT_TRUE(submit(write_of(a, 0, "first")).get().ok());
  auto waits = submit(write_of(a, 1, "waits"));
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds{50}), std::future_status::timeout);
  LogWrite urgent = write_of(b, 0, "urgent");
  urgent.urgent = true;
  auto hurries = submit(std::move(urgent));
  ASSERT_EQ(hurries.wait_for(std::chrono::seconds{20}), std::future_status::ready);
  EXPECT_EQ(waits.wait_for(std::chrono::seconds{20}), std::future_status::ready);
  auto last = submit(write_of(a, 2, "last"));
  writer_->stop();
  EXPECT_TRUE(last.get().ok());
  EXPECT_EQ(tail(a, 0), "first waits last ");
}

// In order; behind the stop too.
TEST_P(LogWriterTest, AnswersComeOnTheLoopThatWasNamed) {
  writer_.reset();
  writer_ = std::make_unique<LogWriter>(*db_, outbox_, clock_, metrics_, base::Millis{60'000});
  writer_->start();
  const DocumentNo a = make("a");
  const DocumentNo b = make("b");
  clock_.advance(base::Millis{1});
  ASSERT_TRUE(submit(write_of(a, 0, "first")).get().ok());  // the next wait for a minute

  runtime::EventLoop loop(clock_, base::Millis{10});
  std::string heard;
  const auto ask = [&](std::string name, LogWrite write) {
    write.loop = &loop;
    write.done = [&heard, name, here = std::this_thread::get_id()](base::Status status) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      heard += name + (status.ok() ? "+ " : "- ");
    };
    writer_->submit(std::move(write));
  };
  ask("one", write_of(a, 1, "one"));
  ask("behind", write_of(b, 7, "behind"));
  ask("two", write_of(b, 0, "two"));
  writer_->stop();
  EXPECT_EQ(heard, "");  // nothing on the writer's thread
  ask("late", write_of(b, 1, "late"));
  EXPECT_EQ(heard, "");
  loop.post([&loop] { loop.stop(); });
  loop.run();
  EXPECT_EQ(heard, "one+ behind- two+ late- ");
}

TEST_P(LogWriterTest, WhatWaitsIsWrittenAtTheStop) {
  const DocumentNo no = make("a");
  std::vector<std::future<base::Status>> all;
  for (Seq i = 0; i < 50; ++i) all.push_back(submit(write_of(no, i, "x")));
  writer_->stop();
  for (auto& one : all) EXPECT_TRUE(one.get().ok());
  EXPECT_EQ(row("a").seq, 50);
  const base::Status late = submit(write_of(no, 50, "late")).get();
  ASSERT_FALSE(late.ok());
  EXPECT_STREQ(late.error().reason, "documents_stopping");
}

}  // namespace
}  // namespace ashlar::documents

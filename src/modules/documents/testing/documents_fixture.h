// DocumentsFixture: an empty database on either engine and Processes on it: each a whole
// DocumentsModule with its own loops and its own connection to the database, as one server has
// them. Visitor is somebody who has a document open; what he was told stands in it.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "modules/documents/broadcast.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/documents_module.h"
#include "platform/events/outbox.h"
#include "platform/http/cursor.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/event_loop.h"
#include "platform/security/api_keys.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::documents {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

// What the peer of one visit was told. Locked: the test reads while the loop writes.
class Guest final : public Peer {
 public:
  void on_update(const std::shared_ptr<const Broadcast>& update, bool own) override {
    note(own ? "own" : "update", std::string(update->bytes()));
  }
  void on_awareness(const std::shared_ptr<const Broadcast>& awareness) override {
    note("awareness", std::string(awareness->bytes()));
  }
  void on_run(const std::shared_ptr<const BroadcastRun>& run) override {
    for (const BroadcastRun::Part& part : run->parts()) {
      part.kind == BroadcastKind::kUpdate ? on_update(part.what, false) : on_awareness(part.what);
    }
  }
  void on_sync(std::string update) override { note("sync", std::move(update)); }
  void on_stored(Ticket ticket) override { note("stored", std::to_string(ticket)); }
  void on_refused(Ticket ticket, const base::Error& why) override {
    note("refused", std::to_string(ticket) + " " + why.reason);
  }
  void on_access(Access access) override {
    note("access", std::to_string(static_cast<int>(access)));
  }
  void on_end(EndReason reason) override { note("end", std::to_string(static_cast<int>(reason))); }

  using Told = std::pair<std::string, std::string>;
  [[nodiscard]] std::vector<Told> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  [[nodiscard]] std::size_t count(const std::string& kind) {
    std::size_t n = 0;
    for (const Told& one : told()) n += one.first == kind ? 1 : 0;
    return n;
  }
  // Waits until there are so many; false: not within ten seconds.
  bool wait(const std::string& kind, std::size_t n = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      std::size_t have = 0;
      for (const Told& one : told_) have += one.first == kind ? 1 : 0;
      return have >= n;
    });
  }
  // All updates and answers to sync, applied.
  [[nodiscard]] std::string text(const std::string& root = "content") {
    crdt::Doc doc(crdt::Doc::Options{});
    for (const Told& one : told()) {
      if (one.first == "update" || one.first == "sync" || one.first == "own") {
        EXPECT_TRUE(doc.apply(one.second).ok());
      }
    }
    return doc.text(root);
  }

 private:
  void note(std::string kind, std::string what) {
    {
      const std::lock_guard lock(mutex_);
      told_.emplace_back(std::move(kind), std::move(what));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Told> told_;
};

class Process {
 public:
  Process(std::unique_ptr<storage::Database> opened, const DocumentsModule::Options& options);
  ~Process();

  // On the document's loop, waited for.
  template <class F>
  auto on(const std::shared_ptr<Document>& document, F&& run) {
    std::promise<decltype(run())> done;
    document->loop().post([&] {
      if constexpr (std::is_void_v<decltype(run())>) {
        run();
        done.set_value();
      } else {
        done.set_value(run());
      }
    });
    return done.get_future().get();
  }

  base::Result<std::shared_ptr<Document>> open(const std::string& name,
                                               Access access = Access::kWrite,
                                               base::TenantId tenant = kAlice);
  // Opens it and joins.
  std::shared_ptr<Document> visit(const std::string& name, Guest& guest, const std::string& user,
                                  Access access = Access::kWrite, std::int64_t token = 0);
  base::Result<Pushed> push(const std::shared_ptr<Document>& document, Guest& guest,
                            const std::string& update, Ticket ticket = 1);
  void leave(const std::shared_ptr<Document>& document, Guest& guest);
  std::string text(const std::string& name);

  std::unique_ptr<storage::Database> db;
  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kOff, 2, clock, metrics};
  events::Outbox outbox{clock, entropy, [] {}};
  security::ApiKeys keys;
  std::optional<DocumentsModule> module;
};

class DocumentsFixture : public testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override;

  std::unique_ptr<Process> start(
      std::function<std::unique_ptr<storage::Database>(std::unique_ptr<storage::Database>)> around =
          {},
      const DocumentsModule::Options& with = options());
  static DocumentsModule::Options options();
  // As the API does it.
  static base::Status remove(Process& process, const std::string& name);
  // Lives as long as the test: longer than every process.
  Guest& make_guest() { return guests_.emplace_back(); }

  std::unique_ptr<storage::TestStore> store_;

 private:
  std::deque<Guest> guests_;
};

// One who writes: the updates of one client.
class Writer {
 public:
  explicit Writer(crdt::ClientId client) : doc_(crdt::Doc::Options{.client = client}) {}
  std::string append(const std::string& text, const std::string& root = "content") {
    return std::move(doc_.insert_text(root, doc_.length(root), text)).value();
  }
  crdt::Doc& doc() { return doc_; }

 private:
  crdt::Doc doc_;
};

}  // namespace ashlar::documents

// Documents: the service: which documents are in memory, on which loop, and how they come and go.
//
//   open ──in memory──> Document
//     └──not──> [loading] (once, whoever asks waits for it) ──> Document
//   Document ──unused, and memory is short or kIdle is over──> snapshot ──> gone
//            ──a write failed, deleted──> gone: the next open reads the log
//
// Promises
//  1. A document is in this process's memory at most once, on the loop that its name says.
//  2. Reading the log, keys, grants: on a few threads of its own, never on a loop. At most
//     kMaxWaiting such things wait; beyond: kUnavailable documents_overloaded.
//  3. Grants and revocations reach those who are inside within a second, in every process on the
//     same database (storage's notices).
//  4. Several processes may have the same document open: the log takes an update only from who has
//     read all before it (log_writer.h, 2). Who has not reads what is missing, shows it to his
//     visitors, and writes his own behind it. So nobody owns a document, nothing has to be taken
//     over when a process dies, and nothing that was acknowledged is lost. Notices of the database
//     tell of what others wrote, and of who is present elsewhere (presence_relay.h).
//  5. stop(): nobody new; who is inside is told; what was pushed is written.
//
// Order: construct → start() → … → the HTTP server has stopped → stop().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "modules/documents/document_door.h"
#include "modules/documents/document_host.h"
#include "modules/documents/document_metrics.h"
#include "modules/documents/document_token.h"
#include "modules/documents/live_document.h"
#include "modules/documents/log_writer.h"
#include "modules/documents/presence_relay.h"
#include "modules/documents/session_inquiries.h"
#include "platform/net/loop_group.h"
#include "platform/runtime/worker_pool.h"
#include "platform/storage/database.h"

namespace ashlar::base {
class Entropy;
}

namespace ashlar::documents {

class Documents final : public DocumentHost {
 public:
  static constexpr std::size_t kMaxWaiting = 20'000;
  static constexpr std::size_t kLoadThreads = 4;
  static constexpr base::Millis kTick{200};
  static constexpr base::Millis kIdle{60'000};  // unused for so long, and memory is half full
  static constexpr base::Millis kDeadline{10'000};
  static constexpr base::Millis kPatience{2'000};                  // with another instance
  static constexpr std::size_t kSnapshotBeforeUnload = 16u << 10;  // bytes of log
  static constexpr std::string_view kChannel = LogWriter::kChannel;

  struct Options {
    std::size_t threads = 1;
    std::size_t memory_bytes = 512u << 20;
    std::size_t max_document_bytes = 64u << 20;  // in memory
    std::int64_t max_documents = 1'000'000;      // of one tenant
    base::Millis commit_pace{0};                 // log_writer.h
    LiveLimits live;
    QuotaLimits quotas;
  };

  // All by reference outlives it; it subscribes to `db`, so it outlives `db`'s threads.
  Documents(const Options& options, storage::Database& db, events::Outbox& outbox,
            const DocumentDoor& door, const base::Clock& clock, base::Entropy& entropy,
            obs::Registry& metrics, obs::Log& log);
  ~Documents() override;
  Documents(const Documents&) = delete;
  Documents& operator=(const Documents&) = delete;

  void start();
  void stop();

  // --- The wires'
  // ---------------------------------------------------------------------------------
  void admit(std::string credential, std::string name, Admitted done) override;
  [[nodiscard]] runtime::EventLoop& loop_of(base::TenantId tenant,
                                            std::string_view name) const override;
  void open(const Visitor& visitor, std::string name, Opened done) override;

  // --- The API's
  // ----------------------------------------------------------------------------------
  enum class Missing : std::uint8_t { kFail, kCreate };
  using Found = std::function<void(base::Result<std::shared_ptr<LiveDocument>>)>;
  // `done` on the document's loop.
  void find(base::TenantId tenant, std::string name, std::string_view author, Missing missing,
            Found done);
  // Who has it open on all instances that live, this one first; those that have not answered within
  // kPatience are named. kUnavailable documents_overloaded: too much is being asked.
  using Seen = std::function<void(base::Result<SessionInquiries::Report>)>;
  void find_sessions(base::TenantId tenant, std::string name, Seen done);
  // Shows one out, wherever he is. kNotFound document_session_not_found; kDeadline
  // document_instance_silent: his instance has not answered, so he may be gone or not.
  using Ended = std::function<void(base::Status)>;
  void end_session(base::TenantId tenant, std::string name, InstanceId holder, SessionId id,
                   Ended done);
  // Sessions of documents in memory, by number of document; any thread but a loop's.
  [[nodiscard]] std::unordered_map<std::int64_t, std::size_t> sessions(base::TenantId tenant);
  // kTooMany too_many_documents: one more would be too many.
  base::Status check_count(storage::Transaction& tx) const;
  // What tenants have stored, asked of the database; now and then. Blocks.
  base::Status refresh_quotas();
  // Blocking work on the threads of its own. False: too much waits.
  bool run(std::function<void()> work, std::function<void()> expired);

  // What to tell all processes, as notices of the transaction that changes it.
  static std::string grants_changed(base::TenantId tenant, std::string_view name);
  static std::string token_revoked(base::TenantId tenant, std::int64_t token);
  static std::string document_deleted(base::TenantId tenant, std::string_view name);

 private:
  struct Entry {
    std::shared_ptr<LiveDocument> live;  // null: it is being loaded
    std::vector<Found> waiters;
    // While it is being loaded: what others are said to have written and to have deleted.
    Seq heard = 0;
    bool deleted = false;
  };
  // What lives on one loop; its thread alone.
  struct Shard {
    std::unordered_map<std::string, Entry> entries;  // by key_of()
    base::Mono next_tick{};
    std::size_t told = 0;  // where to begin among the documents that have something to tell
    SessionInquiries inquiries;
    bool stopping = false;
    std::promise<void> settled;
    bool told_settled = false;
  };
  struct Loaded {
    DocumentRow row;
    std::vector<std::string> updates;  // the snapshot first
  };

  // The tenant's number and the name: also the text of notices.
  static std::string key_of(base::TenantId tenant, std::string_view name);
  [[nodiscard]] std::size_t shard_of(std::string_view key) const;
  void find_here(std::size_t index, std::string key, base::TenantId tenant, std::string name,
                 std::string author, Missing missing, Found done);
  void load(std::size_t index, const std::string& key, base::TenantId tenant,
            const std::string& name, const std::string& author, Missing missing);
  base::Result<Loaded> read(base::TenantId tenant, std::string_view name, std::string_view author,
                            Missing missing);
  base::Status create(base::TenantId tenant, std::string_view name, std::string_view author);
  void loaded(std::size_t index, const std::string& key, base::Result<Loaded> result);
  base::Result<std::shared_ptr<LiveDocument>> make_live(std::size_t index, const std::string& key,
                                                        Loaded loaded);
  void tick(std::size_t index);
  void unload_some(Shard& shard, base::Mono now);
  void check_settled(std::size_t index);
  void tell_others(Shard& shard, const std::vector<std::shared_ptr<LiveDocument>>& all);
  void hear_record(InstanceId from, const PresenceRecord& record);
  void hear_gone(InstanceId instance);
  void ask_others(LiveDocument& live, SessionQuestion question, SessionInquiries::Wanted wanted,
                  const Seen& done);
  void answer_question(Shard& shard, InstanceId from, const std::string& key,
                       const SessionQuestion& question);
  void for_each_live(const std::function<void(LiveDocument&)>& run);
  void read_on(const std::shared_ptr<LiveDocument>& live);
  void hear_update(std::string_view text);
  void hear(const storage::Database::Notice& notice);
  void hear_of_document(char kind, std::string key);
  void hear_of_token(std::string key);
  void hear_keys(const storage::Database::Notice& notice);
  void ask_door(const std::shared_ptr<LiveDocument>& live, const DocumentSession& session);

  const Options options_;
  storage::Database& db_;
  const DocumentDoor& door_;
  const base::Clock& clock_;
  obs::Log& log_;
  DocumentMetrics metrics_;
  DocumentQuotas quotas_;
  const kit::SipKey key_;
  const InstanceId self_;
  LogWriter writer_;
  mutable net::LoopGroup loops_;
  std::vector<std::unique_ptr<Shard>> shards_;
  runtime::WorkerPool pool_;
  std::atomic<std::uint32_t> next_client_;
  std::optional<PresenceRelay> relay_;  // where other processes may be
};

}  // namespace ashlar::documents

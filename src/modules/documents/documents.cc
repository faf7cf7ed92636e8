#include "modules/documents/documents.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/documents/document_presence.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/update_list.h"
#include "platform/observability/log.h"
#include "platform/security/key_notice.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

base::Error overloaded() {
  return fail(Code::kUnavailable, "documents_overloaded", "Too many documents are being opened.");
}
base::Error stopping() {
  return fail(Code::kUnavailable, "documents_stopping", "The server ends.");
}
base::Error not_found() {
  return fail(Code::kNotFound, "document_not_found", "There is no such document.");
}

base::Error deleted_meanwhile() {
  return fail(Code::kUnavailable, "document_reloading", "It was deleted meanwhile; open it again.");
}

constexpr base::Millis kStopTime{10'000};

// What the log has beyond `row`. kConflict document_moved: only a whole load has all of it.
base::Result<std::vector<UpdateRow>> rows_behind(storage::Transaction& tx, const DocumentRow& row) {
  ASHLAR_ASSIGN(const auto now, store::find(tx, row.name));
  if (!now || now->no != row.no) return not_found();
  std::vector<UpdateRow> rows;
  ASHLAR_TRY(store::updates(tx, row.no, row.seq, now->seq,
                            [&](const UpdateRow& one) { rows.push_back(one); }));
  const bool gap =
      rows.empty() ? now->seq != row.seq : rows.front().seq - rows.front().count != row.seq;
  if (gap) return fail(Code::kConflict, "document_moved", "The log was trimmed.");
  return rows;
}

}  // namespace

Documents::Documents(const Options& options, storage::Database& db, events::Outbox& outbox,
                     const DocumentDoor& door, const base::Clock& clock, base::Entropy& entropy,
                     obs::Registry& metrics, obs::Log& log)
    : options_(options),
      db_(db),
      door_(door),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      quotas_(options.quotas, metrics),
      key_{entropy.u64(), entropy.u64()},
      self_(static_cast<std::int64_t>(entropy.u64() >> 1 | 1)),
      writer_(db, outbox, clock, metrics, options.commit_pace),
      loops_(options.threads, "documents", clock, kTick / 2),
      pool_("documents", kLoadThreads, kMaxWaiting, clock, metrics),
      next_client_(static_cast<std::uint32_t>(entropy.u64()) | 1) {
  for (std::size_t i = 0; i < options.threads; ++i) {
    shards_.push_back(std::make_unique<Shard>());
    loops_.loop(i).on_tick([this, i] { tick(i); });
  }
  if (db.dialect() == storage::Dialect::kPostgres) {
    relay_.emplace(
        db, clock, self_, metrics_,
        PresenceRelay::Ears{
            [this](InstanceId from, const PresenceRecord& record) { hear_record(from, record); },
            [this](InstanceId instance) { hear_gone(instance); },
            [this] { for_each_live([](LiveDocument& live) { live.presence().again(); }); }});
  }
  db.subscribe(std::string(kChannel),
               [this](const storage::Database::Notice& notice) { hear(notice); });
  db.subscribe(std::string(security::kKeysChannel),
               [this](const storage::Database::Notice& notice) { hear_keys(notice); });
}

Documents::~Documents() { stop(); }

void Documents::start() {
  writer_.start();
  if (relay_) relay_->start();
  loops_.start();
}

void Documents::stop() {
  if (!loops_.running()) return;
  std::vector<std::future<void>> settled;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    settled.push_back(shards_[i]->settled.get_future());
    loops_.loop(i).post([this, i] {
      Shard& shard = *shards_[i];
      shard.stopping = true;
      shard.inquiries.expire(base::Mono::max());
      for (auto& [key, entry] : shard.entries) {
        for (const Found& waiter : std::exchange(entry.waiters, {})) waiter(stopping());
        if (!entry.live) continue;
        entry.live->end_all(EndReason::kStopping);
        entry.live->announce_now();
      }
      check_settled(i);
    });
  }
  for (std::future<void>& one : settled) one.wait_for(kStopTime);
  if (relay_) relay_->stop();
  writer_.stop();
  pool_.drain();
  loops_.stop();
  for (const auto& shard : shards_) shard->entries.clear();
}

void Documents::check_settled(std::size_t index) {
  Shard& shard = *shards_[index];
  if (!shard.stopping || shard.told_settled) return;
  for (const auto& [key, entry] : shard.entries) {
    if (entry.live && !entry.live->is_settled()) return;
  }
  shard.told_settled = true;
  shard.settled.set_value();
}

// --- The wires ----------------------------------------------------------------------------------

bool Documents::run(std::function<void()> work, std::function<void()> expired) {
  return pool_.submit({.run = std::move(work),
                       .expired = std::move(expired),
                       .deadline = clock_.mono() + kDeadline});
}

void Documents::admit(std::string credential, std::string name, Admitted done) {
  const base::Mono deadline = clock_.mono() + kDeadline;
  const bool taken =
      run([this, done, deadline, credential = std::move(credential),
           name = std::move(name)] { done(door_.admit(credential, name, deadline)); },
          [done] { done(overloaded()); });
  if (!taken) done(overloaded());
}

std::string Documents::key_of(base::TenantId tenant, std::string_view name) {
  return tenant.to_string() + " " + std::string(name);
}

std::size_t Documents::shard_of(std::string_view key) const {
  return kit::siphash(key_, key) % shards_.size();
}

runtime::EventLoop& Documents::loop_of(base::TenantId tenant, std::string_view name) const {
  return loops_.loop(shard_of(key_of(tenant, name)));
}

void Documents::open(const Visitor& visitor, std::string name, Opened done) {
  const Missing missing = visitor.access == Access::kWrite ? Missing::kCreate : Missing::kFail;
  find(visitor.tenant, std::move(name), visitor.user, missing,
       [done = std::move(done)](base::Result<std::shared_ptr<LiveDocument>> found) {
         if (!found.ok()) return done(found.error());
         done(std::shared_ptr<Document>(*std::move(found)));
       });
}

// --- Loading ------------------------------------------------------------------------------------

void Documents::find(base::TenantId tenant, std::string name, std::string_view author,
                     Missing missing, Found done) {
  std::string key = key_of(tenant, name);
  const std::size_t index = shard_of(key);
  loops_.loop(index).post([this, index, tenant, missing, key = std::move(key),
                           name = std::move(name), author = std::string(author),
                           done = std::move(done)]() mutable {
    find_here(index, std::move(key), tenant, std::move(name), std::move(author), missing,
              std::move(done));
  });
}

void Documents::find_here(std::size_t index, std::string key, base::TenantId tenant,
                          std::string name, std::string author, Missing missing, Found done) {
  Shard& shard = *shards_[index];
  if (shard.stopping) return done(stopping());
  const auto [at, is_new] = shard.entries.try_emplace(key);
  Entry& entry = at->second;
  if (entry.live) return done(entry.live);
  if (is_new) {
    entry.waiters.push_back(std::move(done));
    return load(index, key, tenant, name, author, missing);
  }
  if (missing == Missing::kFail) {
    entry.waiters.push_back(std::move(done));
    return;
  }
  // Whoever began may not have wanted it made; then this one begins again.
  entry.waiters.push_back([this, index, key = std::move(key), tenant, name = std::move(name),
                           author = std::move(author), missing,
                           done = std::move(done)](base::Result<std::shared_ptr<LiveDocument>> r) {
    if (r.ok() || r.error().code != Code::kNotFound) return done(std::move(r));
    find_here(index, key, tenant, name, author, missing, done);
  });
}

void Documents::load(std::size_t index, const std::string& key, base::TenantId tenant,
                     const std::string& name, const std::string& author, Missing missing) {
  runtime::EventLoop& loop = loops_.loop(index);
  const auto give = [this, index, key, &loop](base::Result<Loaded> result) {
    loop.post(
        [this, index, key, result = std::make_shared<base::Result<Loaded>>(std::move(result))] {
          loaded(index, key, std::move(*result));
        });
  };
  const bool taken = run(
      [this, tenant, name, author, missing, give] { give(read(tenant, name, author, missing)); },
      [give] { give(overloaded()); });
  if (!taken) give(overloaded());
}

base::Result<Documents::Loaded> Documents::read(base::TenantId tenant, std::string_view name,
                                                std::string_view author, Missing missing) {
  const base::Mono start = clock_.mono();
  const auto context = storage::Context::tenant(tenant, start + kDeadline);
  const auto once = [&]() -> base::Result<std::optional<Loaded>> {
    return db_.read(context, [&](storage::Transaction& tx) -> base::Result<std::optional<Loaded>> {
      ASHLAR_ASSIGN(auto row, store::find(tx, name));
      if (!row) return std::optional<Loaded>();
      Loaded loaded{.row = *std::move(row), .updates = {}};
      ASHLAR_ASSIGN(auto snapshot, store::snapshot(tx, loaded.row.no, loaded.row.seq));
      const Seq from = snapshot ? snapshot->seq : 0;
      if (snapshot) loaded.updates.push_back(std::move(snapshot->bytes));
      ASHLAR_TRY(
          store::updates(tx, loaded.row.no, from, loaded.row.seq, [&](const UpdateRow& update) {
            std::string_view list = update.bytes;
            std::string_view one;
            while (take_update(list, one)) loaded.updates.emplace_back(one);
          }));
      return std::optional(std::move(loaded));
    });
  };
  ASHLAR_ASSIGN(std::optional<Loaded> found, once());
  if (!found && missing == Missing::kCreate) {
    ASHLAR_TRY(create(tenant, name, author));
    ASHLAR_ASSIGN(found, once());
  }
  if (!found) return not_found();
  metrics_.loads.add();
  metrics_.load_s.observe(std::chrono::duration<double>(clock_.mono() - start).count());
  return *std::move(found);
}

base::Status Documents::check_count(storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const std::int64_t count, store::count(tx));
  if (count < options_.max_documents) return base::ok_status();
  return fail(Code::kTooMany, "too_many_documents",
              "The tenant has as many documents as it may have.");
}

base::Status Documents::refresh_quotas() {
  for (const base::TenantId tenant : quotas_.tenants()) {
    ASHLAR_ASSIGN(const std::int64_t bytes,
                  db_.read(storage::Context::tenant(tenant, clock_.mono() + kDeadline),
                           [](storage::Transaction& tx) { return store::stored_bytes(tx); }));
    quotas_.set_stored(tenant, bytes);
  }
  return base::ok_status();
}

base::Status Documents::create(base::TenantId tenant, std::string_view name,
                               std::string_view author) {
  return db_.write(storage::Context::tenant(tenant, clock_.mono() + kDeadline),
                   [&](storage::Transaction& tx) -> base::Status {
                     ASHLAR_TRY(check_count(tx));
                     ASHLAR_TRY(store::insert(tx, name, author, clock_.now()));
                     return base::ok_status();
                   });
}

void Documents::loaded(std::size_t index, const std::string& key, base::Result<Loaded> result) {
  Shard& shard = *shards_[index];
  const auto at = shard.entries.find(key);
  if (at == shard.entries.end()) return;
  base::Result<std::shared_ptr<LiveDocument>> live = stopping();
  if (!shard.stopping) {
    live = result.ok() ? make_live(index, key, *std::move(result))
                       : base::Result<std::shared_ptr<LiveDocument>>(result.error());
  }
  // What it has read may be from before that; whoever wants it asks again.
  if (live.ok() && at->second.deleted) live = deleted_meanwhile();
  const std::vector<Found> waiters = std::exchange(at->second.waiters, {});
  if (live.ok()) {
    at->second.live = *live;
    (*live)->hear_of(at->second.heard);
  } else {
    shard.entries.erase(at);
  }
  for (const Found& waiter : waiters) waiter(live);
}

base::Result<std::shared_ptr<LiveDocument>> Documents::make_live(std::size_t index,
                                                                 const std::string& key,
                                                                 Loaded loaded) {
  crdt::Doc::Options options;
  options.client = next_client_.fetch_add(1, std::memory_order_relaxed);
  if (options.client == 0) options.client = 1;
  options.limits.bytes = options_.max_document_bytes;
  crdt::Doc doc(options);
  doc.set_limits(crdt::DocLimits::of_stored());
  for (const std::string& update : loaded.updates) {
    const auto applied = doc.apply(update);
    if (!applied.ok()) {
      log_.error("document's log does not read",
                 {{"document", loaded.row.no.to_string()}, {"reason", applied.error().reason}});
      return fail(Code::kInternal, "document_damaged", "The document's log cannot be read.");
    }
  }
  doc.set_limits(options.limits);
  auto live = std::make_shared<LiveDocument>(
      std::move(loaded.row), std::move(doc), options,
      LiveDocument::Needs{loops_.loop(index), writer_, metrics_, quotas_, log_, options_.live});
  live->on_broken = [this, index, key] {
    auto& entries = shards_[index]->entries;
    const auto at = entries.find(key);
    if (at != entries.end() && at->second.live && at->second.live->is_broken()) entries.erase(at);
  };
  live->on_settled = [this, index] { check_settled(index); };
  live->on_behind = [this, weak = std::weak_ptr(live)] {
    if (const auto still = weak.lock()) read_on(still);
  };
  live->on_question = [this, weak = std::weak_ptr(live)](const DocumentSession& session) {
    if (const auto still = weak.lock()) ask_door(still, session);
  };
  return live;
}

// The log has more than this copy.
void Documents::read_on(const std::shared_ptr<LiveDocument>& live) {
  const auto give = [live](base::Result<std::vector<UpdateRow>> rows) {
    live->loop().post([live, rows = std::move(rows)] { live->catch_up(rows); });
  };
  const auto read = [this, give, row = live->row()] {
    give(db_.read(storage::Context::tenant(row.tenant, clock_.mono() + kDeadline),
                  [&](storage::Transaction& tx) { return rows_behind(tx, row); }));
  };
  if (!run(read, [give] { give(overloaded()); })) give(overloaded());
}

// --- Coming and going ---------------------------------------------------------------------------

void Documents::tick(std::size_t index) {
  Shard& shard = *shards_[index];
  const base::Mono now = loops_.loop(index).mono();
  if (now < shard.next_tick || shard.stopping) return;
  shard.next_tick = now + kTick;
  std::vector<std::shared_ptr<LiveDocument>> all;  // tick() may end one, which leaves the table
  all.reserve(shard.entries.size());
  for (const auto& [key, entry] : shard.entries) {
    if (entry.live) all.push_back(entry.live);
  }
  for (const auto& live : all) live->tick();
  tell_others(shard, all);
  unload_some(shard, now);
}

// The longest unused first, until memory is half full; those that have changed leave a snapshot
// behind first, so that they are read quickly the next time.
void Documents::unload_some(Shard& shard, base::Mono now) {
  const std::size_t budget = options_.memory_bytes / shards_.size();
  std::size_t used = 0;
  std::vector<std::pair<base::Mono, std::string>> idle;
  for (const auto& [key, entry] : shard.entries) {
    if (!entry.live) continue;
    used += entry.live->memory_bytes();
    if (entry.live->is_idle() && entry.live.use_count() == 1) {
      idle.emplace_back(entry.live->last_used(), key);
    }
  }
  std::sort(idle.begin(), idle.end());
  for (const auto& [last_used, key] : idle) {
    const bool old = now - last_used > kIdle;
    if (used <= budget / 2 && !old) return;
    if (used <= budget && now - last_used < kTick) return;
    const auto at = shard.entries.find(key);
    LiveDocument& live = *at->second.live;
    if (live.want_snapshot(kSnapshotBeforeUnload)) continue;  // gone at a later tick
    used -= std::min(used, live.memory_bytes());
    metrics_.unloads.add();
    shard.entries.erase(at);
  }
}

std::unordered_map<std::int64_t, std::size_t> Documents::sessions(base::TenantId tenant) {
  using Counts = std::unordered_map<std::int64_t, std::size_t>;
  Counts all;
  std::vector<std::future<Counts>> parts;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto part = std::make_shared<std::promise<Counts>>();
    parts.push_back(part->get_future());
    loops_.loop(i).post([this, i, tenant, part] {
      Counts counts;
      for (const auto& [key, entry] : shards_[i]->entries) {
        if (!entry.live || entry.live->row().tenant != tenant) continue;
        if (entry.live->sessions() > 0) counts[entry.live->row().no.value] = entry.live->sessions();
      }
      part->set_value(std::move(counts));
    });
  }
  for (auto& part : parts) {
    if (part.wait_for(base::Millis{1'000}) == std::future_status::ready) all.merge(part.get());
  }
  return all;
}

}  // namespace ashlar::documents

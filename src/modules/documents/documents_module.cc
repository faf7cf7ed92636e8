#include "modules/documents/documents_module.h"

#include <utility>

#include "modules/documents/log_store.h"
#include "platform/observability/log.h"

namespace ashlar::documents {
namespace {

constexpr base::Millis kTendInterval{30'000};
constexpr std::int64_t kRows = 2'000;     // of one transaction
constexpr std::int64_t kDocuments = 200;  // looked at in one round
constexpr int kMaxErased = 100;           // of a round
constexpr int kMaxSteps = 100'000;        // of one document

storage::Context context() {
  return storage::Context::platform(storage::PlatformUse::kDocuments).read_committed();
}

}  // namespace

DocumentsModule::DocumentsModule(Options options, storage::Database& database,
                                 events::Outbox& outbox, security::ApiKeys& keys,
                                 const base::Clock& clk, base::Entropy& entropy_source,
                                 obs::Registry& registry, obs::Log& own_log)
    : db(database),
      clock(clk),
      entropy(entropy_source),
      log(own_log),
      metrics(registry),
      history(options.history),
      deleted(options.deleted),
      tokens(std::move(options.token_secret)),
      grants(database),
      door(tokens, keys, grants, database, clk),
      documents(options.documents, database, outbox, door, clk, entropy_source, registry, own_log) {
}

void DocumentsModule::start() {
  documents.start();
  tending.emplace("documents-tend", kTendInterval, [this] {
    const base::Status tended = tend();
    if (!tended.ok()) log.warn("documents not tended", {{"reason", tended.error().reason}});
  });
}

void DocumentsModule::stop() {
  if (tending) tending->stop();
  documents.stop();
}

base::Status DocumentsModule::tend() {
  ASHLAR_TRY(documents.refresh_quotas());
  ASHLAR_TRY(trim_some());
  for (int i = 0; i < kMaxErased; ++i) {
    ASHLAR_ASSIGN(const auto no, db.write(context(), [&](storage::Transaction& tx) {
      return store::deleted_before(tx, clock.now() - deleted);
    }));
    if (!no) break;
    ASHLAR_TRY(erase(*no));
  }
  ASHLAR_TRY(db.write(context(), [&](storage::Transaction& tx) {
    return store::sweep_revocations(tx, clock.now());
  }));
  return base::ok_status();
}

// Round by round over all documents.
base::Status DocumentsModule::trim_some() {
  ASHLAR_ASSIGN(const auto numbers, db.read(context(), [&](storage::Transaction& tx) {
    return store::numbers_after(tx, trimmed_, kDocuments);
  }));
  for (const DocumentNo no : numbers) {
    ASHLAR_TRY(db.write(context(), [&](storage::Transaction& tx) {
      return store::trim(tx, no, clock.now() - history, kRows);
    }));
  }
  trimmed_ = numbers.empty() ? DocumentNo() : numbers.back();
  return base::ok_status();
}

base::Status DocumentsModule::erase(DocumentNo no) {
  for (int i = 0; i < kMaxSteps; ++i) {
    ASHLAR_ASSIGN(const std::int64_t rows, db.write(context(), [&](storage::Transaction& tx) {
      return store::erase_deleted(tx, no, kRows);
    }));
    if (rows == 0) break;
  }
  return base::ok_status();
}

}  // namespace ashlar::documents

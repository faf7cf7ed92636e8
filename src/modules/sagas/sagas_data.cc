// The sagas' share of a tenant's data: exported whole, erased in small steps.
#include <string>
#include <vector>

#include "modules/sagas/sagas_json.h"
#include "modules/sagas/sagas_module.h"
#include "platform/json/writer.h"
#include "platform/sagas/sagas_store.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

constexpr int kPage = 200;

void write_time(json::Writer& json, std::string_view key, std::optional<base::Time> time) {
  json.key(key);
  if (time) {
    json.string(base::format_rfc3339(*time));
  } else {
    json.null();
  }
}

std::string saga_line(const store::SagaRow& row) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("sagas").key("table").string("sagas");
  json.key("id").string(row.id.to_string()).key("kind").string(row.kind);
  json.key("correlation").string(row.correlation).key("state").string(state_name(row.state));
  json.key("compensating").boolean(row.backward).key("step").string(row.step);
  json.key("error").string(row.error).key("data").raw(row.data);
  write_time(json, "started_at", row.started_at);
  write_time(json, "deadline", row.deadline);
  write_time(json, "ended_at", row.ended_at);
  json.end_object();
  return line;
}

std::string move_line(SagaId saga, const SagaMove& move) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("sagas").key("table").string("saga_moves");
  json.key("saga").string(saga.to_string()).key("version").integer(move.version);
  write_time(json, "at", move.at);
  json.key("event").string(move.event).key("step").string(move.step);
  json.key("compensating").boolean(move.compensating).key("attempt").integer(move.attempt);
  json.key("state").string(state_name(move.state)).key("error").string(move.error).end_object();
  return line;
}

base::Status export_moves(storage::Transaction& tx, SagaId saga, const security::LineSink& sink) {
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<SagaMove> moves, store::moves(tx, saga, after, kPage));
    for (const SagaMove& move : moves) ASHLAR_TRY(sink(move_line(saga, move)));
    if (moves.size() < kPage) return base::ok_status();
    after = moves.back().version;
  }
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  SagaId before(INT64_MAX);
  while (true) {
    ASHLAR_ASSIGN(const std::vector<store::SagaRow> page, store::list(tx, {}, before, kPage));
    for (const store::SagaRow& row : page) {
      ASHLAR_TRY(sink(saga_line(row)));
      ASHLAR_TRY(export_moves(tx, row.id, sink));
    }
    if (page.size() < kPage) return base::ok_status();
    before = page.back().id;
  }
}

}  // namespace

security::TenantData sagas_tenant_data() { return {"sagas", export_all, store::erase_some}; }

}  // namespace ashlar::sagas

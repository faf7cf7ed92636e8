// An order that reserves stock here, charges a card there, and ships: each step with what takes it
// back. The card of every fourth customer is declined: their stock is released.

#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/jobs/runner.h"
#include "platform/sagas/sagas.h"
#include "world.h"

namespace {

using ashlar::storage::Audience;
using ashlar::storage::Sql;
using ashlar::storage::Transaction;
namespace base = ashlar::base;
namespace jobs = ashlar::jobs;
namespace json = ashlar::json;
namespace sagas = ashlar::sagas;

constexpr const char* kTables =
    "CREATE TABLE stock (order_id TEXT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "CREATE TABLE shipments (order_id TEXT PRIMARY KEY, tenant_id BIGINT NOT NULL);";
constexpr const char* kTablesPg =
    "CREATE TABLE stock (order_id TEXT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "SELECT ashlar_isolate('stock');"
    "CREATE TABLE shipments (order_id TEXT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "SELECT ashlar_isolate('shipments');";

constexpr Sql kReserve{Audience::kTenant,
                       "INSERT INTO stock (order_id, tenant_id) VALUES (?1, :tenant)"};
constexpr Sql kRelease{Audience::kTenant,
                       "DELETE FROM stock WHERE order_id = ?1 AND tenant_id = :tenant"};
constexpr Sql kShip{Audience::kTenant,
                    "INSERT INTO shipments (order_id, tenant_id) VALUES (?1, :tenant)"};
constexpr Sql kReserved{Audience::kTenant, "SELECT count(*) FROM stock WHERE tenant_id = :tenant"};
constexpr Sql kShipped{Audience::kTenant,
                       "SELECT count(*) FROM shipments WHERE tenant_id = :tenant"};
constexpr Sql kEnded{Audience::kTenant,
                     "SELECT count(*) FROM sagas WHERE tenant_id = :tenant"
                     " AND ended_at IS NOT NULL"};

// [doc:saga]
sagas::TransactionStep run(const Sql& sql) {
  return [&sql](Transaction& tx, const sagas::StepCall& call) -> base::Result<json::Value::Object> {
    ASHLAR_TRY(tx.execute(sql, {call.correlation}));
    return json::Value::Object{};
  };
}

// A bank elsewhere; http_call() (platform/sagas/http_call.h) makes such a step of a request.
void charge(const sagas::StepCall& call, const std::function<void(sagas::Answer)>& done) {
  const bool declined = call.correlation.back() == '3' || call.correlation.back() == '7';
  done(declined ? sagas::Answer::refused("card declined") : sagas::Answer::done());
}

sagas::Definition checkout() {
  sagas::Definition definition;
  definition.kind = "checkout";
  definition.steps = {
      {.name = "reserve", .action = run(kReserve), .compensation = run(kRelease)},
      {.name = "charge", .action = sagas::CallStep(charge), .pivot = true},
      {.name = "ship", .action = run(kShip)},
  };
  return definition;
}
// [end]

}  // namespace

int main(int count, char** given) {
  const example::Arguments arguments(count, given);
  example::World world(arguments, kTables, kTablesPg);
  jobs::Jobs engine({}, *world.db, world.clock, world.metrics, world.log);
  ashlar::events::Outbox outbox(world.clock, world.entropy, [] {});
  sagas::Sagas shop({}, *world.db, engine, outbox, world.clock, world.metrics, world.log);
  shop.define(checkout());
  jobs::Runner runner(engine, *world.db, "example", world.clock, world.metrics, world.log);
  shop.work_on(runner);
  engine.start();
  runner.start();

  const auto order = [&](int number) {
    example::must(world.db->write(example::kShop, [&](Transaction& tx) {
      return shop.start(tx, {.kind = "checkout", .correlation = std::to_string(number)});
    }));
  };
  const auto all_ended = [&](int made) { return world.count(kEnded) >= made; };
  if (arguments.measured > 0) {
    world.measure("saga of three steps", arguments.measured, order, all_ended);
  } else {
    for (int number = 1; number <= 8; ++number) order(number);
    world.wait_for([&] { return all_ended(8); });
    std::printf("8 orders, %lld in stock, %lld shipped\n",
                static_cast<long long>(world.count(kReserved)),
                static_cast<long long>(world.count(kShipped)));
  }
  runner.stop();
  engine.stop();
  shop.stop();
  return 0;
}

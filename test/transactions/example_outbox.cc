// An order and the word of it in one transaction; whoever bills consumes the word. If billing is
// away, nothing is lost and nobody waits for it.
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "world.h"

namespace {

using ashlar::storage::Audience;
using ashlar::storage::Sql;
using ashlar::storage::Transaction;
namespace base = ashlar::base;
namespace events = ashlar::events;
namespace storage = ashlar::storage;

constexpr const char* kTables =
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "CREATE TABLE invoices (order_id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL);";
constexpr const char* kTablesPg =
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "SELECT ashlar_isolate('orders');"
    "CREATE TABLE invoices (order_id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL);"
    "SELECT ashlar_isolate('invoices');";

constexpr Sql kPlace{Audience::kTenant, "INSERT INTO orders (id, tenant_id) VALUES (?1, :tenant)"};
constexpr Sql kBill{Audience::kPlatform,
                    "INSERT INTO invoices (order_id, tenant_id) VALUES (?1, ?2)"};
constexpr Sql kInvoices{Audience::kTenant,
                        "SELECT count(*) FROM invoices WHERE tenant_id = :tenant"};

// [doc:outbox]
base::Status place(Transaction& tx, events::Outbox& outbox, std::int64_t order) {
  ASHLAR_TRY(tx.execute(kPlace, {order}));
  ASHLAR_TRY(outbox.append(tx, {.type = "order.placed",
                                .aggregate_type = "order",
                                .aggregate_id = std::to_string(order),
                                .data = "{}",
                                .traceparent = {}}));
  return base::ok_status();
}

base::Status bill(Transaction& tx, const events::Event& event) {
  ASHLAR_TRY(tx.execute(kBill, {std::int64_t{std::stoll(event.aggregate_id)}, event.tenant.value}));
  return base::ok_status();
}
// [end]

}  // namespace

int main(int count, char** given) {
  const example::Arguments arguments(count, given);
  example::World world(arguments, kTables, kTablesPg);
  events::Consumers consumers({.instance = "example"}, *world.db, world.clock, world.metrics,
                              world.log);
  events::Outbox outbox(world.clock, world.entropy, [&] { consumers.wake(); });
  events::ConsumerOptions billing;
  billing.name = "billing";
  billing.types = {"order.placed"};
  billing.consume = bill;
  billing.from_start = true;
  consumers.add(billing);
  consumers.start();

  const auto order = [&](int number) {
    example::must(world.db->write(example::kShop,
                                  [&](Transaction& tx) { return place(tx, outbox, number); }));
  };
  const auto all_billed = [&](int made) { return world.count(kInvoices) >= made; };
  if (arguments.measured > 0) {
    world.measure("outbox, order to invoice", arguments.measured, order, all_billed);
  } else {
    for (int number = 1; number <= 3; ++number) order(number);
    world.wait_for([&] { return all_billed(3); });
    std::printf("3 orders, %lld invoices\n", static_cast<long long>(world.count(kInvoices)));
  }
  consumers.stop();
  return 0;
}

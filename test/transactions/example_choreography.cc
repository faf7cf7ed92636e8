// An order that two parties look at, each on its own, by events alone; the correlation shows who
// has answered.
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/jobs/runner.h"
#include "platform/sagas/choreography.h"
#include "world.h"

namespace {

using ashlar::storage::Audience;
using ashlar::storage::Sql;
using ashlar::storage::Transaction;
namespace base = ashlar::base;
namespace events = ashlar::events;
namespace jobs = ashlar::jobs;
namespace sagas = ashlar::sagas;

constexpr const char* kTables = "CREATE TABLE unused (id BIGINT PRIMARY KEY);";
constexpr const char* kTablesPg =
    "CREATE TABLE unused (id BIGINT PRIMARY KEY); SELECT ashlar_platform_only('unused');";
constexpr Sql kComplete{Audience::kTenant,
                        "SELECT count(*) FROM correlations WHERE tenant_id = :tenant"
                        " AND state = 'complete'"};

// [doc:choreography]
sagas::ChoreographyKind review() {
  return {.kind = "order-review",
          .asks = "order.placed",
          .parties = {{"fraud", {"fraud.cleared", "fraud.found"}}, {"stock", {"stock.reserved"}}},
          .timeout = base::Seconds(600)};
}

events::NewEvent event_of(std::string type, const std::string& order) {
  return {.type = std::move(type),
          .aggregate_type = "order",
          .aggregate_id = order,
          .data = R"({"correlation_id":"order )" + order + "\"}",
          .traceparent = {}};
}

// A party: hears of the order, answers with an event of its own.
events::ConsumerOptions party(std::string name, std::string answer, events::Outbox& outbox) {
  events::ConsumerOptions options;
  options.name = std::move(name);
  options.types = {"order.placed"};
  options.from_start = true;
  options.consume = [&outbox, answer](Transaction& tx, const events::Event& event) -> base::Status {
    ASHLAR_TRY(outbox.append_for(tx, event.tenant, event_of(answer, event.aggregate_id)));
    return base::ok_status();
  };
  return options;
}
// [end]

}  // namespace

int main(int count, char** given) {
  const example::Arguments arguments(count, given);
  example::World world(arguments, kTables, kTablesPg);
  jobs::Jobs engine({}, *world.db, world.clock, world.metrics, world.log);
  jobs::Runner runner(engine, *world.db, "example", world.clock, world.metrics, world.log);
  events::Consumers consumers({.instance = "example"}, *world.db, world.clock, world.metrics,
                              world.log);
  events::Outbox outbox(world.clock, world.entropy, [&] { consumers.wake(); });
  sagas::Choreography choreography(engine, outbox, world.clock);
  choreography.define(review());
  choreography.join(consumers, runner);
  consumers.add(party("fraud", "fraud.cleared", outbox));
  consumers.add(party("stock", "stock.reserved", outbox));
  example::must(consumers.run_until_idle());  // the consumers are known from now on
  engine.start();
  runner.start();
  consumers.start();

  const auto order = [&](int number) {
    example::must(world.db->write(example::kShop, [&](Transaction& tx) {
      return outbox.append(tx, event_of("order.placed", std::to_string(number)));
    }));
  };
  const auto all_complete = [&](int made) { return world.count(kComplete) >= made; };
  if (arguments.measured > 0) {
    world.measure("choreography of two parties", arguments.measured, order, all_complete);
  } else {
    for (int number = 1; number <= 3; ++number) order(number);
    world.wait_for([&] { return all_complete(3); });
    const auto seen = example::must(world.db->read(
        example::kShop, [&](Transaction& tx) { return choreography.find(tx, "order 2"); }));
    std::printf("order 2: %s", seen.at(0).state.c_str());
    for (const auto& answer : seen.at(0).answers)
      std::printf(", %s said %s", answer.party.c_str(), answer.type.c_str());
    std::printf("\n");
  }
  consumers.stop();
  runner.stop();
  engine.stop();
  return 0;
}
